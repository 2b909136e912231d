"""Fixtures of the tests of meetings."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.projects.world import Garden, build


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose open step has every kind of activity."""
    return build(app, clock)
