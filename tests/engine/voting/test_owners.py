"""Civil Code art. 278: two bases, participation and approval, at their bounds and one beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.voting import RULES, Box, Roll, Vote
from app.engine.voting.arithmetic import square_metres
from app.engine.voting.owners import ITEMS, ORDINARY, RULE, SPECIAL_RULE
from app.engine.voting.rule import Rule, Tally
from tests.engine.laws import law
from tests.engine.voting.votes import HALF, condition

KEYS = ["quorum", "quorum_area", "approval", "approval_area"]


def tally(
    rule: Rule,
    roll: Roll,
    *,
    yes: tuple[int, int] = (0, 0),
    no: tuple[int, int] = (0, 0),
    abstain: tuple[int, int] = (0, 0),
) -> Tally:
    """Weigh heads and areas for each stance."""
    given_ = {"yes": yes, "no": no, "abstain": abstain}
    box = Box({key: heads for key, (heads, _) in given_.items()}, {key: area for key, (_, area) in given_.items()})
    return rule.weigh(box, roll, HALF, 0)


def held(result: Tally) -> list[bool]:
    """Whether each of the four tests holds."""
    assert [test.key for test in result.tests] == KEYS
    return [test.holds for test in result.tests]


@pytest.mark.parametrize(
    ("roll", "part", "holds"),
    [
        (Roll(60, 540_000), (40, 360_000), [True, True]),
        (Roll(60, 540_000), (39, 360_000), [False, True]),
        (Roll(60, 540_000), (40, 359_999), [True, False]),
        (Roll(61, 540_001), (40, 360_000), [False, False]),
        (Roll(61, 540_001), (41, 360_001), [True, True]),
        (Roll(540_000, 540_000), (359_999, 360_000), [False, True]),
    ],
)
def test_two_thirds_of_both_must_take_part_and_exactly_two_thirds_do(
    roll: Roll, part: tuple[int, int], holds: list[bool]
) -> None:
    for rule in (RULE, SPECIAL_RULE):
        result = tally(rule, roll, yes=part)
        assert held(result)[:2] == holds
        assert result.passed == result.quorum_met == all(holds)
        assert str(result.verdict).startswith("Passed" if all(holds) else "Not decided")


@pytest.mark.parametrize(
    ("yes", "no", "holds"),
    [
        ((20, 2000), (20, 2000), [False, False]),
        ((21, 2000), (19, 2000), [True, False]),
        ((20, 2001), (20, 1999), [False, True]),
        ((21, 2001), (19, 1999), [True, True]),
    ],
)
def test_an_ordinary_matter_needs_more_than_half_of_both(
    yes: tuple[int, int], no: tuple[int, int], holds: list[bool]
) -> None:
    result = tally(RULE, Roll(40, 4000), yes=yes, no=no)
    assert held(result) == [True, True, *holds]
    assert result.passed == all(holds)


@pytest.mark.parametrize(
    ("yes", "no", "holds"),
    [
        ((30, 3000), (10, 1000), [True, True]),
        ((29, 3000), (11, 1000), [False, True]),
        ((30, 2999), (10, 1001), [True, False]),
    ],
)
def test_a_special_matter_needs_three_quarters_of_both_and_exactly_three_quarters_do(
    yes: tuple[int, int], no: tuple[int, int], holds: list[bool]
) -> None:
    result = tally(SPECIAL_RULE, Roll(40, 4000), yes=yes, no=no)
    assert held(result) == [True, True, *holds]
    assert result.passed == all(holds)


def test_one_hundredth_of_a_square_metre_decides() -> None:
    roll = Roll(3, 30_000)
    assert tally(RULE, roll, yes=(2, 10_001), no=(0, 9_999)).passed
    assert not tally(RULE, roll, yes=(2, 10_000), no=(0, 10_000)).passed
    assert not tally(RULE, roll, yes=(2, 19_999)).passed


def test_nobody_took_part() -> None:
    for rule in (RULE, SPECIAL_RULE):
        for roll in (Roll(0, 0), Roll(40, 4000), Roll(40, 0)):
            result = tally(rule, roll)
            assert held(result) == [False] * 4
            assert not result.quorum_met


def test_one_owner_alone_decides_by_a_yes() -> None:
    for rule in (RULE, SPECIAL_RULE):
        assert tally(rule, Roll(1, 9_950), yes=(1, 9_950)).passed
        assert not tally(rule, Roll(1, 9_950), no=(1, 9_950)).passed
        assert not tally(rule, Roll(1, 9_950), abstain=(1, 9_950)).passed


def test_without_any_area_nothing_passes() -> None:
    for rule in (RULE, SPECIAL_RULE):
        result = tally(rule, Roll(40), yes=(40, 0))
        assert held(result) == [True, False, True, False]
        assert not result.passed


def test_abstentions_sit_in_the_denominator() -> None:
    roll = Roll(40, 4000)
    assert not tally(RULE, roll, yes=(20, 2000), abstain=(20, 2000)).passed
    assert tally(RULE, roll, yes=(21, 2100), abstain=(19, 1900)).passed
    assert not tally(SPECIAL_RULE, roll, yes=(29, 2900), abstain=(11, 1100)).passed
    assert "like a no" in str(RULE.stance("abstain").means)


def test_the_law_sets_the_shares_and_no_policy_can() -> None:
    nothing = replace(HALF, quorum=HALF.quorum / 10, threshold=HALF.threshold / 10)
    box = Box({"yes": 5, "no": 0, "abstain": 0}, {"yes": 500, "no": 0, "abstain": 0})
    assert not RULE.weigh(box, Roll(40, 4000), nothing, 0).passed
    assert RULE.fixed == ORDINARY


def test_ballots_bring_their_areas() -> None:
    votes = [Vote("a", {"stance": "yes"}, 9_950), Vote("b", {"stance": "yes"}, 5), Vote("c", {"stance": "no"}, 8_000)]
    result = RULE.tally(votes, Roll(3, 17_955), HALF)
    assert dict(result.counts) == {"yes": 2, "no": 1, "abstain": 0}
    assert dict(result.areas) == {"yes": 9_955, "no": 8_000, "abstain": 0}
    assert (result.area_cast, result.area_all, result.passed) == (17_955, 17_955, True)


def test_the_tally_explains_itself_with_its_numbers() -> None:
    result = tally(RULE, Roll(60, 540_000), yes=(25, 200_005), no=(14, 159_994))
    told = {key: (str(condition(result, key).says), str(condition(result, key).sum)) for key in KEYS}
    assert told == {
        "quorum": (
            "39 of 60 owners took part; at least 2/3 is needed, 40.",
            "39 × 3 = 117, less than 60 × 2 = 120: too few.",
        ),
        "quorum_area": (
            "Owners with 3599.99 m² of 5400.00 m² took part; at least 2/3 is needed, 3600.00 m².",
            "3599.99 m² × 3 = 10799.97 m², less than 5400.00 m² × 2 = 10800.00 m²: too few.",
        ),
        "approval": (
            "25 of 39 owners who took part say yes; more than 1/2 is needed, at least 20.",
            "25 × 2 = 50, more than 39 × 1 = 39: enough.",
        ),
        "approval_area": (
            "2000.05 m² of the 3599.99 m² that took part say yes; more than 1/2 is needed, at least 1800.00 m².",
            "2000.05 m² × 2 = 4000.10 m², more than 3599.99 m² × 1 = 3599.99 m²: enough.",
        ),
    }
    special = tally(SPECIAL_RULE, Roll(4, 400), yes=(3, 299), no=(1, 101))
    assert str(condition(special, "approval").sum) == "3 × 4 = 12, not less than 4 × 3 = 12: enough."
    assert (
        str(condition(special, "approval_area").sum)
        == "2.99 m² × 4 = 11.96 m², less than 4.00 m² × 3 = 12.00 m²: too few."
    )


def test_an_area_is_told_in_square_metres() -> None:
    assert [square_metres(n) for n in (0, 1, 10, 100, 18_741, 10**12)] == [
        "0.00", "0.01", "0.10", "1.00", "187.41", "10000000000.00",
    ]  # fmt: skip


def test_the_items_of_the_article_in_their_order() -> None:
    assert [item.number for item in ITEMS.values()] == list(range(1, 10))
    assert {key for key, item in ITEMS.items() if item.rule == "owners_special"} == {
        "raise_funds",
        "rebuild",
        "common_parts",
    }
    assert all(item.rule in RULES and str(item.title) for item in ITEMS.values())


heads_and_area = st.tuples(st.integers(0, 20), st.integers(0, 2000))
rules = st.sampled_from([RULE, SPECIAL_RULE])


def roll_of(*parts: tuple[int, int], more: tuple[int, int] = (0, 0)) -> Roll:
    return Roll(sum(h for h, _ in parts) + more[0], sum(a for _, a in parts) + more[1])


@law
@given(rules, heads_and_area, heads_and_area, heads_and_area, heads_and_area)
def test_it_passes_when_all_four_hold_as_fractions_say(
    rule: Rule, yes: tuple[int, int], no: tuple[int, int], abstain: tuple[int, int], silent: tuple[int, int]
) -> None:
    result = tally(rule, roll_of(yes, no, abstain, more=silent), yes=yes, no=no, abstain=abstain)
    part = [yes[n] + no[n] + abstain[n] for n in (0, 1)]
    took = [p > 0 and 3 * p >= 2 * (p + s) for p, s in zip(part, silent, strict=True)]
    said = [y > 0 and (2 * y > p if rule is RULE else 4 * y >= 3 * p) for y, p in zip(yes, part, strict=True)]
    assert held(result) == [*took, *said]
    assert result.passed == all(took + said)


@law
@given(rules, heads_and_area, heads_and_area, heads_and_area, heads_and_area, st.integers(1, 1), st.integers(0, 500))
def test_one_more_yes_never_hurts(
    rule: Rule,
    yes: tuple[int, int],
    no: tuple[int, int],
    abstain: tuple[int, int],
    silent: tuple[int, int],
    heads: int,
    area: int,
) -> None:
    roll = roll_of(yes, no, abstain, more=(silent[0] + heads, silent[1] + area))
    before = tally(rule, roll, yes=yes, no=no, abstain=abstain)
    after = tally(rule, roll, yes=(yes[0] + heads, yes[1] + area), no=no, abstain=abstain)
    assert after.passed >= before.passed


@law
@given(rules, heads_and_area, heads_and_area, heads_and_area, heads_and_area)
def test_an_abstention_weighs_like_a_no_and_never_helps_in_place_of_a_yes(
    rule: Rule, yes: tuple[int, int], no: tuple[int, int], moved: tuple[int, int], silent: tuple[int, int]
) -> None:
    roll = roll_of(yes, no, moved, more=silent)
    abstained = tally(rule, roll, yes=yes, no=no, abstain=moved)
    refused = tally(rule, roll, yes=yes, no=(no[0] + moved[0], no[1] + moved[1]))
    agreed = tally(rule, roll, yes=(yes[0] + moved[0], yes[1] + moved[1]), no=no)
    assert abstained.passed == refused.passed
    assert abstained.passed <= agreed.passed


@law
@given(rules, heads_and_area, heads_and_area, heads_and_area, heads_and_area, heads_and_area)
def test_more_abstentions_never_help_once_enough_took_part(
    rule: Rule,
    yes: tuple[int, int],
    no: tuple[int, int],
    abstain: tuple[int, int],
    more: tuple[int, int],
    silent: tuple[int, int],
) -> None:
    roll = roll_of(yes, no, abstain, more, more=silent)
    before = tally(rule, roll, yes=yes, no=no, abstain=abstain)
    after = tally(rule, roll, yes=yes, no=no, abstain=(abstain[0] + more[0], abstain[1] + more[1]))
    if before.quorum_met:
        assert after.passed <= before.passed


@law
@given(rules, st.lists(st.tuples(st.sampled_from(["yes", "no", "abstain"]), st.integers(0, 500)), max_size=12))
def test_the_order_of_the_ballots_is_irrelevant(rule: Rule, cast: list[tuple[str, int]]) -> None:
    votes = [Vote(f"slot{n}", {"stance": stance}, area) for n, (stance, area) in enumerate(cast)]
    roll = Roll(15, 6000)
    assert rule.tally(votes[::-1], roll, HALF) == rule.tally(votes, roll, HALF)
    assert rule.tally(sorted(votes, key=lambda vote: vote.area), roll, HALF) == rule.tally(votes, roll, HALF)
