"""Events told again: the order no command gives is refused, and how each step then shows on the path."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.workflow import Event, Run, apply, end_early, pause, replay, start
from tests.engine.four_steps import METHOD, ORDER, REASON, at_step, begun, closing, sent_back


def told(kind: str, **data: Any) -> Event:
    return Event(kind, 5000, "p1", data)


STARTED = told("project_started", method="four", version="1", steps=list(ORDER))
PLAN = {"step": "plan", "attempt": 1}
WAIVED = told("gate_waived", **PLAN, gate="looked_at", by_name="Wu", reason=REASON)
PAUSED = told("paused", reason=REASON)
ENDED = told("ended_early", reason=REASON)


def completed() -> Run:
    run = at_step("upkeep")
    return replay(closing(run), run)


RUNS = {
    "just started": replay([STARTED]),
    "first": begun(),
    "plan": at_step("plan"),
    "plan closed": replay(closing(at_step("plan"))[:1], at_step("plan")),
    "plan sent back": apply(
        at_step("plan"), told("sent_back", **{"from": "plan"}, attempt=1, to="topic", reason=REASON)
    ),
    "waived": apply(at_step("plan"), WAIVED),
    "paused": apply(at_step("plan"), PAUSED),
    "ended": apply(at_step("plan"), ENDED),
    "upkeep": at_step("upkeep"),
    "upkeep sent back": apply(
        at_step("upkeep"), told("sent_back", **{"from": "upkeep"}, attempt=1, to="topic", reason=REASON)
    ),
    "completed": completed(),
}

# An event, and the states in which no command gives it.
WRONG = [
    (STARTED, RUNS),
    (told("step_opened", step="topic", attempt=1), set(RUNS) - {"just started"}),
    (told("step_opened", step="topic", attempt=2), set(RUNS) - {"plan sent back", "upkeep sent back"}),
    (told("step_opened", step="plan", attempt=1), RUNS),
    (told("step_opened", step="plan", attempt=2), set(RUNS) - {"upkeep sent back"}),
    (told("step_opened", step="budget", attempt=1), set(RUNS) - {"plan closed"}),
    (told("step_opened", step="upkeep", attempt=1), RUNS),
    (told("step_opened", step="nowhere", attempt=1), RUNS),
    (told("step_closed", **PLAN, gates=[]), set(RUNS) - {"plan", "waived"}),
    (told("step_closed", step="plan", attempt=2, gates=[]), RUNS),
    (WAIVED, set(RUNS) - {"plan"}),
    (told("sent_back", **{"from": "plan"}, attempt=1, to="topic", reason=REASON), set(RUNS) - {"plan", "waived"}),
    (told("sent_back", **{"from": "budget"}, attempt=1, to="topic", reason=REASON), RUNS),
    (PAUSED, set(RUNS) - {"first", "plan", "waived", "upkeep"}),
    (told("resumed", reason=""), set(RUNS) - {"paused"}),
    (ENDED, set(RUNS) - {"first", "plan", "waived", "paused", "upkeep"}),
    (told("completed"), RUNS),
    (told("renamed", title="New"), RUNS),
]


@pytest.mark.parametrize(
    ("event", "name"),
    [(event, name) for event, names in WRONG for name in RUNS if name in names],
    ids=lambda value: value if isinstance(value, str) else f"{value.kind} {value.data.get('step', '')}",
)
def test_what_no_command_gives_is_refused(event: Event, name: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        apply(RUNS[name], event)


@pytest.mark.parametrize(
    ("event", "name"),
    [(event, name) for event, names in WRONG for name in RUNS if name not in names],
    ids=lambda value: value if isinstance(value, str) else f"{value.kind} {value.data.get('step', '')}",
)
def test_what_a_command_gives_is_taken(event: Event, name: str) -> None:
    assert apply(RUNS[name], event) != RUNS[name]


def test_nothing_comes_before_the_start() -> None:
    for event, _ in WRONG[1:]:
        with pytest.raises(ValueError, match="before project_started"):
            apply(None, event)
    with pytest.raises(ValueError, match="no events"):
        replay([])


def test_replay_goes_on_from_a_state() -> None:
    run = begun()
    assert replay([], run) is run
    assert replay(closing(run), run) == replay((*start(METHOD, at=1000, by="p1"), *closing(run)))


def states(run: Run) -> list[str]:
    return [run.step_state(step) for step in ORDER]


def test_steps_show_as_done_here_and_ahead() -> None:
    assert states(begun()) == ["here", "ahead", "ahead", "ahead"]
    assert states(at_step("budget")) == ["done", "done", "here", "ahead"]
    assert states(completed()) == ["done"] * 4


def test_pausing_and_ending_early_leave_the_path_as_it_stood() -> None:
    run = at_step("plan")
    assert states(replay(pause(run, reason=REASON, at=9, by="p1"), run)) == ["done", "here", "ahead", "ahead"]
    assert states(replay(end_early(run, reason=REASON, at=9, by="p1"), run)) == ["done", "here", "ahead", "ahead"]


def test_every_step_that_a_sending_back_leaves_behind_shows_as_sent_back_until_it_closes_again() -> None:
    run = sent_back(at_step("budget"), "topic")
    assert states(run) == ["here", "sent_back", "sent_back", "ahead"]
    run = replay(closing(run), run)
    assert states(run) == ["done", "here", "sent_back", "ahead"]
    run = sent_back(run, "topic")
    assert states(run) == ["here", "sent_back", "sent_back", "ahead"]
    run = replay(closing(run), run)
    run = replay(closing(run), run)
    assert states(run) == ["done", "done", "here", "ahead"]
    assert [passage.ref for passage in run.runs] == [
        "topic.1",
        "plan.1",
        "budget.1",
        "topic.2",
        "plan.2",
        "topic.3",
        "plan.3",
        "budget.2",
    ]


def test_between_leaving_a_step_and_opening_another_none_is_here() -> None:
    assert states(RUNS["plan closed"]) == ["done", "done", "ahead", "ahead"]
    assert states(RUNS["plan sent back"]) == ["done", "sent_back", "ahead", "ahead"]


def test_a_step_before_the_one_gone_back_to_stays_done() -> None:
    assert states(sent_back(at_step("upkeep"), "plan")) == ["done", "here", "sent_back", "sent_back"]


def test_a_step_that_the_method_does_not_have_has_no_state() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        begun().step_state("nowhere")
    assert begun().latest("nowhere") is None
