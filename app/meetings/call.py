"""Calling a meeting: agenda, place and hours, who is invited; changing and cancelling it; its beginning and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.clock import DAY, HOUR
from app.core.delivery import tell_groups
from app.core.events import record_event
from app.core.ids import new_public_id
from app.core.once import remember, replayed
from app.core.outbox import Message, tell
from app.core.seals import Seals, hashes_of, seal
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, Phrase, phrase
from app.meetings.invited import people_of_rings
from app.meetings.kind import MEETING
from app.meetings.models import CALLED, Meeting
from app.people.actor import Actor
from app.people.models import Person
from app.projects.admission import may
from app.projects.kinds import ActivityRef, only
from app.projects.queries import find_activity, find_activity_by_id

LEAST_REASON = 10
LONGEST = 12 * HOUR
EARLY = HOUR  # how long before its hour a meeting may begin
AGO = 60 * DAY  # how long ago a meeting may have been that is entered afterwards
SHUT = phrase("This step is closed or the project rests. What was written stays readable.")


@dataclass(frozen=True)
class Words:
    """What a call says."""

    title: str
    place: str
    agenda: str
    starts_at: int
    ends_at: int
    rings: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """The call as its event keeps it."""
        return {
            "title": self.title,
            "place": self.place,
            "agenda": self.agenda,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "rings": list(self.rings),
        }

    def openly(self, seals: Seals) -> dict[str, Any]:
        """The call as the log tells it: of its words the commitments."""
        hashes = hashes_of(seals)
        said = {"starts": self.starts_at, "ends": self.ends_at, "rings": list(self.rings)}
        return {**said, "words": {name: hashes[name] for name in CALLED}}


def may_hold(actor: Actor, ref: ActivityRef) -> bool:
    """Whether an actor calls and holds meetings here: the rings that the method names, and facilitators."""
    return actor.known and (may(actor, ref, "edit") or actor.facilitates(ref.community_id))


def require_holder(actor: Actor, ref: ActivityRef) -> None:
    """Raise unless an actor calls and holds meetings here."""
    if not may_hold(actor, ref):
        raise Forbidden(phrase("Those whom the method names for this write here. You can read everything."))


def name_of(tx: Tx, actor: Actor) -> str:
    """The name that stands with what an actor does."""
    return tx.session.scalar(select(Person.name).where(Person.id == actor.person())) or ""


def held(tx: Tx, actor: Actor, public_id: str, *, running: bool = True) -> tuple[Meeting, ActivityRef]:
    """A meeting for whoever holds it, its row locked; ``running`` asks that its step is still under way."""
    found = tx.session.scalar(select(Meeting.id).where(Meeting.public_id == public_id))
    if found is None:
        raise NotFound
    tx.lock(Lock(Meeting, found))
    meeting = tx.session.get_one(Meeting, found, populate_existing=True)
    ref = find_activity_by_id(meeting.activity_run_id, tx.now)
    require_holder(actor, ref)
    if running and not ref.running:
        raise Closed(SHUT)
    return meeting, ref


def note_event(
    tx: Tx,
    actor: Actor,
    meeting: Meeting,
    kind: str,
    data: Mapping[str, Any] | None = None,
    public: Mapping[str, Any] | None = None,
) -> None:
    """Record what happened to a meeting."""
    record_event(
        tx,
        kind,
        community_id=meeting.community_id,
        project_id=meeting.project_id,
        person_id=actor.person_id,
        data={"meeting": meeting.public_id, **(data or {})},
        public={"meeting": meeting.public_id, **(public or {})},
    )


def call(actor: Actor, activity_public_id: str, words: Words, *, once: str = "") -> str:
    """Call a meeting and invite the rings named; one that was held already is entered, and invites nobody."""
    with transaction() as tx:
        ref = only(MEETING.spec, find_activity(activity_public_id, tx.now))
        require_holder(actor, ref)
        scope, said = f"meeting:{actor.person_id}", [activity_public_id, words.data()]
        if once and (known := replayed(tx, scope, once, said)):
            return known
        if not ref.running:
            raise Closed(SHUT)
        _check(tx, ref, words)
        meeting = Meeting(
            community_id=ref.community_id,
            project_id=ref.project_id,
            activity_run_id=ref.id,
            form=ref.activity.word("form"),
            called_at=tx.now,
            called_by_id=actor.person(),
            by_name=name_of(tx, actor),
            commitments=seal({name: getattr(words, name) for name in CALLED}),
            **words.data(),
        )
        tx.session.add(meeting)
        tx.session.flush()
        openly = {"activity": ref.public_id, **words.openly(meeting.commitments)}
        note_event(tx, actor, meeting, "meeting.called", words.data(), openly)
        if words.ends_at > tx.now:
            _invite(tx, ref, meeting, people_of_rings(ref.community_id, ref.scope, words.rings))
            _tell_groups(tx, ref, meeting)
        if once:
            remember(tx, scope, once, said, meeting.public_id)
        return meeting.public_id


def _check(tx: Tx, ref: ActivityRef, words: Words) -> None:
    wrong: dict[str, Phrase] = {
        name: phrase("Please fill this in.") for name in ("title", "place", "agenda") if not getattr(words, name)
    }
    if not words.starts_at < words.ends_at <= words.starts_at + LONGEST:
        wrong["minutes"] = phrase("A meeting lasts from some minutes to twelve hours.")
    if words.starts_at < tx.now - AGO:
        wrong["day"] = phrase("This was too long ago to be entered now.")
    offered = {ring for rings in ref.activity.who.values() for ring in rings}
    if not words.rings or not set(words.rings) <= offered:
        wrong["rings"] = phrase("Choose whom you invite.")
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)


def _invite(tx: Tx, ref: ActivityRef, meeting: Meeting, people: Sequence[int]) -> None:
    _tell(tx, ref, meeting, people, "meeting.called", {"place": meeting.place}, dedupe=f"meeting:{meeting.public_id}")


def _tell_groups(tx: Tx, ref: ActivityRef, meeting: Meeting, kind: str = "meeting.announced") -> None:
    """Groups are told when and where: once a call, and again when it was changed or cancelled."""
    tell_groups(
        tx,
        meeting.community_id,
        kind,
        data={"title": meeting.title, "at": meeting.starts_at, "place": meeting.place},
        href=f"/c/{ref.slug}/meeting/{meeting.public_id}",
        dedupe=f"meeting:{meeting.public_id}:{meeting.change}",
    )


def _tell(
    tx: Tx,
    ref: ActivityRef,
    meeting: Meeting,
    people: Sequence[int],
    kind: str,
    data: Mapping[str, Any],
    dedupe: str | None = None,
) -> None:
    tell(
        tx,
        people,
        kind,
        community_id=meeting.community_id,
        project_id=meeting.project_id,
        data={"title": meeting.title, "at": meeting.starts_at, **data},
        href=f"/c/{ref.slug}/meeting/{meeting.public_id}",
        dedupe=dedupe,
    )


def _invited(tx: Tx, meeting: Meeting) -> list[int]:
    """Those who were told that the meeting is called."""
    query = select(Message.person_id).where(Message.dedupe == f"meeting:{meeting.public_id}")
    return list(tx.session.scalars(query.order_by(Message.id)))


def change(actor: Actor, public_id: str, words: Words, reason: str) -> None:
    """Change a meeting that has not begun, for a reason that everybody invited is told."""
    _require_reason(reason)
    with transaction() as tx:
        meeting, ref = held(tx, actor, public_id)
        _require_ahead(meeting)
        _check(tx, ref, words)
        before = {name: getattr(meeting, name) for name in words.data()}
        if before == words.data():
            raise Invalid(phrase("Nothing is different from before."))
        for name, value in words.data().items():
            setattr(meeting, name, value)
        other = seal({name: getattr(words, name) for name in CALLED if getattr(words, name) != before[name]})
        meeting.commitments = {**meeting.commitments, **other}
        meeting.change += 1
        meeting.change_reason = reason.strip()
        note_event(
            tx,
            actor,
            meeting,
            "meeting.changed",
            {**words.data(), "before": before, "reason": reason.strip()},
            words.openly(meeting.commitments),
        )
        known = _invited(tx, meeting)
        data = {"reason": reason.strip(), "place": meeting.place}
        _tell(tx, ref, meeting, known, "meeting.changed", data)
        fresh = set(people_of_rings(ref.community_id, ref.scope, words.rings)) - set(known)
        _invite(tx, ref, meeting, sorted(fresh))
        _tell_groups(tx, ref, meeting)


def cancel(actor: Actor, public_id: str, reason: str) -> None:
    """Cancel a meeting that has not begun, for a reason that everybody invited is told."""
    _require_reason(reason)
    with transaction() as tx:
        meeting, ref = held(tx, actor, public_id)
        _require_ahead(meeting)
        meeting.cancelled_at, meeting.cancel_reason = tx.now, reason.strip()
        meeting.change += 1
        made = seal({"cancel_reason": meeting.cancel_reason})
        meeting.commitments = {**meeting.commitments, **made}
        note_event(tx, actor, meeting, "meeting.cancelled", {"reason": meeting.cancel_reason}, hashes_of(made))
        _tell(tx, ref, meeting, _invited(tx, meeting), "meeting.cancelled", {"reason": reason.strip()})
        _tell_groups(tx, ref, meeting, "meeting.called_off")


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST_REASON)
        raise Invalid(short, {"reason": short})


def _require_ahead(meeting: Meeting) -> None:
    if meeting.cancelled_at is not None:
        raise Frozen(phrase("This meeting was cancelled."))
    if meeting.opened_at is not None:
        raise Frozen(phrase("This meeting has begun already."))


def begin(actor: Actor, public_id: str) -> None:
    """Open the meeting: from now on those who come sign in by the code in the room."""
    with transaction() as tx:
        meeting, _ = held(tx, actor, public_id)
        if meeting.opened_at is not None and meeting.ended_at is None:
            return  # pressed twice
        _require_ahead(meeting)
        if tx.now < meeting.starts_at - EARLY:
            raise Closed(phrase("This meeting begins %(when)s.", when=Moment(meeting.starts_at)))
        if tx.now > meeting.ends_at:
            raise Closed(phrase("Its hours are over. Write down who came and what was said; it needs no opening."))
        meeting.opened_at, meeting.door = tx.now, new_public_id()
        note_event(tx, actor, meeting, "meeting.opened")


def end(actor: Actor, public_id: str) -> None:
    """End the meeting: its code leads nowhere any more."""
    with transaction() as tx:
        meeting, _ = held(tx, actor, public_id, running=False)
        if meeting.opened_at is None:
            raise Conflict(phrase("This meeting has not begun."))
        if meeting.ended_at is not None:
            return
        meeting.ended_at, meeting.door = tx.now, ""
        note_event(tx, actor, meeting, "meeting.ended")
