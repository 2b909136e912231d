"""Fixtures of the tests of votes on paper."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.paper.desk import Desk, build_desk


@pytest.fixture
def desk(app: Flask, clock: FixedClock) -> Desk:
    """An open vote with paper (the last one counts), three of the staff at its desk, ten sheets issued."""
    return build_desk(app, clock)
