"""Reads of meetings: what a page shows of one, with a fixed number of queries for any number of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.core.database import db
from app.core.media import Media
from app.core.seals import said
from app.engine.changes import Line, changes
from app.engine.errors import NotFound
from app.engine.method import Ring
from app.meetings.models import Confirmation, Meeting, MeetingNote, Minutes, Presence
from app.meetings.rules import LASTS, lines
from app.people.actor import Actor
from app.people.places import Community
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity_by_id, find_project_by_id, method_of


@dataclass(frozen=True)
class Version:
    """A version of minutes with how many confirmed it."""

    minutes: Minutes
    confirmed: int

    @property
    def missing(self) -> int:
        """How many more must confirm."""
        return max(0, self.minutes.needed - self.confirmed)


@dataclass(frozen=True)
class Held:
    """A meeting with how many came, and the versions of its minutes: the one that stands, and the one in the making."""

    meeting: Meeting
    present: int = 0
    frozen: Version | None = None
    waiting: Version | None = None

    def state(self, now: int) -> str:
        """cancelled, called, due, on, over, draft, offered or frozen; a correction in the making leaves it frozen."""
        meeting = self.meeting
        if meeting.cancelled_at is not None:
            return "cancelled"
        if self.waiting is not None and self.waiting.minutes.offered_at is not None:
            return "offered"
        if self.frozen is not None:
            return "frozen"
        if self.waiting is not None:
            return "draft"
        if meeting.opened_at is not None:
            return "on" if meeting.ended_at is None and now < meeting.ends_at + LASTS else "over"
        if now < meeting.starts_at:
            return "called"
        return "due" if now < meeting.ends_at else "over"

    @property
    def open_to_notes(self) -> bool:
        """Whether what happened may still be written down: not while its minutes are offered, nor once they are frozen."""
        if self.waiting is not None:
            return self.waiting.minutes.offered_at is None
        return self.frozen is None

    @property
    def agenda(self) -> list[str]:
        """The items of the agenda."""
        return lines(self.meeting.agenda)


def meetings_of(activity_ids: Iterable[int]) -> dict[int, list[Held]]:
    """The meetings of some activities, in the order of their hours, with two queries."""
    ids = set(activity_ids)
    found: dict[int, list[Held]] = {activity_id: [] for activity_id in ids}
    for held in _gather(Meeting.activity_run_id.in_(ids)):
        found[held.meeting.activity_run_id].append(held)
    return found


def _gather(which: ColumnElement[bool]) -> list[Held]:
    """Some meetings with how many came and their minutes, with two queries."""
    came = select(func.count()).where(Presence.meeting_id == Meeting.id, Presence.live).scalar_subquery()
    given = select(func.count()).where(Confirmation.minutes_id == Minutes.id).scalar_subquery()
    versions = (
        select(Minutes, given)
        .join(Meeting, Meeting.id == Minutes.meeting_id)
        .where(which, Minutes.dropped_at.is_(None))
        .order_by(Minutes.number)
    )
    frozen: dict[int, Version] = {}
    waiting: dict[int, Version] = {}
    for row, n in db.session.execute(versions):
        (frozen if row.frozen_at is not None else waiting)[row.meeting_id] = Version(row, n)
    query = select(Meeting, came).where(which).order_by(Meeting.starts_at, Meeting.id)
    return [
        Held(meeting, n, frozen.get(meeting.id), waiting.get(meeting.id)) for meeting, n in db.session.execute(query)
    ]


def find_meeting(public_id: str, slug: str, now: int) -> tuple[Held, ActivityRef]:
    """A meeting and its activity; NotFound when it isn't in the community named."""
    meeting = db.session.scalar(
        select(Meeting)
        .join(Community, Community.id == Meeting.community_id)
        .where(Meeting.public_id == public_id, Community.slug == slug)
    )
    if meeting is None:
        raise NotFound
    return _gather(Meeting.id == meeting.id)[0], find_activity_by_id(meeting.activity_run_id, now)


