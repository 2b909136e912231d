"""What else leads from a ballot back to its voter: packages above say so here, paper for one.

When the links between the roll and the slots of a round end, all of it ends with them, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from app.ballots.models import Poll
from app.core.transaction import Tx

Ending = Callable[[Tx, Poll], None]
_ENDINGS: list[Ending] = []


def end_with_links(ending: Ending) -> None:
    """Let something end when the links of a round do."""
    if ending not in _ENDINGS:
        _ENDINGS.append(ending)


def end_joins(tx: Tx, poll: Poll) -> None:
    """End all that leads from a ballot of this round to its voter, besides the links."""
    for ending in _ENDINGS:
        ending(tx, poll)
