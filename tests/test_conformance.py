"""What every voting rule keeps to, whichever it is: a new rule is one file, and these tests read it too."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.canonical import canon
from app.engine.errors import Invalid
from app.engine.phrase import Phrase
from app.engine.voting import RULES, Box, Policy, Roll, Rule, Tally, Vote

POLICIES = (
    Policy(Fraction(1, 2)),
    Policy(Fraction(2, 3), Fraction(2, 3), strict=False),
    Policy(Fraction(1)),
    Policy(Fraction(0), Fraction(0), strict=False),
)
# Whatever a form of any rule asks for beside the stance.
WORDS = {
    "concern": "The lamp shines into a window.",
    "passage": "The lamp at the gate.",
    "reason": "The light would keep the child on the ground floor awake.",
    "kind": "harm",
    "grounds": "",
}

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
each_policy = pytest.mark.parametrize("policy", POLICIES, ids=["half", "two thirds", "all", "nothing asked"])
AREA = 8950
law = settings(max_examples=60, deadline=None, derandomize=True)
picks = st.lists(st.integers(0, 99), max_size=24)


def ballots(rule: Rule, picked: Sequence[int]) -> list[Vote]:
    """A ballot for each number, which picks one of the rule's stances."""
    keys = [stance.key for stance in rule.stances]
    return [Vote(f"slot{n}", {"stance": keys[pick % len(keys)]}, AREA) for n, pick in enumerate(picked)]


def roll(heads: int) -> Roll:
    """So many, each with the same floor area."""
    return Roll(heads, heads * AREA)


def said(tally: Tally) -> list[Phrase]:
    return [*(test.says for test in tally.tests), tally.verdict]


@each_rule
def test_a_rule_says_what_it_is_and_where_it_comes_from(rule: Rule) -> None:
    assert RULES[rule.key] is rule
    for sentence in (rule.title, rule.says, rule.source):
        assert str(sentence).strip()


@each_rule
def test_every_stance_has_a_title_a_meaning_and_a_way_to_be_drawn(rule: Rule) -> None:
    assert len(rule.stances) >= 2
    assert len({stance.key for stance in rule.stances}) == len(rule.stances)
    assert len({str(stance.title) for stance in rule.stances}) == len(rule.stances)
    for stance in rule.stances:
        assert str(stance.title).strip()
        assert str(stance.means).strip()
        assert stance.style in {"yes", "con", "obj", "abs"}
        assert rule.stance(stance.key) is stance
    assert rule.objects <= {stance.key for stance in rule.stances}


@each_rule
def test_every_stance_can_be_cast_and_is_written_one_way(rule: Rule) -> None:
    for stance in rule.stances:
        choice = rule.read({**WORDS, "stance": stance.key, "forged": 0.5})
        assert choice["stance"] == stance.key
        assert "forged" not in choice
        assert canon(choice)
        assert rule.tally([Vote("slot", choice)], 1, POLICIES[0]).counts[stance.key] == 1


@each_rule
@pytest.mark.parametrize(
    "raw", [{}, {"stance": ""}, {"stance": "nothing of the kind"}, {"stance": None}, {"stance": []}]
)
def test_no_other_stance_can_be_cast(rule: Rule, raw: Mapping[str, object]) -> None:
    with pytest.raises(Invalid) as refusal:
        rule.read({**WORDS, **raw})
    assert "stance" in refusal.value.fields


@each_rule
@pytest.mark.parametrize("choice", [{}, {"stance": "nothing of the kind"}, {"stance": ""}])
def test_no_other_ballot_is_counted(rule: Rule, choice: Mapping[str, str]) -> None:
    with pytest.raises(ValueError, match="no such stance"):
        rule.tally([*ballots(rule, [0, 1]), Vote("last", choice)], 40, POLICIES[0])


@each_rule
def test_two_ballots_of_one_slot_are_not_counted(rule: Rule) -> None:
    first = ballots(rule, [0, 1])
    for stance in rule.stances:
        with pytest.raises(ValueError, match="two live ballots of one slot"):
            rule.tally([*first, Vote("slot0", {"stance": stance.key})], 40, POLICIES[0])


@each_rule
@each_policy
@law
@given(picked=picks, seed=st.integers(0, 99))
def test_the_order_of_the_ballots_is_irrelevant(rule: Rule, policy: Policy, picked: list[int], seed: int) -> None:
    votes = ballots(rule, picked)
    shuffled = votes[:]
    random.Random(seed).shuffle(shuffled)
    assert rule.tally(shuffled, roll(24), policy) == rule.tally(votes, roll(24), policy)
    assert rule.tally(votes[::-1], roll(24), policy) == rule.tally(votes, roll(24), policy)


@each_rule
@each_policy
@law
@given(picked=picks)
def test_a_tally_tells_its_numbers_once_and_passes_when_all_its_tests_hold(
    rule: Rule, policy: Policy, picked: list[int]
) -> None:
    votes = ballots(rule, picked)
    tally = rule.tally(votes, roll(24), policy)
    assert set(tally.counts) == {stance.key for stance in rule.stances}
    assert sum(tally.counts.values()) == tally.cast == len(votes)
    assert tally.electorate == 24
    assert tally.passed == all(test.holds for test in tally.tests)
    assert tally.quorum_met == all(test.holds for test in tally.tests if test.key.startswith("quorum"))
    assert rule.weigh(Box(tally.counts, tally.areas), roll(24), policy, 0) == tally


@each_rule
@each_policy
@law
@given(picked=picks)
def test_every_test_is_explained_with_its_numbers_filled_in(rule: Rule, policy: Policy, picked: list[int]) -> None:
    tally = rule.tally(ballots(rule, picked), roll(24), policy)
    assert len({test.key for test in tally.tests}) == len(tally.tests) > 0
    for sentence in said(tally):
        assert str(sentence).strip()
        assert "%(" not in str(sentence)
    for test in tally.tests:
        assert test.says.values, test.key
        assert not any(isinstance(value, float) for _, value in test.says.values)
        assert type(test.left) is int
        assert type(test.right) is int


@each_rule
@each_policy
@pytest.mark.parametrize("electorate", [0, 1, 40])
def test_where_none_was_cast_nothing_passes_and_it_is_explained(rule: Rule, policy: Policy, electorate: int) -> None:
    tally = rule.tally([], roll(electorate), policy)
    assert (tally.passed, tally.quorum_met, tally.cast) == (False, False, 0)
    assert all(str(sentence).strip() for sentence in said(tally))


@each_rule
@each_policy
def test_one_who_is_asked_alone_can_decide(rule: Rule, policy: Policy) -> None:
    passed = {
        stance.key: rule.tally([Vote("slot", {"stance": stance.key}, AREA)], roll(1), policy).passed
        for stance in rule.stances
    }
    # Under "strictly more than the whole" nothing could: no policy here asks for that.
    assert any(passed.values())
    assert not all(passed.values())


@each_rule
@law
@given(picked=picks)
def test_standing_objections_let_nothing_pass(rule: Rule, picked: list[int]) -> None:
    votes = ballots(rule, picked)
    for number, key in enumerate(sorted(rule.objects)):
        objecting = [*votes, Vote(f"objector{number}", {"stance": key})]
        assert not any(rule.tally(objecting, roll(25), policy).passed for policy in POLICIES)
