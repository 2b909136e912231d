"""Who came to a meeting: by the code in the room, or from the paper; and whether one may still write down anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select

from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, Phrase, phrase
from app.meetings.call import EARLY, SHUT, held, name_of, note_event
from app.meetings.models import Meeting, Minutes, Presence
from app.meetings.rules import LASTS, Signed, read_sheet
from app.people.actor import RESIDENTS_RING, Actor
from app.people.queries import persons_of_households, roll_households
from app.people.rings import people_here
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity_by_id

K = TypeVar("K")
MOST_AT_ONCE = 300
MOST_PRESENT = 2000
MOST_WRONG = 5
OVER = phrase("The minutes are with those who were there, or confirmed. Take them back, or correct them, first.")


@dataclass(frozen=True)
class _Place:
    """A line of the sheet found on the roll."""

    signed: Signed
    household_id: int | None
    label: str
    person_id: int | None


def rings_of(ref: ActivityRef) -> tuple[str, ...]:
    """The rings that take part in the meetings of an activity, in the order of its method's file."""
    return tuple(dict.fromkeys(ring for rings in ref.activity.who.values() for ring in rings))


def writable(tx: Tx, actor: Actor, public_id: str) -> tuple[Meeting, ActivityRef]:
    """A meeting of which one may still write down what happened, its row locked."""
    meeting, ref = held(tx, actor, public_id)
    if meeting.cancelled_at is not None:
        raise Frozen(phrase("This meeting was cancelled."))
    if meeting.opened_at is None and tx.now < meeting.starts_at - EARLY:
        raise Closed(phrase("This meeting begins %(when)s.", when=Moment(meeting.starts_at)))
    last = tx.session.scalar(
        select(Minutes)
        .where(Minutes.meeting_id == meeting.id, Minutes.dropped_at.is_(None))
        .order_by(Minutes.number.desc())
        .limit(1)
    )
    if last is not None and last.offered_at is not None:
        raise Frozen(OVER)
    return meeting, ref


def enter_sheet(actor: Actor, public_id: str, ring: str, sheet: str) -> int:
    """Enter lines of the sign-in sheet; returns how many are new. Who signed in already counts once."""
    signed = read_sheet(sheet)
    wrong: dict[str, Phrase] = {}
    if not signed:
        wrong["sheet"] = phrase("Please fill this in.")
    elif len(signed) > MOST_AT_ONCE:
        wrong["sheet"] = phrase("Enter at most %(n)s lines at a time.", n=MOST_AT_ONCE)
    with transaction() as tx:
        meeting, ref = writable(tx, actor, public_id)
        if ring not in rings_of(ref):
            wrong["ring"] = phrase("Choose one of these.")
        if wrong:
            raise Invalid(phrase("Something is missing."), wrong)
        before = _present(tx, meeting)
        persons = {row.person_id for row in before if row.person_id is not None}
        known = {_same(row.label, row.name) for row in before}
        added: list[Presence] = []
        for place in _find(meeting.community_id, signed):
            same = _same(place.label, place.signed.name)
            if same in known or (place.person_id is not None and place.person_id in persons):
                continue
            known.add(same)
            if place.person_id is not None:
                persons.add(place.person_id)
            added.append(
                Presence(
                    community_id=meeting.community_id,
                    meeting_id=meeting.id,
                    person_id=place.person_id,
                    household_id=place.household_id,
                    name=place.signed.name,
                    label=place.label,
                    ring=ring,
                    how="paper",
                    at=tx.now,
                    entered_by_id=actor.person(),
                )
            )
        if len(before) + len(added) > MOST_PRESENT:
            raise Conflict(phrase("This list is full."))
        tx.session.add_all(added)
        tx.session.flush()
        if added:
            ids = [row.public_id for row in added]
            note_event(tx, actor, meeting, "meeting.entered", {"ring": ring, "present": ids}, {"n": len(ids)})
        return len(added)


def _present(tx: Tx, meeting: Meeting) -> list[Presence]:
    query = select(Presence).where(Presence.meeting_id == meeting.id, Presence.live)
    return list(tx.session.scalars(query.order_by(Presence.id)))


def _same(label: str, name: str) -> tuple[str, str]:
    return (label, "".join(name.split()))


