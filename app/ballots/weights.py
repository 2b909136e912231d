"""What stands behind the ballots of a poll whose rule weighs floor area."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select

from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.core.database import db
from app.core.live import settled
from app.engine.method import Text
from app.engine.voting import Roll
from app.engine.voting.rule import RingTurnout


def areas_of(polls: Sequence[Poll]) -> dict[int, dict[str, int]]:
    """The floor area behind each stance of some polls; no query for none. As it was counted, where links have ended."""
    found: dict[int, dict[str, int]] = {
        poll.id: poll.tally.get("final_areas", poll.tally["areas"])
        for poll in polls
        if poll.links_deleted_at is not None and poll.tally
    }
    poll_ids = [poll.id for poll in polls if poll.id not in found]
    if poll_ids:
        query = (
            select(Ballot.poll_id, Ballot.stance, func.sum(RollEntry.area))
            .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
            .join(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
            .where(Ballot.poll_id.in_(poll_ids), Ballot.live)
            .group_by(Ballot.poll_id, Ballot.stance)
        )
        with settled(all(poll.settled_at is not None for poll in polls)):
            rows = db.session.execute(query).all()
        for poll_id, stance, area in rows:
            found.setdefault(poll_id, {})[stance] = int(area)
    return found


def roll_of(poll: Poll) -> Roll:
    """The frozen roll of a poll, as its rule weighs it."""
    return Roll(poll.roll_size, poll.roll_area, rings_of(poll))


def rings_of(poll: Poll | Row[Any]) -> tuple[RingTurnout, ...]:
    """The rings that must take part, with how many of each cast; no query where there are none."""
    if not poll.rings:
        return ()
    told = (poll.tally or {}).get("rings")
    cast: Mapping[str, int] = told if told is not None else _cast_by_ring(poll.id)
    return tuple(
        RingTurnout(Text(ring["zh_Hans"], ring["en"]), ring["members"], cast.get(key, 0))
        for key, ring in sorted(poll.rings.items())
    )


def cast_by_ring(poll: Poll) -> dict[str, int]:
    """How many of each ring cast, to be kept with the tally. It is never shown: a ring may be few."""
    found = _cast_by_ring(poll.id)
    return {key: found.get(key, 0) for key in sorted(poll.rings)}


def _cast_by_ring(poll_id: int) -> Counter[str]:
    """A person counts in every ring they belonged to at the freeze."""
    rows = db.session.scalars(
        select(RollEntry.rings)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(RollEntry.poll_id == poll_id, or_(Ballot.id.is_not(None), RollEntry.voted))
    )
    return Counter(ring for rings in rows for ring in rings)


def area_of_slots(poll: Poll) -> dict[str, int]:
    """The floor area behind each slot of a poll, by the slot's code."""
    query = (
        select(Slot.code, RollEntry.area)
        .join(SlotLink, SlotLink.slot_id == Slot.id)
        .join(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .where(Slot.poll_id == poll.id)
    )
    return dict(db.session.execute(query).all())
