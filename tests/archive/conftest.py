"""A town with papers of every kind, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.archive.papers import Papers, write
from tests.conftest import emptied


@pytest.fixture(scope="module")
def papers(installation: Flask, database_url: str) -> Iterator[Papers]:
    """A garden in ziteng with proposals, talk, a notice, a vote and records, and something in guixiang."""
    with emptied(installation, database_url) as app:
        yield write(app, app.extensions["qiding.clock"])
