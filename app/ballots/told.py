"""What is told of a closed poll beside its numbers: the words of objections and concerns, under numbers without names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.ballots.models import Ballot, Batch, Objection, Poll, Slot
from app.ballots.queries import counted
from app.core.database import db
from app.core.live import settled
from app.engine.canonical import encode32
from app.engine.voting.publish import may_publish


@dataclass(frozen=True)
class ShownObjection:
    """An objection as everybody may read it after the close: under its slot's number."""

    public_id: str
    code: str
    choice: Mapping[str, str]
    state: str
    ended_at: int | None


def slot_number(code: str) -> str:
    """A slot's code as people read it: its first forty bits as XXXX-XXXX."""
    number = encode32(int(code[:10], 16), 8)
    return f"{number[:4]}-{number[4:]}"


def _may_tell_words(poll: Poll, now: int) -> bool:
    return may_publish("words", mode=poll.mode, closed=counted(poll, now), counts={})


def objections_of(poll: Poll, now: int) -> list[ShownObjection]:
    """The objections of a closed poll by number; none before the close."""
    if not _may_tell_words(poll, now):
        return []
    query = (
        select(Objection, Ballot.choice, Slot.code)
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .join(Slot, Slot.id == Ballot.slot_id)
        .where(Objection.poll_id == poll.id, Ballot.live)
        .order_by(Slot.code)
    )
    with settled(poll.settled_at is not None):
        rows = db.session.execute(query).all()
    return [
        ShownObjection(row.public_id, slot_number(code), json.loads(choice), row.state, row.ended_at)
        for row, choice, code in rows
    ]


def concerns_of(poll: Poll, now: int, *, first: int = 0, most: int | None = None) -> list[str]:
    """The concerns of a closed poll, in the order of their words, so that they tell nothing of time; a part of them."""
    if not _may_tell_words(poll, now):
        return []
    query = select(Ballot.choice).where(Ballot.poll_id == poll.id, Ballot.live, Ballot.stance == "concern")
    query = query.order_by(Ballot.choice, Ballot.id).offset(first).limit(most)
    with settled(poll.settled_at is not None):
        return [json.loads(choice)["text"] for choice in db.session.scalars(query)]


def sealed_of(poll: Poll) -> int | None:
    """How many ballots of a poll that is being counted are sealed so far; None where its count is stored."""
    if poll.settled_at is not None:
        return None
    return db.session.scalar(select(func.coalesce(func.sum(Batch.size), 0)).where(Batch.poll_id == poll.id)) or 0
