"""A meeting as a calendar file, for a phone to remember it."""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Calendar, Event

from app.core.web import site_url
from app.meetings.models import Meeting
from app.people.places import Community
from app.projects.published import lasting_id


def as_ics(here: Community, meeting: Meeting) -> bytes:
    """The file of one meeting; a changed or cancelled one replaces what a calendar holds of it."""
    event = Event()
    event.add("uid", lasting_id(here, "day", f"meeting/{meeting.public_id}"))  # as in the community's calendar
    event.add("sequence", meeting.change)
    event.add("status", "CANCELLED" if meeting.cancelled_at is not None else "CONFIRMED")
    event.add("dtstamp", _at(meeting.called_at))
    event.add("dtstart", _at(meeting.starts_at))
    event.add("dtend", _at(meeting.ends_at))
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("description", meeting.agenda)
    event.add("url", site_url("meetings.show", slug=here.slug, public_id=meeting.public_id))
    found = Calendar()
    found.add("prodid", "-//Qiding//Meetings//EN")
    found.add("version", "2.0")
    found.add("method", "CANCEL" if meeting.cancelled_at is not None else "PUBLISH")
    found.add_component(event)
    made: bytes = found.to_ical()
    return made


def _at(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
