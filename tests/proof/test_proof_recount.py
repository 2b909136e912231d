"""The recount by a second program: a thousand random polls, weighed by the rules and by verify.py, which share no code."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from app.engine.voting import RULES, Policy, Roll, Tally, Vote
from app.proof.verify import Bundle, Failed

SHARES = ("1/2", "2/3", "3/4", "1/3", "3/5", "1")
SIZES = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 30, 59, 60, 61, 240)
PER_RULE = 200


def shares(chance: random.Random, rule: str) -> tuple[str, str]:
    """Quorum and threshold: the law's, or any."""
    fixed = RULES[rule].fixed
    if fixed is not None:
        return str(fixed.quorum), str(fixed.threshold)
    return chance.choice(SHARES), chance.choice(SHARES)


def ballots(chance: random.Random, rule: str, size: int, quorum: str, threshold: str) -> list[Vote]:
    """Random ballots of a random part of the roll; often as many, or as many yes, as a share just asks for."""
    keys = [stance.key for stance in RULES[rule].stances]
    edge = -(-size * Fraction(quorum).numerator // Fraction(quorum).denominator)
    cast = chance.choice((chance.randint(0, size), edge, edge - 1, edge + 1, size))
    cast = min(max(cast, 0), size)
    weights = [chance.choice((0, 1, 1, 5)) for _ in keys]
    stances = chance.choices(keys, weights if any(weights) else None, k=cast)
    if "yes" in keys and chance.random() < 0.6:
        yes = min(max(int(cast * Fraction(threshold)) + chance.choice((-1, 0, 1)), 0), cast)
        stances = ["yes"] * yes + chance.choices(keys[1:], k=cast - yes)
    areas = chance.choice(((100,), (8950, 8950, 12010), (0, 1, 2, 3), tuple(range(1, 20000))))
    return [Vote(f"{n}", {"stance": stance}, chance.choice(areas)) for n, stance in enumerate(stances)]


def second(rule: str, votes: list[Vote], roll: Roll, told: Tally, shares: tuple[str, str], ended: int) -> Bundle:
    """What verify.py has of such a poll once its other checks hold: the opened ballots, the close, the result."""
    bundle: Any = object.__new__(Bundle)
    bundle.poll, bundle.open = "P", bool(votes)
    bundle.live = [f"{n:064x}" for n in range(len(votes))]
    bundle.ballots = {
        bound: {"ballot": {"choice": dict(vote.choice)}} for bound, vote in zip(bundle.live, votes, strict=True)
    }
    bundle.facts = {"rule": rule, "quorum": shares[0], "threshold": shares[1]}
    bundle.facts |= {"roll_size": roll.heads, "roll_area": roll.area}
    bundle.closed = {"seq": 1, "cast": told.cast, "counts": dict(told.counts), "areas": dict(told.areas)}
    raised = told.counts.get("objection", 0)
    bundle.told = [
        {"kind": "objection.withdrawn", "poll": "P", "objection": str(n), "state": "withdrawn"} for n in range(ended)
    ]
    result = {"counts": dict(told.counts), "cast": told.cast, "standing": raised - ended, "passed": told.passed}
    bundle.json = {"result.json": result}.__getitem__
    return bundle  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", RULES)
def test_two_programs_agree_on_random_polls(rule: str) -> None:
    chance, seen = random.Random(f"recount {rule}"), Counter[Any]()
    for number in range(PER_RULE):
        size = chance.choice(SIZES)
        quorum, threshold = shares(chance, rule)
        votes = ballots(chance, rule, size, quorum, threshold)
        roll = Roll(size, sum(vote.area for vote in votes) + chance.choice((0, 0, 1, 5000)) * (size - len(votes)))
        raised = sum(vote.choice["stance"] == "objection" for vote in votes)
        ended = chance.choice((0, raised, chance.randint(0, raised)))
        half = Fraction(threshold) == Fraction(1, 2)
        tally = RULES[rule].tally(votes, roll, Policy(Fraction(quorum), Fraction(threshold), strict=half), ended)
        bundle = second(rule, votes, roll, tally, (quorum, threshold), ended)
        where = (rule, number, size, quorum, threshold, tally.counts, tally.areas, roll)
        try:
            assert bundle.check_count()["counts"] == tally.counts, where
            assert bundle.check_rule()["passed"] == tally.passed, where
        except Failed as wrong:
            raise AssertionError((wrong.key, wrong.values, *where)) from None
        held = dict(bundle.conditions())
        if rule == "consent":
            held["objections"] = raised == ended
        assert held == {test.key: test.holds for test in tally.tests}, where
        seen.update((*held.items(), tally.passed, "empty" if not votes else "full" if len(votes) == size else "part"))
        for test in tally.tests:
            seen["exact"] += test.left == test.right > 0
    # The polls were worth it: each test held and failed, each end was reached, thresholds were met exactly.
    assert all(seen[key] >= 5 for key in ("exact", True, False, "empty", "full", "part")), seen
    assert all(
        seen[test, holds] >= 5 for test, _ in [k for k in seen if isinstance(k, tuple)] for holds in (True, False)
    )


def test_a_wrong_count_and_a_wrong_end_are_found() -> None:
    votes = [Vote(str(n), {"stance": "yes"}) for n in range(4)]
    policy = Policy(Fraction(1, 2))
    tally = RULES["majority"].tally(votes, Roll(6), policy)
    for field, value in (("passed", False), ("cast", 5), ("counts", {"yes": 3, "no": 1, "abstain": 0})):
        bundle: Any = second("majority", votes, Roll(6), tally, ("1/2", "1/2"), 0)
        result = {**bundle.json("result.json"), field: value}
        bundle.json = {"result.json": result}.__getitem__
        with pytest.raises(Failed):
            (bundle.check_count(), bundle.check_rule())
