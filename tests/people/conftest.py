"""Fixtures of the tests of people."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.people.place import Place, build


@pytest.fixture
def place(app: Flask, clock: FixedClock) -> Place:
    """A town with one community, its facilitator and its administrator; nobody lives there yet."""
    return build(app, clock)
