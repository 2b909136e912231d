"""What a count waits for after the close: packages above say so here, paper for one.

Until nothing is waited for there is no result: no page tells a count that still grows, since the difference of two of
its states would tell a single ballot.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from app.ballots.models import Poll
from app.core.transaction import Tx

Wait = Callable[[Collection[int], int], set[int]]
Step = Callable[[Tx, Poll], None]
_WAITS: list[Wait] = []
_BEFORE: list[Step] = []


def wait_for(ask: Wait) -> None:
    """Let counts wait: ``ask(polls, now)`` names those polls that can't be counted yet."""
    if ask not in _WAITS:
        _WAITS.append(ask)


def uncounted(poll_ids: Collection[int], now: int) -> set[int]:
    """Those of these closed polls whose count still waits for something."""
    return {poll_id for ask in _WAITS for poll_id in ask(poll_ids, now)}


def before_count(step: Step) -> None:
    """Let something be done first, in the transaction that stores a count."""
    if step not in _BEFORE:
        _BEFORE.append(step)


def prepare(tx: Tx, poll: Poll) -> None:
    """Do what comes before the count of a poll whose exclusive lock the caller holds."""
    for step in _BEFORE:
        step(tx, poll)
