"""What stands behind the ballots of a poll whose rule weighs floor area."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.core.database import db
from app.engine.voting import Roll


def areas_of(polls: Sequence[Poll]) -> dict[int, dict[str, int]]:
    """The floor area behind each stance of some polls; no query for none. As it was counted, where links have ended."""
    found: dict[int, dict[str, int]] = {
        poll.id: poll.tally["areas"] for poll in polls if poll.links_deleted_at is not None and poll.tally
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
        for poll_id, stance, area in db.session.execute(query):
            found.setdefault(poll_id, {})[stance] = int(area)
    return found


def roll_of(poll: Poll) -> Roll:
    """The frozen roll of a poll, as its rule weighs it."""
    return Roll(poll.roll_size, poll.roll_area)


def area_of_slots(poll: Poll) -> dict[str, int]:
    """The floor area behind each slot of a poll, by the slot's code."""
    query = (
        select(Slot.code, RollEntry.area)
        .join(SlotLink, SlotLink.slot_id == Slot.id)
        .join(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .where(Slot.poll_id == poll.id)
    )
    return dict(db.session.execute(query).all())
