"""Fixtures of the tests of the objection desk."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.ballots.world import World, build


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """A community of ten households with a project at its vote."""
    return build(app, clock, 10)
