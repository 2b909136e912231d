"""What may be published of a poll, decided in one place for page, record, export and all else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

ROUNDED_TO = 5
LEAST_CELL = 5
LEAST_ROWS = {"A": 5, "B": 5, "C": 10}
What = Literal["turnout", "headline", "breakdown", "words", "rows", "openings"]


def rounded(n: int) -> int:
    """A number as it may be shown while a poll is open: rounded down to fives."""
    return n - n % ROUNDED_TO


def may_publish(what: What, *, mode: str, closed: bool, counts: Mapping[str, int], cells: Collection[int] = ()) -> bool:
    """Whether ``what`` may be shown to everybody.

    Turnout always (rounded while open). Headline totals after the close, always and exact. A breakdown when every cell
    and what remains beside it is at least five. Rows in mode A from five ballots, in C from ten, in B never to the
    public. Words of objections and concerns, and ballots with what opens their commitments, in mode A only: an opened
    commitment would let a receipt prove what was voted. When one stance took all, neither breakdown nor rows: they would
    tell how each of the cell voted.
    """
    if what == "turnout":
        return True
    if not closed:
        return False
    if what == "headline":
        return True
    if what == "words":
        return mode == "A"
    cast = sum(counts.values())
    if sum(1 for n in counts.values() if n) <= 1:
        return False
    if what == "breakdown":
        return bool(cells) and all(n >= LEAST_CELL and (cast - n >= LEAST_CELL or n == cast) for n in cells)
    if what == "openings" and mode != "A":
        return False
    return mode != "B" and cast >= LEAST_ROWS[mode]
