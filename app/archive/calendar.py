"""The calendar of a community (RFC 5545): what is open, what hangs, who meets, as the features tell it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import icalendar

from app.core.clock import DAY
from app.core.i18n import gettext, local, say, zone
from app.core.web import site_url
from app.people.places import Community
from app.projects.kinds import kinds
from app.projects.published import Dates, Day, lasting_id

KEPT = 90 * DAY  # what is over stays so long
MOST = 500
FIRST, LAST = date(2020, 1, 1), date(2038, 1, 1)  # for which the rules of the time zone are written out


def days_of(here: Community, now: int) -> list[Day]:
    """What stands in a community's calendar, by its beginning."""
    days = [day for dates in kinds().every(Dates) for day in dates.find(here, now - KEPT, now)]
    return sorted(days, key=lambda day: (day.starts_at, day.key))[-MOST:]


def calendar(here: Community, days: list[Day]) -> bytes:
    """The calendar as a file that telephones subscribe to."""
    sheet = icalendar.Calendar()
    sheet.add("prodid", "-//Qiding//Archive//ZH")
    sheet.add("version", "2.0")
    sheet.add("method", "PUBLISH")
    sheet.add("x-wr-calname", gettext("%(name)s: calendar", name=here.name))
    sheet.add("x-wr-timezone", str(zone()))
    for day in days:
        sheet.add_component(_event(here, day))
    if days:
        sheet.add_missing_timezones(first_date=FIRST, last_date=LAST)
    return bytes(sheet.to_ical())


def _event(here: Community, day: Day) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", lasting_id(here, "day", day.key))
    # Of a published calendar the stamp is when the entry was last changed: the same file as long as nothing did.
    event.add("dtstamp", datetime.fromtimestamp((day.changed_at or day.starts_at) // 1000, UTC))
    event.add("dtstart", _time(day.starts_at))
    if day.ends_at is not None and day.ends_at > day.starts_at:
        event.add("dtend", _time(day.ends_at))
    event.add("summary", say(day.says))
    event.add("description", day.about)
    if day.place:
        event.add("location", day.place)
    event.add("url", site_url(day.endpoint, slug=here.slug, public_id=day.target))
    event.add("status", "CANCELLED" if day.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # a vote that is open for a week leaves its week free
    return event


def _time(at: int) -> datetime:
    return local(at).replace(microsecond=0)
