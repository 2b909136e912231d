"""The rows of a project are what its events tell, whatever was done to it in which order."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import HOUR, FixedClock
from app.core.events import LogEntry
from app.engine.errors import Conflict, Frozen, Invalid, NotFound
from app.engine.workflow import Run
from app.projects import queries, service
from app.projects.models import ActivityRun, GateWaiver, StepRunRow
from app.records.models import Record
from tests.projects.world import REASON, Garden, build, sign_offs

STEPS = ("one", "two", "three")
MOVES = 45


@pytest.fixture
def plain(app: Flask, clock: FixedClock) -> Garden:
    """A project of three plain steps."""
    return build(app, clock, sign_offs(*STEPS))


def told(plain: Garden) -> Run:
    return plain.do(queries.run_of, plain.row().id)


def check(plain: Garden) -> None:
    """The rows of the project, of its runs and of their waivers equal the replay of its events."""
    run, row = told(plain), plain.row()
    assert (row.state, row.state_reason) == (run.state, run.reason)
    assert row.step == (run.current.step if run.current else "")
    assert (row.over_at is None) == (run.state in ("running", "paused"))
    rows = plain.all(select(StepRunRow).order_by(StepRunRow.id))
    assert [(r.step, r.attempt, r.opened_at, r.closed_at, r.left) for r in rows] == [
        (r.step, r.attempt, r.opened_at, r.closed_at, r.left) for r in run.runs
    ]
    waivers = plain.all(select(GateWaiver).order_by(GateWaiver.id))
    places = {r.id: f"{r.step}.{r.attempt}" for r in rows}
    assert sorted((places[w.step_run_id], w.gate, w.by_name, w.reason, w.at) for w in waivers) == sorted(
        (r.ref, w.gate, w.by_name, w.reason, w.at) for r in run.runs for w in r.waivers
    )
    assert len(plain.all(select(ActivityRun))) == len(rows), "each run of a step has its own activity"
    closed = [r.ref for r in run.runs if r.left == "closed"]
    records = plain.all(select(Record).order_by(Record.id))
    assert [f"{r.step}.{r.attempt}" for r in records] == closed, "a record for each close, and none without"


def commands(plain: Garden, dice: random.Random) -> dict[str, Callable[[], object]]:
    """What a facilitator might do now, sensible or not."""
    lead, project = plain.lead, plain.project
    gate, step = f"{dice.choice(STEPS)}_seen", dice.choice(STEPS)
    reason = dice.choice([REASON, REASON, REASON, "短"])
    return {
        "sign": lambda: plain.do(service.sign_off, lead, project, gate, holds=dice.random() < 0.8, note=REASON),
        "waive": lambda: plain.do(service.waive_gate, lead, project, gate, reason),
        "close": lambda: plain.do(service.close_step, lead, project),
        "back": lambda: plain.do(service.send_back, lead, project, step, reason),
        "pause": lambda: plain.do(service.pause, lead, project, reason),
        "resume": lambda: plain.do(service.resume, lead, project, reason),
        "end": lambda: plain.do(service.end_early, lead, project, reason),
    }


WEIGHTS = {"sign": 8, "waive": 3, "close": 7, "back": 3, "pause": 2, "resume": 3, "end": 0}


@pytest.mark.parametrize("seed", range(6))
def test_after_any_walk_of_commands_the_rows_equal_the_replay_of_the_events(plain: Garden, seed: int) -> None:
    dice, done, refused = random.Random(seed), 0, 0
    for turn in range(MOVES):
        names = list(WEIGHTS)
        weights = [*[WEIGHTS[name] for name in names][:-1], 1 if turn > MOVES - 8 else 0]
        name = dice.choices(names, weights)[0]
        plain.clock.advance(dice.randrange(1, 30) * HOUR)
        before = len(plain.all(select(LogEntry.id)))
        try:
            commands(plain, dice)[name]()
            done += 1
            assert len(plain.all(select(LogEntry.id))) > before, f"{name} left no entry in the log"
        except (Conflict, Frozen, Invalid, NotFound):
            refused += 1
            assert len(plain.all(select(LogEntry.id))) == before, f"a refused {name} left an entry in the log"
        if turn % 5 == 0:
            check(plain)
    check(plain)
    assert min(done, refused) > 5, "the walk went nowhere"


def test_the_lists_see_the_same_run_as_the_page_of_the_project(plain: Garden) -> None:
    from app.projects.board import runs_of

    plain.do(service.waive_gate, plain.lead, plain.project, "one_seen", REASON)
    plain.do(service.close_step, plain.lead, plain.project)
    plain.do(service.send_back, plain.lead, plain.project, "one", REASON)
    run = told(plain)
    with plain.here():
        project, _ = queries.find_project(plain.project)
        short = runs_of([project])[project.id]
    assert [short.step_state(step) for step in STEPS] == [run.step_state(step) for step in STEPS]
    assert [short.step_state(step) for step in STEPS] == ["here", "sent_back", "ahead"]