def find_version(public_id: str, slug: str, now: int) -> tuple[Minutes, Held, ActivityRef]:
    """A version of minutes with its meeting."""
    row = db.session.execute(
        select(Minutes, Meeting.public_id)
        .join(Meeting, Meeting.id == Minutes.meeting_id)
        .where(Minutes.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    held, ref = find_meeting(row[1], slug, now)
    return row[0], held, ref


def address_of(slug: str, row: Meeting | MeetingNote | Minutes) -> str:
    """Where a meeting stands, or that of a note; its minutes have a page of their own."""
    meeting = row if isinstance(row, Meeting) else db.session.get_one(Meeting, row.meeting_id)
    page = f"/c/{slug}/meeting/{meeting.public_id}"
    return f"{page}/minutes" if isinstance(row, Minutes) else page


def rings_by_key(ref: ActivityRef) -> dict[str, Ring]:
    """The rings of the method of an activity's project."""
    return {ring.key: ring for ring in method_of(find_project_by_id(ref.project_id)).rings}


def presences(meeting_id: int) -> list[Presence]:
    """Who came, by address and in the order of signing."""
    query = select(Presence).where(Presence.meeting_id == meeting_id, Presence.live).order_by(Presence.id)
    return list(db.session.scalars(query))


@dataclass(frozen=True)
class Came:
    """How many came: in all, by ring in the method's order, and from how many households."""

    all: int
    households: int
    rings: tuple[tuple[str, int], ...]


def came(rows: Sequence[Presence], order: Iterable[str]) -> Came:
    """Count those who came."""
    counts: dict[str, int] = dict.fromkeys(order, 0)
    for row in rows:
        counts[row.ring] = counts.get(row.ring, 0) + 1
    homes = {row.household_id for row in rows if row.household_id is not None}
    return Came(len(rows), len(homes), tuple((ring, n) for ring, n in counts.items() if n))


@dataclass
class Notes:
    """What was noted of a meeting, by kind."""

    said: list[MeetingNote] = field(default_factory=list)  # points and minority views, in their order
    decisions: list[MeetingNote] = field(default_factory=list)
    hands: list[MeetingNote] = field(default_factory=list)
    photos: list[tuple[MeetingNote, Media]] = field(default_factory=list)

    @property
    def minority(self) -> list[MeetingNote]:
        """The views of the minority."""
        return [row for row in self.said if row.kind == "minority"]

    @property
    def points(self) -> list[MeetingNote]:
        """What else was said."""
        return [row for row in self.said if row.kind == "point"]

    @property
    def any(self) -> bool:
        """Whether anything was written down."""
        return bool(self.said or self.decisions or self.hands)


def notes_of(meeting_id: int) -> Notes:
    """What was noted of a meeting, with two queries."""
    found, photos = Notes(), list[MeetingNote]()
    query = select(MeetingNote).where(MeetingNote.meeting_id == meeting_id, MeetingNote.live).order_by(MeetingNote.id)
    lists = {"point": found.said, "minority": found.said, "decision": found.decisions, "hands": found.hands}
    for row in db.session.scalars(query):
        lists.get(row.kind, photos).append(row)
    media = {
        row.public_id: row
        for row in db.session.scalars(select(Media).where(Media.public_id.in_({row.media for row in photos})))
    }
    found.photos = [(row, media[row.media]) for row in photos if row.media in media]
    return found


def versions_of(meeting_id: int) -> list[Minutes]:
    """All versions of a meeting's minutes, oldest first, those taken back too."""
    return list(db.session.scalars(select(Minutes).where(Minutes.meeting_id == meeting_id).order_by(Minutes.number)))


def difference(versions: Sequence[Minutes], row: Minutes) -> tuple[Line, ...]:
    """What a version changes in the frozen one before it, or in what was offered before; nothing for a first one."""
    earlier = [item for item in versions if item.number < row.number]
    stood = [item for item in earlier if item.frozen_at is not None]
    before = (stood or earlier)[-1] if earlier else None
    return changes(before.text, row.text) if before is not None and before.text != row.text else ()


def signed_of(minutes_id: int) -> dict[int, Confirmation]:
    """Who confirmed a version, by their presence."""
    query = select(Confirmation).where(Confirmation.minutes_id == minutes_id).order_by(Confirmation.id)
    return {row.presence_id: row for row in db.session.scalars(query)}


def place_of(reader: Actor, meeting_id: int) -> Presence | None:
    """The reader's own line among those who came."""
    if not reader.known:
        return None
    return db.session.scalar(
        select(Presence).where(Presence.meeting_id == meeting_id, Presence.person_id == reader.person_id, Presence.live)
    )


def has_confirmed(presence: Presence | None, minutes_id: int) -> bool:
    """Whether somebody who came has confirmed a version."""
    if presence is None:
        return False
    query = select(Confirmation.id).where(
        Confirmation.minutes_id == minutes_id, Confirmation.presence_id == presence.id
    )
    return db.session.scalar(query) is not None


def body_of(row: Minutes) -> dict[str, Any]:
    """What a frozen version holds, with the words put back, or the marks of their removal."""
    body: dict[str, Any] = said(json.loads(row.body), row.commitments)
    return body
