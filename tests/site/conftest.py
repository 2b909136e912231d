"""Fixtures of the tests of the site's own pages."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from tests.site.world import World, build


@pytest.fixture
def town(app: Flask, clock: FixedClock) -> World:
    """A town of two communities without any project yet."""
    return build(app, clock)
