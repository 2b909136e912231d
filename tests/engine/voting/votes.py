"""Ballots for the tests of the rules."""

from __future__ import annotations

from fractions import Fraction

from app.engine.voting import Policy, Test, Vote
from app.engine.voting.rule import Tally

HALF = Policy(quorum=Fraction(1, 2))


def votes(**how_many: int) -> list[Vote]:
    """So many ballots of each stance, each of a slot of its own."""
    stances = [stance for stance, n in how_many.items() for _ in range(n)]
    return [Vote(f"slot{n}", {"stance": stance}) for n, stance in enumerate(stances)]


def condition(tally: Tally, key: str) -> Test:
    """The tally's test with this key."""
    return next(test for test in tally.tests if test.key == key)
