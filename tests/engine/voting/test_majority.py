"""The majority of those who take part: exactly half, one more, one less, ties, abstentions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import Invalid
from app.engine.voting import Policy, Vote
from app.engine.voting.majority import RULE, VOTING_RULE, weigh
from app.engine.voting.rule import quorum_test
from tests.engine.laws import law
from tests.engine.voting.votes import HALF, condition, votes

TWO_THIRDS = Policy(quorum=Fraction(2, 3), threshold=Fraction(2, 3), strict=False)


@pytest.mark.parametrize("stance", ["yes", "no", "abstain"])
def test_a_ballot_is_its_stance_and_nothing_else(stance: str) -> None:
    assert RULE.read({"stance": stance, "reason": "because"}) == {"stance": stance}


@pytest.mark.parametrize("raw", [{}, {"stance": "consent"}, {"stance": ""}, {"stance": None}, {"stance": ["yes"]}])
def test_another_stance_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refusal:
        RULE.read(raw)
    assert list(refusal.value.fields) == ["stance"]


@pytest.mark.parametrize(
    ("cast", "passed"),
    [
        (votes(yes=20, no=20), False),
        (votes(yes=21, no=19), True),
        (votes(yes=19, no=21), False),
        (votes(yes=20, no=19), True),
        (votes(yes=20, no=19, abstain=1), False),
        (votes(yes=20, abstain=20), False),
        (votes(yes=21, abstain=19), True),
        (votes(abstain=40), False),
        (votes(yes=40), True),
        (votes(no=40), False),
    ],
)
def test_more_than_half_of_those_who_cast(cast: list[Vote], passed: bool) -> None:
    tally = RULE.tally(cast, 40, HALF)
    assert (tally.quorum_met, tally.passed) == (True, passed)
    assert str(tally.verdict).startswith("Passed" if passed else "Not passed")


@pytest.mark.parametrize(
    ("cast", "electorate", "met"),
    [
        (votes(yes=20), 40, True),
        (votes(yes=19), 40, False),
        (votes(yes=20), 41, False),
        (votes(yes=1), 1, True),
        (votes(yes=1), 2, True),
        (votes(yes=1), 3, False),
        (votes(), 40, False),
        (votes(), 0, False),
    ],
)
def test_no_majority_of_too_few_decides(cast: list[Vote], electorate: int, met: bool) -> None:
    tally = RULE.tally(cast, electorate, HALF)
    assert (tally.quorum_met, tally.passed) == (met, met)
    assert str(tally.verdict).startswith("Passed" if met else "Not decided")


def test_one_who_abstains_alone_decides_nothing() -> None:
    assert not RULE.tally(votes(abstain=1), 1, HALF).passed
    assert not RULE.tally(votes(no=1), 1, HALF).passed


def test_two_thirds_are_reached_by_exactly_two_thirds() -> None:
    assert RULE.tally(votes(yes=20, no=10), 30, TWO_THIRDS).passed
    assert RULE.tally(votes(yes=14, abstain=7), 30, TWO_THIRDS).passed
    assert not RULE.tally(votes(yes=19, no=11), 30, TWO_THIRDS).passed
    assert not RULE.tally(votes(yes=13, no=7), 30, TWO_THIRDS).passed
    strictly = Policy(quorum=Fraction(2, 3), threshold=Fraction(2, 3), strict=True)
    assert not RULE.tally(votes(yes=20, no=10), 30, strictly).passed
    assert RULE.tally(votes(yes=21, no=9), 30, strictly).passed


def test_numbers_are_compared_whole_and_exactly() -> None:
    # The law's own bound: 2/3 of 540,000 is 360,000, and one less is not enough.
    assert quorum_test(360_000, 540_000, Fraction(2, 3)).holds
    assert not quorum_test(359_999, 540_000, Fraction(2, 3)).holds
    huge = 10**20
    half = {"yes": huge, "no": huge, "abstain": 0}
    assert not weigh(half, 2 * huge, HALF, 0).passed
    assert weigh({**half, "yes": huge + 1}, 2 * huge + 1, HALF, 0).passed


def test_there_is_no_quorum_of_nobody() -> None:
    assert not quorum_test(0, 0, Fraction(1, 2)).holds
    # A ballot without anybody on the roll is a fault elsewhere, and no reason to pass.
    assert not quorum_test(1, 0, Fraction(1, 2)).holds


def test_nothing_passes_without_a_yes_whatever_is_asked() -> None:
    nothing_asked = Policy(quorum=Fraction(0), threshold=Fraction(0), strict=False)
    for cast in (votes(), votes(no=3), votes(abstain=1)):
        assert not RULE.tally(cast, 40, nothing_asked).passed
    assert RULE.tally(votes(yes=1, no=3), 40, nothing_asked).passed


def test_a_withdrawal_is_nothing_to_a_majority() -> None:
    cast = votes(yes=20, no=20)
    assert RULE.tally(cast, 40, HALF, withdrawn=5) == RULE.tally(cast, 40, HALF)


def test_the_tally_explains_itself_with_its_numbers() -> None:
    tally = RULE.tally(votes(yes=20, no=19, abstain=1), 60, HALF)
    quorum, approval = condition(tally, "quorum"), condition(tally, "approval")
    assert str(quorum.says) == "40 of 60 took part; 1/2 asks for at least 30."
    assert (quorum.left, quorum.right, quorum.holds) == (80, 60, True)
    assert str(approval.says) == "20 yes of 40 cast; more than 1/2 is needed, at least 21."
    assert (approval.left, approval.right, approval.holds) == (40, 40, False)
    approval = condition(RULE.tally(votes(yes=14, no=6), 30, TWO_THIRDS), "approval")
    assert str(approval.says) == "14 yes of 20 cast; at least 2/3 is needed, 14."


shares = st.fractions(0, 1, max_denominator=12)


@law
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), shares, shares, st.booleans(), st.data())
def test_it_passes_when_both_shares_are_reached(
    yes: int, no: int, abstain: int, quorum: Fraction, threshold: Fraction, strict: bool, data: st.DataObject
) -> None:
    cast = yes + no + abstain
    electorate = data.draw(st.integers(max(cast, 1), 100))
    tally = weigh({"yes": yes, "no": no, "abstain": abstain}, electorate, Policy(quorum, threshold, strict), 0)
    took_part = cast > 0 and Fraction(cast, electorate) >= quorum
    share = Fraction(yes, cast) if cast else Fraction(0)
    agreed = yes > 0 and (share > threshold if strict else share >= threshold)
    assert tally.quorum_met == took_part
    assert condition(tally, "approval").holds == agreed
    assert tally.passed == (took_part and agreed)


@law
@given(st.integers(0, 30), st.integers(0, 30), shares, st.booleans())
def test_the_number_that_is_told_is_the_one_that_decides(
    cast: int, yes: int, threshold: Fraction, strict: bool
) -> None:
    yes = min(yes, cast)
    policy = Policy(Fraction(1, 2), threshold, strict)
    approval = condition(weigh({"yes": yes, "no": cast - yes, "abstain": 0}, 40, policy, 0), "approval")
    assert approval.holds == (yes >= dict(approval.says.values)["needed"])
    quorum = quorum_test(cast, 40, threshold)
    assert quorum.holds == (cast >= dict(quorum.says.values)["needed"])


@law
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), shares, st.booleans())
def test_an_abstention_weighs_like_a_no(yes: int, no: int, abstain: int, threshold: Fraction, strict: bool) -> None:
    policy = Policy(Fraction(1, 2), threshold, strict)
    abstained = weigh({"yes": yes, "no": no, "abstain": abstain}, 90, policy, 0)
    refused = weigh({"yes": yes, "no": no + abstain, "abstain": 0}, 90, policy, 0)
    assert abstained.passed == refused.passed


def test_of_those_voting_an_abstention_counts_for_the_quorum_only() -> None:
    cast = votes(yes=11, no=10, abstain=9)
    assert VOTING_RULE.tally(cast, 60, HALF).passed
    assert not RULE.tally(cast, 60, HALF).passed
    assert not VOTING_RULE.tally(votes(yes=11, no=10, abstain=8), 60, HALF).quorum_met
    assert not VOTING_RULE.tally(votes(yes=10, no=10, abstain=20), 60, HALF).passed
    assert not VOTING_RULE.tally(votes(abstain=40), 60, HALF).passed
    approval = condition(VOTING_RULE.tally(cast, 60, HALF), "approval")
    assert str(approval.says) == "11 yes of 21 cast; more than 1/2 is needed, at least 11."
    assert str(approval.sum) == "11 × 2 = 22, more than 21 × 1 = 21: enough."


@law
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), shares, shares, st.booleans(), st.booleans())
def test_one_more_yes_never_hurts(
    yes: int, no: int, abstain: int, quorum: Fraction, threshold: Fraction, strict: bool, voting: bool
) -> None:
    rule, policy = VOTING_RULE if voting else RULE, Policy(quorum, threshold, strict)
    before = rule.weigh({"yes": yes, "no": no, "abstain": abstain}, 99, policy, 0)
    after = rule.weigh({"yes": yes + 1, "no": no, "abstain": abstain}, 99, policy, 0)
    assert after.passed >= before.passed
