"""Reading method files: the two that are shipped, the defaults, and the refusal of a broken one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import app.engine
from app.engine.errors import Invalid, NotFound
from app.engine.method import Method, Text, fraction, read_method
from tests.engine.catalogue import CATALOGUE
from tests.engine.small_method import SMALL, broken

METHODS = Path(app.engine.__file__).parent.parent / "methods"


def shipped(name: str) -> Method:
    return read_method((METHODS / f"{name}.toml").read_text(encoding="utf-8"), CATALOGUE)


def test_the_default_method_has_four_rings_three_stages_seven_steps() -> None:
    method = shipped("qiding")
    assert [ring.key for ring in method.rings] == ["lead", "residents", "experts", "support"]
    assert [stage.title.zh_Hans for stage in method.stages] == ["谋划", "共议", "共建共管"]
    assert "".join(step.seal for step in method.steps) == "题队需案资施护"
    assert [step.number for step in method.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert [step.stage for step in method.steps] == ["initiate"] * 3 + ["decide"] * 2 + ["build"] * 2


def test_the_default_method_has_the_gates_of_the_design() -> None:
    gates = {step.key: [gate.kind for gate in step.gates] for step in shipped("qiding").steps}
    assert gates == {
        "topic": ["proposals_answered", "sign_off", "topic_chosen"],
        "team": ["rings_filled", "conflicts_declared", "notice_over"],
        "needs": ["outreach_met", "meeting_confirmed"],
        "plan": ["ballot_passed", "objections_ended", "notice_over"],
        "budget": ["funded_in_full", "permits_noted", "sign_off"],
        "delivery": ["milestones_done", "accepted"],
        "stewardship": ["convention_adopted", "stewards_named", "review_dated"],
    }


def test_the_default_method_says_that_it_is_not_official() -> None:
    provenance = shipped("qiding").provenance
    assert "不是镇里的正式文本" in provenance.zh_Hans
    assert "not the town's official text" in provenance.en


def test_the_lift_method_is_another_file_of_the_same_kinds() -> None:
    method = shipped("lift")
    assert "".join(step.seal for step in method.steps) == "探询签示建用"
    vote = method.activity("survey_vote")
    assert (vote.word("rule"), vote.share("quorum"), vote.share("threshold")) == (
        "majority",
        Fraction(2, 3),
        Fraction(2, 3),
    )


@pytest.mark.parametrize("name", ["qiding", "lift"])
def test_every_gate_of_a_shipped_method_has_a_key_of_its_own(name: str) -> None:
    keys = [gate.key for step in shipped(name).steps for gate in step.gates]
    assert len(set(keys)) == len(keys)
    source = (METHODS / f"{name}.toml").read_text(encoding="utf-8")
    assert source.count("[[steps.gates]]\n  key = ") == len(keys)


def test_defaults_are_filled_in_and_written_values_kept() -> None:
    method = read_method(SMALL, CATALOGUE)
    ideas, vote = method.activity("ideas"), method.activity("vote")
    assert dict(ideas.settings) == {"needs_cost": False, "photo": "none", "open_days": 10}
    assert (vote.whole("announce_hours"), vote.flag("secret"), vote.share("quorum")) == (48, False, Fraction(2, 3))
    assert vote.settings["threshold"] == "1/2"
    assert shipped("qiding").activity("roster").words("rings") == ("lead", "residents", "experts")


def test_an_activity_is_open_as_long_as_the_file_or_its_kind_says() -> None:
    method = read_method(SMALL, CATALOGUE)
    assert (method.activity("talk").opens_day, method.activity("talk").open_days) == (2, 5)
    assert (method.activity("ideas").opens_day, method.activity("ideas").open_days) == (0, 10)
    # A poll keeps its own times, which the facilitator announces.
    assert method.activity("vote").open_days is None


def test_a_gate_takes_the_name_of_its_kind_when_it_has_none() -> None:
    step = read_method(SMALL, CATALOGUE).step("plan")
    assert [gate.key for gate in step.gates] == ["ballot_passed", "looked_at"]
    assert step.gate("ballot_passed").activity == "vote"
    assert step.gate("looked_at").text("question").get("en") == "Looked at?"


def test_steps_are_found_by_key_and_follow_each_other() -> None:
    method = read_method(SMALL, CATALOGUE)
    assert method.index("plan") == 1
    assert method.after("topic") == method.step("plan")
    assert method.after("plan") is None
    assert method.step_of("vote").key == "plan"
    assert (method.ring("lead").key, method.stage("late").key) == ("lead", "late")


@pytest.mark.parametrize("find", ["step", "index", "after", "ring", "stage", "activity", "step_of"])
def test_what_a_method_does_not_have_is_not_found(find: str) -> None:
    with pytest.raises(NotFound):
        getattr(read_method(SMALL, CATALOGUE), find)("nowhere")


def test_what_a_step_does_not_have_is_not_found() -> None:
    step = read_method(SMALL, CATALOGUE).step("plan")
    with pytest.raises(NotFound):
        step.activity("ideas")
    with pytest.raises(NotFound):
        step.gate("ideas_answered")


def test_the_method_read_cannot_be_changed() -> None:
    vote = read_method(SMALL, CATALOGUE).activity("vote")
    with pytest.raises(TypeError):
        vote.settings["rounds"] = 9  # type: ignore[index]
    with pytest.raises(TypeError):
        vote.who["vote"] = ()  # type: ignore[index]


def test_reading_twice_gives_equal_methods() -> None:
    assert read_method(SMALL, CATALOGUE) == read_method(SMALL, CATALOGUE)
    assert hash(read_method(SMALL, CATALOGUE)) == hash(read_method(SMALL, CATALOGUE))


def test_a_broken_file_is_refused_with_every_problem() -> None:
    source, line = broken('seal = "题"', 'seal = "题目"')
    source, other = broken('kind = "discussion"', 'kind = "discusion"', source)
    with pytest.raises(Invalid) as refusal:
        read_method(source, CATALOGUE)
    assert str(refusal.value).startswith(
        f"The method file has 2 problems. The first is in line {line}, steps.topic.seal"
    )
    assert list(refusal.value.fields) == [
        f"1. line {line}, steps.topic.seal",
        f"2. line {other}, steps.plan.activities.talk.kind",
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Plan"), ("en_GB", "Plan"), ("EN-us", "Plan"), ("zh-Hans", "方案"), ("zh_Hans", "方案"), ("fr", "方案")],
)
def test_a_text_in_a_language(language: str, expected: str) -> None:
    assert Text("方案", "Plan").get(language) == expected


@pytest.mark.parametrize(
    ("written", "share"),
    [("1/2", Fraction(1, 2)), ("4/6", Fraction(2, 3)), ("0/1", Fraction(0)), (Fraction(1, 3), Fraction(1, 3))],
)
def test_a_share_is_exact(written: object, share: Fraction) -> None:
    assert fraction(written) == share


@pytest.mark.parametrize("written", ["", "1/0", "3/2", "0.5", "½", "-1/2", "1 / 2", "１/２", 0.5, 1, None, True])
def test_what_is_no_share_is_refused(written: object) -> None:
    with pytest.raises(Invalid):
        fraction(written)
