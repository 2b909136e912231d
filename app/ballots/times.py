"""The clock of a poll and of its objections, as the rules read them from the rows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, select

from app.ballots.models import Ballot, Objection, Poll
from app.ballots.weights import rings_of
from app.core.database import db
from app.engine.objections import Life
from app.engine.voting.phase import DAY, PollTimes, close_that_holds
from app.engine.voting.rule import quorum_test

LIVED = ("state", "disagreed_at", "offered_at", "words", "defers", "accepted")


def life_of(row: Objection | Row[Any], closed_at: int) -> Life:
    """An objection as the engine reads it; ``closed_at`` is the close of its round."""
    return Life(closed_at=closed_at, **{name: getattr(row, name) for name in LIVED})


def times_of(poll: Poll | Row[Any], now: int, cast: int | None = None) -> PollTimes:
    """The instants of a poll as the engine reads them, with the close that holds at ``now``.

    ``cast`` is how many have; it is counted only in the short time between a close and what the close writes.
    """
    return PollTimes(poll.announced_at, poll.opens_at, close_of(poll, now, cast), poll.voided_at)


def close_of(poll: Poll | Row[Any], now: int, cast: int | None = None) -> int:
    """The close that holds: as announced, or prolonged once where too few had taken part."""
    if not may_be_prolonged(poll, now):
        return int(poll.prolonged_until or poll.closes_at)
    if cast is None:
        query = select(func.count()).select_from(Ballot).where(Ballot.poll_id == poll.id, Ballot.live)
        cast = db.session.scalar(query) or 0
    return close_that_holds(poll.closes_at, poll.prolong_days, None, quorum_met=quorum_met(poll, cast), now=now)


def may_be_prolonged(poll: Poll | Row[Any], now: int) -> bool:
    """Whether a poll reached its announced close, and nobody has written yet what became of it."""
    written = poll.prolonged_until is not None or poll.settled_at is not None or poll.voided_at is not None
    return poll.prolong_days > 0 and now >= poll.closes_at and not written


def quorum_met(poll: Poll | Row[Any], cast: int) -> bool:
    """Whether enough have cast, of all and of each ring that must take part."""
    enough = quorum_test(cast, poll.roll_size, Fraction(poll.quorum)).holds
    return enough and all(ring.enough for ring in rings_of(poll))


def notice_ends(poll: Poll) -> int:
    """When the notice of a count is over: so many days after the close."""
    return poll.closes_at + int(poll.matter.get("notice_days", 0)) * DAY
