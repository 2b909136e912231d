"""A community at its vote, for the tests of the proof."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.ballots.world import World, build


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """Six households, and a project whose only step is a vote."""
    return build(app, clock)
