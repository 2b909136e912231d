"""Twelve walks of thirty steps through a vote here; ``make fuzz`` takes five hundred of fifty, on both databases."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.clock import FixedClock
from tests.bad_input import FULL
from tests.ballots.machine import SHEETS, Vote
from tests.paper.desk import build_desk
from tests.permission_requests import keep_world

WALKS = tuple(map(int, os.environ.get("QIDING_WALKS", "500x50" if FULL else "12x30").split("x")))


def test_what_was_acknowledged_is_there_whatever_happens(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    desk = build_desk(app, clock, sheets_issued=SHEETS)
    parts = {"kept": keep_world(desk.world), "desk": desk, "at": clock.now()}  # type: ignore[arg-type]
    machine = type("Walk", (Vote,), parts)
    examples, steps = WALKS
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not FULL,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
