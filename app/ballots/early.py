"""Ballots that were cast before batches and hidden channels: what was bound then, and which these are.

Each had an event of its own, whose data name its commitment: that tells the form, and nothing is tried out.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.ballots.models import Poll
from app.core.database import db
from app.core.events import Event

CAST = "ballot.cast"


def early_body(poll: str, slot: str, seq: int, choice: Mapping[str, str]) -> dict[str, object]:
    """What the commitment of such a ballot binds; its nonce was the ballot's own, not one made from it."""
    return {"poll": poll, "slot": slot, "seq": seq, "choice": dict(choice)}


def early_ballots(poll: Poll) -> set[str]:
    """The commitments of a poll's ballots that were told one by one."""
    query = select(Event.data).where(
        Event.community_id == poll.community_id, Event.project_id == poll.project_id, Event.kind == CAST
    )
    return {data["commitment"] for data in db.session.scalars(query) if data["poll"] == poll.public_id}
