"""Five hundred made-up requests; ``make fuzz`` sends fifty thousand."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.fuzz import Fuzz
from tests.permission_requests import keep_world
from tests.permission_world import build

TIMES = 500


@pytest.mark.sqlite  # most of its time is the pages', which other tests open on both databases
def test_made_up_requests_break_nothing(app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    fuzz = Fuzz(keep_world(build(app, clock)), seed=20261128)
    fuzz.run(TIMES)
    assert not fuzz.wrong, "\n".join(fuzz.wrong)
    assert fuzz.writes > 10, "hardly anything was written: the requests are too odd to try much"
    assert len(fuzz.endpoints) > 100
