"""Each command of a project's run: what it gives, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.engine import workflow
from app.engine.errors import Conflict, Frozen, Invalid, NotFound
from app.engine.gates import Waiver
from app.engine.workflow import (
    Event,
    Run,
    StepRun,
    close_step,
    end_early,
    pause,
    replay,
    resume,
    send_back,
    start,
    waive,
)
from tests.engine.four_steps import METHOD, ORDER, REASON, at_step, begun, closing, results, sent_back


def paused(run: Run) -> Run:
    return replay(pause(run, reason=REASON, at=2500, by="p1"), run)


def ended(run: Run) -> Run:
    return replay(end_early(run, reason=REASON, at=2600, by="p1"), run)


def completed() -> Run:
    run = at_step("upkeep")
    return replay(closing(run), run)


def waived(run: Run, gate: str, *, met: tuple[str, ...] = ()) -> Run:
    assert run.current is not None
    found = results(run.current.step, met)
    return replay(waive(METHOD, run, gate, found, by="p3", by_name="Wu", reason=f"  {REASON} ", at=1500), run)


def test_a_project_starts_in_the_first_step_of_its_method() -> None:
    events = start(METHOD, at=7, by="p1")
    assert [event.kind for event in events] == ["project_started", "step_opened"]
    assert events[0].data == {"method": "four", "version": "1", "steps": list(ORDER)}
    assert {(event.at, event.by) for event in events} == {(7, "p1")}
    run = replay(events)
    assert (run.state, run.running, run.steps, run.reason, run.paused_at) == ("running", True, ORDER, "", None)
    assert run.runs == (StepRun("topic", 1, 7),)
    assert run.current == run.runs[0]
    assert run.current.ref == "topic.1"


def test_closing_a_step_opens_the_next() -> None:
    run = begun()
    events = close_step(METHOD, run, results("topic"), at=50, by="p2", by_name="Lin")
    assert [event.kind for event in events] == ["step_closed", "step_opened"]
    assert events[0].data == {
        "step": "topic",
        "attempt": 1,
        "by_name": "Lin",
        "gates": [
            {"key": "answered", "kind": "kind_of_answered", "state": "met"},
            {"key": "chosen", "kind": "kind_of_chosen", "state": "met"},
        ],
    }
    run = replay(events, run)
    assert run.runs == (StepRun("topic", 1, 1000, 50, "closed"), StepRun("plan", 1, 50))


def test_closing_the_last_step_completes_the_project() -> None:
    run = at_step("upkeep")
    events = closing(run)
    assert [event.kind for event in events] == ["step_closed", "completed"]
    run = replay(events, run)
    assert (run.state, run.running, run.current) == ("completed", False, None)
    assert [passage.left for passage in run.runs] == ["closed"] * 4


def test_a_step_with_an_unmet_gate_stays_open_and_says_what_is_missing() -> None:
    run = at_step("upkeep")
    with pytest.raises(Conflict) as refusal:
        close_step(METHOD, run, results("upkeep", ["named"]), at=9, by="p1", by_name="Lin")
    assert str(refusal.value) == "“Upkeep” can't close yet. Lacks adopted.; Lacks dated."
    assert refusal.value.facts == {"gates": ("adopted", "dated")}


def test_a_gate_that_lists_nothing_missing_says_what_it_asks() -> None:
    bare = tuple(replace(result, missing=()) for result in results("topic", ["chosen"]))
    with pytest.raises(Conflict, match=r"can't close yet\. The gate answered\.$"):
        close_step(METHOD, begun(), bare, at=9, by="p1", by_name="Lin")


def test_a_waived_gate_lets_the_step_close_and_is_told_as_waived() -> None:
    run = waived(begun(), "answered", met=("chosen",))
    closed, _ = close_step(METHOD, run, results("topic", ["chosen"]), at=9, by="p1", by_name="Lin")
    assert [gate["state"] for gate in closed.data["gates"]] == ["waived", "met"]


def test_a_forged_waiver_of_a_gate_that_may_never_be_waived_opens_nothing() -> None:
    run = at_step("plan")
    assert run.current is not None
    forged = replace(run.current, waivers=(Waiver("ballot_passed", "p3", "Wu", REASON, 1),))
    run = replace(run, runs=(*run.runs[:-1], forged))
    with pytest.raises(Conflict):
        close_step(METHOD, run, results("plan", ["looked_at"]), at=9, by="p1", by_name="Lin")


def test_gates_come_in_any_order() -> None:
    events = close_step(METHOD, begun(), results("topic")[::-1], at=9, by="p1", by_name="Lin")
    assert [gate["key"] for gate in events[0].data["gates"]] == ["chosen", "answered"]


@pytest.mark.parametrize(
    "found",
    [
        (),
        results("topic")[:1],
        (*results("topic"), results("topic")[0]),
        (results("topic")[0],) * 2,
        (*results("topic"), *results("budget")),
        results("plan"),
        (replace(results("topic")[0], kind="another"), results("topic")[1]),
    ],
    ids=["none", "one missing", "one more", "one twice", "a foreign one", "another step's", "another kind"],
)
def test_a_step_closes_by_its_own_gates_each_weighed_once(found: tuple[workflow.GateResult, ...]) -> None:
    with pytest.raises(Conflict, match="closes by its own gates"):
        close_step(METHOD, begun(), found, at=9, by="p1", by_name="Lin")


def test_a_waiver_stands_in_the_open_passage_with_name_and_reason() -> None:
    run = waived(begun(), "answered")
    assert run.runs[-1].waivers == (Waiver("answered", "p3", "Wu", REASON, 1500),)
    assert waived(run, "chosen").runs[-1].waivers[1].gate == "chosen"


def test_a_waiver_is_not_carried_into_the_next_attempt() -> None:
    run = waived(at_step("plan"), "looked_at")
    again = sent_back(run, "topic")
    again = replay(closing(again), again)
    assert again.current is not None
    assert (again.current.ref, again.current.waivers) == ("plan.2", ())
    assert again.runs[1].waivers == run.runs[1].waivers


def test_what_may_not_be_waived() -> None:
    plan, topic = at_step("plan"), begun()
    by = {"by": "p3", "by_name": "Wu", "at": 1500, "reason": REASON}
    with pytest.raises(Frozen, match="never be waived"):
        waive(METHOD, plan, "ballot_passed", results("plan", []), **by)
    with pytest.raises(Conflict, match="met already"):
        waive(METHOD, plan, "looked_at", results("plan"), **by)
    with pytest.raises(Conflict, match="waived already"):
        waived(waived(topic, "answered"), "answered")
    with pytest.raises(NotFound):
        waive(METHOD, topic, "looked_at", results("plan", []), **by)
    with pytest.raises(NotFound):
        waive(METHOD, topic, "answered", results("plan", []), **by)
    with pytest.raises(NotFound):
        waive(METHOD, topic, "answered", [replace(results("topic", [])[0], kind="another")], **by)


@pytest.mark.parametrize("to", ["topic", "plan"])
def test_sending_back_opens_the_next_attempt_of_an_earlier_step(to: str) -> None:
    run = at_step("budget")
    events = send_back(METHOD, run, to, reason=f" {REASON}\n", at=3000, by="p2")
    assert [event.kind for event in events] == ["sent_back", "step_opened"]
    assert events[0].data == {"from": "budget", "attempt": 1, "to": to, "reason": REASON}
    after = replay(events, run)
    assert after.runs[:2] == run.runs[:2]
    assert after.runs[2] == replace(run.runs[2], closed_at=3000, left="sent_back", reason=REASON)
    assert after.current == StepRun(to, 2, 3000)
    assert after.latest("budget") == after.runs[2]


@pytest.mark.parametrize("to", ["budget", "upkeep"])
def test_nothing_is_sent_to_where_it_stands_or_beyond(to: str) -> None:
    with pytest.raises(Conflict, match="earlier step"):
        send_back(METHOD, at_step("budget"), to, reason=REASON, at=1, by="p2")


def test_nothing_is_sent_back_to_a_step_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        send_back(METHOD, at_step("budget"), "nowhere", reason=REASON, at=1, by="p2")


def test_a_paused_project_goes_on_where_it_stood() -> None:
    run = at_step("plan")
    halted = paused(run)
    assert (halted.state, halted.running, halted.paused_at, halted.reason) == ("paused", False, 2500, REASON)
    assert halted.current == run.current
    events = resume(halted, at=2700, by="p1", reason="  ")
    assert events == (Event("resumed", 2700, "p1", {"reason": ""}),)
    assert events[0].data == {"reason": ""}
    assert replay(events, halted) == run


@pytest.mark.parametrize("halt", [False, True])
def test_a_project_ended_early_keeps_where_it_stood_and_why(halt: bool) -> None:
    run = at_step("plan")
    over = ended(paused(run) if halt else run)
    assert (over.state, over.running, over.current, over.reason, over.paused_at) == ("ended", False, None, REASON, None)
    assert over.runs[0] == run.runs[0]
    assert over.runs[1] == replace(run.runs[1], closed_at=2600, left="ended", reason=REASON)


COMMANDS = {
    "close": lambda run: close_step(METHOD, run, results("plan"), at=9, by="p1", by_name="Lin"),
    "waive": lambda run: waive(
        METHOD, run, "looked_at", results("plan", []), by="p1", by_name="Lin", reason=REASON, at=9
    ),
    "send back": lambda run: send_back(METHOD, run, "topic", reason=REASON, at=9, by="p1"),
    "pause": lambda run: pause(run, reason=REASON, at=9, by="p1"),
    "resume": lambda run: resume(run, at=9, by="p1"),
    "end early": lambda run: end_early(run, reason=REASON, at=9, by="p1"),
}
ALLOWED = {
    "running": {"close", "waive", "send back", "pause", "end early"},
    "paused": {"resume", "end early"},
    "ended": set(),
    "completed": set(),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("state", ALLOWED)
def test_which_command_a_state_allows(state: str, command: str) -> None:
    plan = at_step("plan")
    run = {"running": plan, "paused": paused(plan), "ended": ended(plan), "completed": completed()}[state]
    assert run.state == state
    if command in ALLOWED[state]:
        assert COMMANDS[command](run)
    else:
        with pytest.raises(
            Conflict, match=r"isn't paused|Resume it first" if state in ("running", "paused") else "over|isn't"
        ):
            COMMANDS[command](run)


@pytest.mark.parametrize("reason", ["", "too short", "    too short     ", " " * 40])
def test_a_movement_that_people_may_question_wants_a_reason(reason: str) -> None:
    run = at_step("plan")
    for command in (
        lambda: waive(METHOD, run, "looked_at", results("plan", []), by="p1", by_name="Lin", reason=reason, at=9),
        lambda: send_back(METHOD, run, "topic", reason=reason, at=9, by="p1"),
        lambda: pause(run, reason=reason, at=9, by="p1"),
        lambda: end_early(run, reason=reason, at=9, by="p1"),
    ):
        with pytest.raises(Invalid) as refusal:
            command()
        assert list(refusal.value.fields) == ["reason"]


def test_a_reason_of_just_enough_characters_is_taken() -> None:
    reason = "因为下雨路面积水要改" * (workflow.REASON_LENGTH // 10)
    assert len(reason) == workflow.REASON_LENGTH
    assert pause(begun(), reason=reason, at=9, by="p1")[0].data == {"reason": reason}


def test_a_project_is_moved_by_its_own_method_only() -> None:
    other = replace(METHOD, steps=METHOD.steps[:3])
    for command in (
        lambda: close_step(other, begun(), results("topic"), at=9, by="p1", by_name="Lin"),
        lambda: send_back(other, at_step("plan"), "topic", reason=REASON, at=9, by="p1"),
    ):
        with pytest.raises(ValueError, match="not the method"):
            command()


def test_the_facts_of_every_event_are_plain_json() -> None:
    plan = at_step("plan")
    kinds = set()
    for events in (
        start(METHOD, at=1, by="p1"),
        *(command(paused(plan) if name == "resume" else plan) for name, command in COMMANDS.items()),
        closing(at_step("upkeep")),
    ):
        for event in events:
            kinds.add(event.kind)
            assert json.loads(json.dumps(event.data)) == event.data
    assert kinds == set(workflow.EVENT_KINDS)