def _find(community_id: int, signed: Sequence[Signed]) -> list[_Place]:
    """Find the lines on the roll; raises with the lines whose address isn't there, or is there twice."""
    homes: dict[tuple[str, ...], list[Any]] = {}
    if any(item.address for item in signed):
        for home in roll_households(community_id):
            homes.setdefault((home.building, home.room), []).append(home)
            if home.entrance:
                homes.setdefault((home.building, home.entrance, home.room), []).append(home)
    wrong = []
    found: list[tuple[Signed, Any]] = []
    for item in signed:
        there = homes.get(item.address, []) if item.address else []
        if len(item.name) > 60:
            wrong.append(phrase("Line %(n)s: this name is too long.", n=item.line))
        elif item.address and not there:
            wrong.append(phrase("Line %(n)s: no household is at %(typed)s.", n=item.line, typed=item.typed))
        elif len(there) > 1:
            wrong.append(phrase("Line %(n)s: write the entrance too, like 14-3-301.", n=item.line))
        found.append((item, there[0] if len(there) == 1 else None))
    if wrong:
        first = wrong[0]
        for sentence in wrong[1:MOST_WRONG]:
            first = phrase("%(one)s %(more)s", one=first, more=sentence)
        raise Invalid(first, {"sheet": first})
    people = persons_of_households(home.id for _, home in found if home is not None)
    residents = _once(((person.household_id, person.name), person.id) for person in people)
    staff: dict[str, int] = {}
    if any(home is None for _, home in found):
        staff = _once((person.name, person.id) for person, place in people_here(community_id) if not place)
    return [
        _Place(
            item,
            home.id if home is not None else None,
            home.label if home is not None else "",
            residents.get((home.id, item.name)) if home is not None else staff.get(item.name),
        )
        for item, home in found
    ]


def _once(pairs: Iterable[tuple[K, int]]) -> dict[K, int]:
    """What stands there once: of two with one name nobody knows which of them signed."""
    found, twice = dict[K, int](), set[K]()
    for key, value in pairs:
        if key in found:
            twice.add(key)
        found[key] = value
    return {key: value for key, value in found.items() if key not in twice}


def strike(actor: Actor, public_id: str, presence_public_id: str) -> None:
    """Take somebody out of the list who was entered by mistake; that it stood there stays in the events."""
    with transaction() as tx:
        meeting, _ = writable(tx, actor, public_id)
        row = tx.session.scalar(
            select(Presence).where(
                Presence.public_id == presence_public_id, Presence.meeting_id == meeting.id, Presence.live
            )
        )
        if row is None:
            raise NotFound
        row.live = False
        note_event(tx, actor, meeting, "meeting.struck", {"present": row.public_id})


def sign_in(actor: Actor, public_id: str, door: str) -> None:
    """Somebody who scanned the code in the room says: I am here."""
    person_id = actor.person()
    with transaction() as tx:
        found = tx.session.scalar(select(Meeting.id).where(Meeting.public_id == public_id))
        if found is None:
            raise NotFound
        tx.lock(Lock(Meeting, found))
        meeting = tx.session.get_one(Meeting, found, populate_existing=True)
        ref = find_activity_by_id(meeting.activity_run_id, tx.now)
        if not actor.belongs_to(meeting.community_id):
            raise Forbidden(phrase("This is for those of the community. Guests sign the sheet on the table."))
        if not ref.running:
            raise Closed(SHUT)
        if not meeting.door or door != meeting.door or tx.now >= closes_at(meeting):
            raise Closed(phrase("This code counts only while the meeting lasts. Sign the sheet on the table."))
        if any(row.person_id == person_id for row in _present(tx, meeting)):
            return
        mine = actor.rings_in(meeting.community_id)
        ring = next((ring for ring in _staff_first(rings_of(ref), actor) if ring in mine), "")
        if not ring:
            raise Forbidden(phrase("Your ring does not take part in this. You can read everything here."))
        home = None
        if actor.lives_in(meeting.community_id):
            home = next((row for row in roll_households(meeting.community_id) if row.id == actor.household_id), None)
        row = Presence(
            community_id=meeting.community_id,
            meeting_id=meeting.id,
            person_id=person_id,
            household_id=home.id if home else None,
            name=name_of(tx, actor),
            label=home.label if home else "",
            ring=ring,
            how="code",
            at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        note_event(tx, actor, meeting, "meeting.attended", {"ring": ring, "present": row.public_id}, {"n": 1})


def closes_at(meeting: Meeting) -> int:
    """When the code of a meeting ends at the latest, should nobody end the meeting."""
    return meeting.ends_at + LASTS


def _staff_first(rings: Sequence[str], actor: Actor) -> list[str]:
    """Rings in which somebody has an office come before that of all residents."""
    return sorted(rings, key=lambda ring: ring == RESIDENTS_RING)
