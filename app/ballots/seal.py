"""Sealing: ballots enter the community's log in batches, by their commitments in order, so that no time is told."""

from __future__ import annotations

from sqlalchemy import func, select, update

from app.ballots.models import Ballot, Batch, Poll
from app.ballots.times import times_of
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.voting.phase import phase

LEAST = 10  # ballots that enter together while a poll is open: among fewer, the hour would tell too much
MOST = 500
SEALED = "ballots.sealed"


def seal_due() -> int:
    """Seal what waits, in every poll; returns how many ballots. Open polls seal ten at least, closed ones the rest."""
    with transaction() as tx:
        waiting = list(
            tx.session.execute(
                select(Ballot.poll_id, func.count())
                .where(Ballot.batch_id.is_(None))
                .group_by(Ballot.poll_id)
                .order_by(Ballot.poll_id)
            )
        )
    return sum(seal(poll_id) for poll_id, _ in waiting)


def seal(poll_id: int) -> int:
    """Seal the ballots of one poll that are in no batch yet; returns how many. A batch a transaction: casts wait for one."""
    total = 0
    while True:
        with transaction(lock=[Lock(Poll, poll_id)]) as tx:
            poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
            waiting = _next(tx, poll)
            closed = poll.settled_at is not None or phase(times_of(poll, tx.now), tx.now) == "closed"
            if len(waiting) < (1 if closed else LEAST):
                return total
            total += _enter(tx, poll, waiting)


def seal_rest(tx: Tx, poll: Poll) -> None:
    """Seal all that is left of a poll whose exclusive lock the caller holds."""
    while waiting := _next(tx, poll):
        _enter(tx, poll, waiting)


def _next(tx: Tx, poll: Poll) -> list[str]:
    """The next batch: the lowest commitments that wait, so many that what is left is nothing, or not too few."""
    query = select(Ballot.commitment).where(Ballot.poll_id == poll.id, Ballot.batch_id.is_(None))
    waiting = list(tx.session.scalars(query.order_by(Ballot.commitment).limit(MOST + LEAST)))
    return sorted(waiting if len(waiting) < MOST + LEAST else waiting[:MOST])


def _enter(tx: Tx, poll: Poll, commitments: list[str]) -> int:
    """One batch: its entry in the log, its row, and its number on the ballots; returns how many."""
    number = (tx.session.scalar(select(func.max(Batch.number)).where(Batch.poll_id == poll.id)) or 0) + 1
    seq = record_event(
        tx,
        SEALED,
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={},
        public={"poll": poll.public_id, "batch": number, "commitments": commitments},
    )
    assert seq is not None  # a poll belongs to a community
    batch = Batch(poll_id=poll.id, number=number, size=len(commitments), seq=seq, at=tx.now)
    tx.session.add(batch)
    tx.session.flush()
    tx.session.execute(
        update(Ballot).where(Ballot.commitment.in_(commitments), Ballot.batch_id.is_(None)).values(batch_id=batch.id)
    )
    return len(commitments)
