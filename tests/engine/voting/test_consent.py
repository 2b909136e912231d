"""Consent: what a ballot must say, and when a text passes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import Invalid
from app.engine.voting import Policy, Vote
from app.engine.voting.consent import KINDS, LEAST_CONCERN, LEAST_REASON, RULE
from app.engine.voting.rule import MOST_TEXT
from tests.engine.laws import law
from tests.engine.voting.votes import HALF, condition, votes

OBJECTION = {
    "stance": "objection",
    "passage": "The lamp stands at the bedroom window.",
    "reason": "The light would keep the child on the ground floor awake.",
    "kind": "harm",
}


def refused(raw: dict[str, object]) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        RULE.read(raw)
    return {name: str(sentence) for name, sentence in refusal.value.fields.items()}


def test_consent_and_abstention_need_no_word_and_keep_none() -> None:
    for stance in ("consent", "abstain"):
        assert RULE.read({"stance": stance, "concern": "noise", "reason": "x" * 40, "more": 1}) == {"stance": stance}


def test_a_concern_says_what_to_watch() -> None:
    assert RULE.read({"stance": "concern", "concern": "  Noise after nine. ", "kind": "harm"}) == {
        "stance": "concern",
        "text": "Noise after nine.",
    }


def test_an_objection_says_where_why_and_of_what_kind() -> None:
    assert RULE.read(OBJECTION) == {**OBJECTION, "grounds": ""}
    told = RULE.read({**OBJECTION, "reason": f"\n{OBJECTION['reason']} ", "grounds": " Measured at night. "})
    assert told == {**OBJECTION, "grounds": "Measured at night."}


@pytest.mark.parametrize("stance", [None, "", "Consent", "yes", 1, ["consent"], {"consent": 1}])
def test_a_stance_is_one_of_those_offered(stance: object) -> None:
    assert refused({"stance": stance}) == {"stance": "Choose one of these."}


def test_a_ballot_without_any_stance_is_refused() -> None:
    assert list(refused({})) == ["stance"]


@pytest.mark.parametrize("length", [0, 1, LEAST_CONCERN - 1])
def test_a_concern_too_short_is_refused(length: int) -> None:
    assert list(refused({"stance": "concern", "concern": f"  {'x' * length}   "})) == ["concern"]
    assert RULE.read({"stance": "concern", "concern": "x" * LEAST_CONCERN})["text"] == "x" * LEAST_CONCERN


@pytest.mark.parametrize("absent", ["passage", "reason", "kind"])
@pytest.mark.parametrize("value", [None, "", "   ", 7, ["harm"]])
def test_an_objection_lacking_one_thing_is_refused_for_that(absent: str, value: object) -> None:
    assert list(refused({**OBJECTION, absent: value})) == [absent]


def test_an_objection_lacking_everything_is_told_everything() -> None:
    assert list(refused({"stance": "objection"})) == ["passage", "reason", "kind"]


def test_the_reason_of_an_objection_has_its_least_length() -> None:
    sentence = refused({**OBJECTION, "reason": " " * 9 + "x" * (LEAST_REASON - 1)})["reason"]
    assert "at least 30 characters, so far 29" in sentence
    assert RULE.read({**OBJECTION, "reason": "因" * LEAST_REASON})["reason"] == "因" * LEAST_REASON


def test_an_objection_is_of_a_kind_that_is_offered() -> None:
    assert list(refused({**OBJECTION, "kind": "taste"})) == ["kind"]
    for kind in KINDS:
        assert RULE.read({**OBJECTION, "kind": kind})["kind"] == kind


@pytest.mark.parametrize("name", ["passage", "reason", "grounds"])
def test_a_text_has_its_greatest_length(name: str) -> None:
    assert RULE.read({**OBJECTION, name: "x" * MOST_TEXT})[name] == "x" * MOST_TEXT
    assert list(refused({**OBJECTION, name: "x" * (MOST_TEXT + 1)})) == [name]


def test_a_concern_has_its_greatest_length() -> None:
    assert len(RULE.read({"stance": "concern", "concern": "x" * MOST_TEXT})["text"]) == MOST_TEXT
    assert list(refused({"stance": "concern", "concern": "x" * (MOST_TEXT + 1)})) == ["concern"]


@pytest.mark.parametrize(
    ("cast", "electorate", "met"),
    [
        (votes(consent=20), 40, True),
        (votes(consent=19), 40, False),
        (votes(consent=20), 41, False),
        (votes(consent=21), 41, True),
        (votes(abstain=20), 40, True),
        (votes(consent=1), 1, True),
        (votes(consent=1), 2, True),
        (votes(consent=1), 3, False),
        (votes(), 1, False),
        (votes(), 0, False),
    ],
)
def test_half_of_the_electorate_is_enough_and_one_less_is_not(cast: list[Vote], electorate: int, met: bool) -> None:
    tally = RULE.tally(cast, electorate, HALF)
    assert (tally.quorum_met, tally.passed) == (met, met)
    assert str(tally.verdict).startswith("Passed" if met else "Not decided")


def test_silence_is_never_consent_even_where_no_share_is_asked() -> None:
    nothing_asked = Policy(quorum=Fraction(0))
    tally = RULE.tally([], 40, nothing_asked)
    assert not tally.passed
    assert "asks for at least 1." in str(condition(tally, "quorum").says)
    assert RULE.tally(votes(abstain=1), 40, nothing_asked).passed


def test_one_objection_stands_against_all_others() -> None:
    tally = RULE.tally(votes(consent=39, objection=1), 40, HALF)
    assert (tally.passed, tally.quorum_met) == (False, True)
    assert str(tally.verdict).startswith("Not passed: objections stand")
    assert (condition(tally, "objections").left, condition(tally, "objections").right) == (1, 0)


def test_concerns_and_abstentions_stand_against_nothing() -> None:
    assert RULE.tally(votes(concern=30, abstain=10), 40, HALF).passed


def test_a_withdrawn_objection_still_took_part() -> None:
    cast = votes(consent=19, objection=1)
    assert not RULE.tally(cast, 40, HALF).passed
    tally = RULE.tally(cast, 40, HALF, withdrawn=1)
    assert tally.passed
    assert tally.counts["objection"] == 1
    assert str(condition(tally, "objections").says).startswith("1 objections were raised, 1 of them withdrawn")
    assert not RULE.tally(votes(consent=19, objection=2), 40, HALF, withdrawn=1).passed


def test_more_withdrawn_than_raised_passes_nothing() -> None:
    assert not RULE.tally(votes(consent=40), 40, HALF, withdrawn=1).passed


shares = st.fractions(0, 1, max_denominator=12)


@law
@given(st.fixed_dictionaries({stance.key: st.integers(0, 9) for stance in RULE.stances}), shares, st.data())
def test_it_passes_when_enough_took_part_and_no_objection_stands(
    counts: dict[str, int], quorum: Fraction, data: st.DataObject
) -> None:
    cast = sum(counts.values())
    electorate = data.draw(st.integers(max(cast, 1), 40))
    withdrawn = data.draw(st.integers(0, counts["objection"]))
    tally = RULE.tally(votes(**counts), electorate, Policy(quorum), withdrawn)
    enough = cast > 0 and Fraction(cast, electorate) >= quorum
    assert tally.quorum_met == enough
    assert tally.passed == (enough and counts["objection"] == withdrawn)
    assert (tally.counts, tally.cast, tally.electorate) == (counts, cast, electorate)
