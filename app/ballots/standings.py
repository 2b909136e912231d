"""Where a reader stands on a frozen roll, and what is in the box of that place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Select, literal, select

from app.ballots import voices
from app.ballots.models import Ballot, Objection, Poll, RollEntry, Slot, SlotLink
from app.ballots.queries import Round
from app.core.database import db
from app.engine import objections
from app.people.actor import Actor

UNIT_COLUMNS = {"household": RollEntry.household_id, "person": RollEntry.person_id, "owner": RollEntry.id}


@dataclass(frozen=True)
class Standing:
    """A voter's own place in a poll: the roll entry, the slot's code, and the live ballot with its choice.

    There is no slot where votes are unlinked, and none any more where the links were deleted after the outcome.
    """

    entry: RollEntry
    slot: Slot | None
    ballot: Ballot | None
    choice: Mapping[str, str] = field(default_factory=dict)
    objection: Objection | None = None

    @property
    def cast(self) -> bool:
        """Whether a vote of this unit is in the box, as far as that is still known."""
        return self.ballot is not None or self.entry.voted

    def may_dispute(self, item: Round) -> bool:
        """Whether one may say that one's household does not agree: while it is open, and something was cast."""
        whole = self.entry.household_id is not None and self.entry.disputed_at is None
        return item.phase == "open" and whole and self.ballot is not None

    def may_withdraw(self, item: Round) -> bool:
        """Whether there is an objection of one's own that stands after the close."""
        return item.phase == "closed" and self.objection is not None and not objections.ended(self.objection.state)


def unit_of(actor: Actor, electorate: str) -> int | None:
    """The key of an actor's unit on a roll of this electorate; None for those who can have none, and for owners."""
    if electorate == "owner":
        return None
    return actor.household_id if electorate == "household" else actor.person_id


def standing_of(actor: Actor, poll: Poll, chosen: int | None = None) -> Standing | None:
    """The actor's place on the frozen roll, None when not on it; of several owners' places, the chosen one."""
    owners = poll.electorate == "owner"
    unit = voices.entry_of(actor, poll.id, chosen) if owners else unit_of(actor, poll.electorate)
    if unit is None:
        return None
    row = db.session.execute(
        select(RollEntry, Slot, Ballot, Objection)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Slot, Slot.id == SlotLink.slot_id)
        .outerjoin(Ballot, (Ballot.slot_id == Slot.id) & Ballot.live)
        .outerjoin(Objection, Objection.ballot_id == Ballot.id)
        .where(RollEntry.poll_id == poll.id, UNIT_COLUMNS[poll.electorate] == unit)
    ).one_or_none()
    if row is None:
        return None
    entry, slot, ballot, objection = cast("tuple[RollEntry, Slot | None, Ballot | None, Objection | None]", tuple(row))
    return Standing(entry, slot, ballot, json.loads(ballot.choice) if ballot is not None else {}, objection)


def plain_place(actor: Actor, poll: Poll) -> tuple[str | None, bool, bool] | None:
    """Of a place where nothing is but a ballot or none: its choice, whether a vote is in the box, whether another cast it.

    None for who is not on the roll, and where more is to be said: a sheet in the box, a dispute, an objection. Of the place
    itself nothing is read, so that who stands there alike is shown the same page. Not for owners.
    """
    if unit_of(actor, poll.electorate) is None:
        return None
    query = _plain(actor, poll, Ballot.choice, RollEntry.voted, RollEntry.last_person_id != actor.person_id)
    row = db.session.execute(query).one_or_none()
    return None if row is None else (row[0], bool(row[1]), bool(row[2]))


def label_of(actor: Actor, poll: Poll) -> Select[Any]:
    """The query for how the actor's plain place is called."""
    return _plain(actor, poll, RollEntry.label)


def _plain(actor: Actor, poll: Poll, *what: Any) -> Select[Any]:
    return (
        select(*what)
        .select_from(RollEntry)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(
            RollEntry.poll_id == poll.id,
            UNIT_COLUMNS[poll.electorate] == unit_of(actor, poll.electorate),
            RollEntry.boxed_at.is_(None),
            RollEntry.disputed_at.is_(None),
            ~select(Objection.id).where(Objection.ballot_id == Ballot.id).exists(),
        )
    )


def has_objected(actor: Actor, poll: Poll) -> bool:
    """Whether the actor's place on the roll has an objection in the box; the whole of it is :func:`standing_of`."""
    unit = unit_of(actor, poll.electorate)
    query = (
        select(literal(1))
        .select_from(RollEntry)
        .join(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .join(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .join(Objection, Objection.ballot_id == Ballot.id)
        .where(RollEntry.poll_id == poll.id, UNIT_COLUMNS[poll.electorate] == unit)
    )
    return unit is not None and db.session.scalar(query) is not None
