"""The manifest of meetings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.module import Module
from app.core.removals import Holds
from app.engine.phrase import Moment, Phrase, phrase
from app.meetings import minutes_views as _minutes_views  # noqa: F401 - its routes hang on the blueprint
from app.meetings import print_views as _print_views  # noqa: F401 - likewise
from app.meetings import queries
from app.meetings import record_views as _record_views  # noqa: F401 - likewise
from app.meetings import room_views as _room_views  # noqa: F401 - likewise
from app.meetings.kept import MINUTES_KEPT
from app.meetings.kind import COMINGS, CONFIRMED, MEETING
from app.meetings.models import Meeting, MeetingNote, Minutes
from app.meetings.personal import KEEPS, PERSONAL
from app.meetings.search import DATES, SEARCHABLE, spoke
from app.meetings.views import meetings as blueprint
from app.projects.kinds import Speaks


def _called(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "You are invited to “%(title)s”, %(when)s, %(place)s.",
        title=data["title"],
        when=Moment(data["at"]),
        place=data["place"],
    )


def _announced(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s”: %(when)s, %(place)s. The agenda is on the page.",
        title=data["title"],
        when=Moment(data["at"]),
        place=data["place"],
    )


def _called_off(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s”, %(when)s, is cancelled.", title=data["title"], when=Moment(data["at"]))


def _changed(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” was changed. It is now %(when)s, %(place)s. The reason: %(reason)s",
        title=data["title"],
        when=Moment(data["at"]),
        place=data["place"],
        reason=data["reason"],
    )


def _cancelled(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s”, %(when)s, is cancelled. The reason: %(reason)s",
        title=data["title"],
        when=Moment(data["at"]),
        reason=data["reason"],
    )


def _offered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "You were at “%(title)s”, %(when)s. Read the minutes, and confirm them if they are right.",
        title=data["title"],
        when=Moment(data["at"]),
    )


def _frozen(data: Mapping[str, Any]) -> Phrase:
    return phrase("The minutes of “%(title)s” are confirmed.", title=data["title"])


def _of_meeting(meeting_id: Any) -> Any:
    return select(Meeting.project_id).where(Meeting.id == meeting_id).scalar_subquery()


MEETINGS = Holds(
    Meeting,
    {
        "title": phrase("Title"),
        "place": phrase("Where"),
        "agenda": phrase("Agenda"),
        "question": phrase("Question"),
        "change_reason": phrase("Why it was changed"),
        "cancel_reason": phrase("Why it was cancelled"),
    },
    Meeting.project_id,
    kind="meeting",
    title=phrase("A meeting"),
    href=queries.address_of,
    events=frozenset({"meeting.called", "meeting.changed", "meeting.cancelled", "meeting.led"}),
    seals="commitments",
)
NOTES = Holds(
    MeetingNote,
    {"text": phrase("Text"), "speaker": phrase("Who said it"), "who": phrase("Who sees to it")},
    _of_meeting(MeetingNote.meeting_id),
    kind="meeting-note",
    title=phrase("A note of a meeting"),
    href=queries.address_of,
    events=frozenset({"meeting.noted"}),
)
MINUTES = Holds(
    Minutes,
    {"text": phrase("Text"), "reason": phrase("Why it was corrected"), "by_name": phrase("Written by")},
    _of_meeting(Minutes.meeting_id),
    kind="minutes",
    title=phrase("Minutes"),
    href=queries.address_of,
    events=frozenset({"minutes.corrected"}),
    seals="commitments",
)


meetings = Module(
    name="meetings",
    blueprints=(blueprint,),
    provides=(MEETING, CONFIRMED, COMINGS, SEARCHABLE, DATES, Speaks(spoke), MINUTES_KEPT),
    messages={
        "meeting.called": _called,
        "meeting.announced": _announced,
        "meeting.called_off": _called_off,
        "meeting.changed": _changed,
        "meeting.cancelled": _cancelled,
        "minutes.offered": _offered,
        "minutes.frozen": _frozen,
    },
    holds=(MEETINGS, NOTES, MINUTES),
    personal=PERSONAL,
    keeps=KEEPS,
)
