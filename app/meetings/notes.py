"""What is noted of a meeting: points, the minority's views, decisions, shows of hands, photos."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.core.media import Upload, name_upload
from app.core.once import remember, replayed
from app.core.transaction import Tx, transaction
from app.engine.errors import Closed, Conflict, Invalid, NotFound
from app.engine.phrase import Moment, Phrase, phrase
from app.meetings.call import EARLY, held, name_of, note_event
from app.meetings.models import Meeting, MeetingNote
from app.meetings.record import rings_of, writable
from app.meetings.rules import lines
from app.people.actor import Actor
from app.projects.kinds import ActivityRef

MOST_NOTES = 500
MOST_HANDS = 100_000
NOTE_KINDS = ("point", "minority", "decision", "hands")


@dataclass(frozen=True)
class Noted:
    """A note as it is typed: its kind decides which of its words count."""

    kind: str
    text: str
    item: int = 0
    ring: str = ""
    speaker: str = ""
    who: str = ""
    due: date | None = None
    hands: tuple[int, int, int] | None = None


def note(actor: Actor, public_id: str, noted: Noted, *, once: str = "") -> str:
    """Write down a point, a minority's view, a decision or a show of hands."""
    with transaction() as tx:
        scope, said = f"meeting.note:{actor.person_id}", [public_id, _data(noted)]
        if once and (known := replayed(tx, scope, once, said)):
            return known
        meeting, ref = writable(tx, actor, public_id)
        _check(meeting, ref, noted)
        count = select(func.count()).select_from(MeetingNote)
        if (tx.session.scalar(count.where(MeetingNote.meeting_id == meeting.id)) or 0) >= MOST_NOTES:
            raise Conflict(phrase("This list is full."))
        row = _row(tx, actor, meeting, noted.kind, noted.text.strip())
        row.item = noted.item
        if noted.kind in ("point", "minority"):
            row.ring, row.speaker = noted.ring, noted.speaker.strip()
        if noted.kind == "decision":
            row.who, row.due = noted.who.strip(), noted.due.isoformat() if noted.due else ""
        if noted.kind == "hands" and noted.hands is not None:
            row.in_favour, row.against, row.abstained = noted.hands
        tx.session.add(row)
        tx.session.flush()
        note_event(tx, actor, meeting, "meeting.noted", {"note": row.public_id, **_data(noted)})
        if once:
            remember(tx, scope, once, said, row.public_id)
        return row.public_id


def _row(tx: Tx, actor: Actor, meeting: Meeting, kind: str, text: str) -> MeetingNote:
    return MeetingNote(
        community_id=meeting.community_id,
        meeting_id=meeting.id,
        kind=kind,
        text=text,
        at=tx.now,
        person_id=actor.person(),
        by_name=name_of(tx, actor),
    )


def _data(noted: Noted) -> dict[str, Any]:
    said = asdict(noted)
    said["due"] = noted.due.isoformat() if noted.due else ""
    said["hands"] = list(noted.hands) if noted.hands is not None else []
    return said


def _check(meeting: Meeting, ref: ActivityRef, noted: Noted) -> None:
    if noted.kind not in NOTE_KINDS:
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"kind": wrong})
    found: dict[str, Phrase] = {}
    if not noted.text.strip():
        found["text"] = phrase("Please fill this in.")
    if not 0 <= noted.item <= len(lines(meeting.agenda)):
        found["item"] = phrase("Choose one of these.")
    if noted.kind in ("point", "minority") and noted.ring not in rings_of(ref):
        found["ring"] = phrase("Say from which ring this came.")
    if noted.kind == "decision" and not noted.who.strip():
        found["who"] = phrase("Say who sees to it.")
    if noted.kind == "hands" and (noted.hands is None or not all(0 <= n <= MOST_HANDS for n in noted.hands)):
        found["in_favour"] = phrase("Count the hands: for, against, abstaining.")
    if found:
        raise Invalid(phrase("Something is missing."), found)


def unnote(actor: Actor, public_id: str, note_public_id: str) -> None:
    """Take a note out that was written by mistake; its words stay in the events."""
    with transaction() as tx:
        meeting, _ = writable(tx, actor, public_id)
        row = tx.session.scalar(
            select(MeetingNote).where(
                MeetingNote.public_id == note_public_id, MeetingNote.meeting_id == meeting.id, MeetingNote.live
            )
        )
        if row is None:
            raise NotFound
        row.live = False
        note_event(tx, actor, meeting, "meeting.unnoted", {"note": row.public_id})


def add_photo(actor: Actor, public_id: str, photo: Upload, caption: str) -> None:
    """Add a photo of the meeting: the members of the community see it."""
    with transaction() as tx:
        meeting, _ = held(tx, actor, public_id)
        if meeting.cancelled_at is not None or (meeting.opened_at is None and tx.now < meeting.starts_at - EARLY):
            raise Closed(phrase("This meeting begins %(when)s.", when=Moment(meeting.starts_at)))
        named = name_upload(
            tx, photo, community_id=meeting.community_id, person_id=actor.person(), visibility="members"
        )
        row = _row(tx, actor, meeting, "photo", caption.strip())
        row.media = named.public_id
        tx.session.add(row)
        tx.session.flush()
        note_event(tx, actor, meeting, "meeting.noted", {"note": row.public_id, "kind": "photo", "text": row.text})
