"""Mode B: the rows of a vote under the law, with area, for those on the roll and the inspectors, after the close."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.ballots.models import Ballot, Poll, RollEntry, SlotLink
from app.core.database import db
from app.people.access import note_access
from app.people.actor import Actor

PAGE = 50


@dataclass(frozen=True)
class Shown:
    """One vote: what it says, for how much area and how many heads. No address."""

    stance: str
    heads: int
    area: int


def of_poll(inspector: Actor | None, poll: Poll, page: int) -> tuple[list[Shown], int]:
    """One page of rows, by area, so that their order tells nothing of the house; and how many pages there are.

    An inspector is of the staff: that one looked is written down.
    """
    if inspector is not None:
        note_access(inspector, poll.community_id, "rows with area", poll.public_id)
    mine = (Ballot.poll_id == poll.id) & Ballot.live
    total = db.session.scalar(select(func.count()).select_from(Ballot).where(mine)) or 0
    pages = max(1, -(-total // PAGE))
    query = (
        select(Ballot.stance, RollEntry.heads, RollEntry.area)
        .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
        .join(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .where(mine)
        .order_by(RollEntry.area.desc(), Ballot.stance, Ballot.id)
        .offset((min(page, pages) - 1) * PAGE)
        .limit(PAGE)
    )
    return [Shown(*row) for row in db.session.execute(query)], pages
