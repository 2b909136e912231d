"""Fixtures of the tests of the audit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.audit.place import furnish
from tests.ballots.world import World
from tests.conftest import emptied


@pytest.fixture(scope="module")
def town(installation: Flask, database_url: str) -> Iterator[World]:
    """The furnished community, shared by the tests of a file: each puts back what it changed."""
    with emptied(installation, database_url) as app:
        yield furnish(app, app.extensions["qiding.clock"])
