"""Who casts for an owner's entry of a roll: its own household, whoever speaks for the owner, or a proxy."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, union

from app.ballots.law_models import Mandate, RollVoice
from app.ballots.models import Decision, Poll, RollEntry
from app.core.database import db
from app.core.transaction import Tx
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import OwnerPerson

_POLL: BindParameter[int] = bindparam("poll")
_PERSON: BindParameter[int] = bindparam("person")
_HOUSEHOLD: BindParameter[int] = bindparam("household")


def _entries(*, one_poll: bool) -> Select[tuple[int]]:
    voice = [RollVoice.poll_id == _POLL] if one_poll else []
    own = select(RollVoice.roll_entry_id).where(RollVoice.household_id == _HOUSEHOLD, *voice)
    linked = (
        select(RollVoice.roll_entry_id)
        .join(OwnerPerson, OwnerPerson.owner_id == RollVoice.owner_id)
        .where(OwnerPerson.person_id == _PERSON, OwnerPerson.ended_at.is_(None), *voice)
    )
    proxy = select(Mandate.roll_entry_id).where(Mandate.holder_id == _PERSON, Mandate.revoked_at.is_(None))
    if one_poll:
        proxy = proxy.where(Mandate.poll_id == _POLL)
    found = union(own, linked, proxy).subquery()
    return select(found.c.roll_entry_id)


# The entries of one poll's roll that a person may cast for, and those of all polls.
ENTRIES, ALL_ENTRIES = _entries(one_poll=True), _entries(one_poll=False)


def values_of(actor: Actor) -> dict[str, int]:
    """Who asks, as the statements of this module name it; 0 is nobody's key."""
    return {"person": actor.person_id or 0, "household": actor.household_id or 0}


def entries_of(actor: Actor, poll_id: int) -> list[int]:
    """The entries of an owners' roll that a person may cast for, in their order."""
    if actor.person_id is None:
        return []
    return sorted(db.session.scalars(ENTRIES, {"poll": poll_id, **values_of(actor)}))


def entry_of(actor: Actor, poll_id: int, chosen: int | None) -> int | None:
    """The entry that a person casts for: the chosen one where it is theirs, else their own before one by mandate."""
    entries = entries_of(actor, poll_id)
    if chosen is not None:
        return chosen if chosen in entries else None
    if len(entries) < 2:
        return entries[0] if entries else None
    held = select(Mandate.roll_entry_id).where(
        Mandate.poll_id == poll_id, Mandate.holder_id == actor.person_id, Mandate.revoked_at.is_(None)
    )
    by_mandate = set(db.session.scalars(held))
    return min(entries, key=lambda entry: (entry in by_mandate, entry))


def _speakers(voice: ColumnElement[bool], mandate: ColumnElement[bool]) -> Select[tuple[int]]:
    own = (
        select(Person.id)
        .join(RollVoice, RollVoice.household_id == Person.household_id)
        .where(voice, Person.left_at.is_(None))
    )
    linked = (
        select(OwnerPerson.person_id)
        .join(RollVoice, RollVoice.owner_id == OwnerPerson.owner_id)
        .where(voice, OwnerPerson.ended_at.is_(None))
    )
    proxy = select(Mandate.holder_id).where(mandate, Mandate.revoked_at.is_(None))
    found = union(own, linked, proxy).subquery()
    return select(found.c.id)


# Whom a ballot of an owner is told to.
OF_OWNER = _speakers(RollVoice.roll_entry_id == bindparam("unit"), Mandate.roll_entry_id == bindparam("unit"))


def speakers(poll_id: int) -> Select[tuple[int]]:
    """All who may cast in an owners' poll."""
    return _speakers(RollVoice.poll_id == poll_id, Mandate.poll_id == poll_id)


def asked(activity_ids: Sequence[int]) -> set[int]:
    """Who stood on a roll in these activities: all of them, since who voted and how is nobody's to read out of this."""
    polls = select(Poll).join(Decision, Decision.id == Poll.decision_id)
    found: set[int] = set()
    for poll in db.session.scalars(polls.where(Decision.activity_run_id.in_(activity_ids))):
        found.update(_voters(poll))
    return found


def voters(tx: Tx, poll: Poll) -> list[int]:
    """All persons who may cast in a poll."""
    return _voters(poll)


def _voters(poll: Poll) -> list[int]:
    query = (
        select(Person.id)
        .join(RollEntry, (RollEntry.household_id == Person.household_id) | (RollEntry.person_id == Person.id))
        .where(RollEntry.poll_id == poll.id, Person.left_at.is_(None))
    )
    return list(db.session.scalars(speakers(poll.id) if poll.electorate == "owner" else query))
