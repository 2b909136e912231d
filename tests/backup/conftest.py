"""Fixtures of the tests of backups: a community with something of each kind, and another place to put it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.backup.commands import place as this_place
from app.backup.trial import Place
from app.core.clock import FixedClock
from app.core.database import db
from app.core.media import Upload, keep, name_upload
from app.core.transaction import transaction
from scripts.bench.roll import database
from tests.ballots.world import World, build
from tests.conftest import ON_POSTGRESQL
from tests.proof.bundles import voted

Run = Callable[..., Result]
PHOTO = b"\xff\xd8 a photo, as far as a backup looks"


@pytest.fixture
def world(app: Flask, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A closed vote with its checkpoints, an open one, and a photo; media in a folder of this test alone."""
    config = replace(app.config["QIDING"], media_dir=tmp_path / "media", backup_dir=tmp_path / "backups")
    monkeypatch.setitem(app.config, "QIDING", config)
    made = build(app, clock)
    voted(made)
    made.start(title="另一个")
    with made.here():
        sha256 = keep(PHOTO)
        with transaction() as tx:
            upload = Upload("photo", "image/jpeg", sha256, None, 4, 3, len(PHOTO), "")
            name_upload(tx, upload, community_id=made.community_id, person_id=None)
    return made


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command as the shell does."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Iterator[Place]:
    """An empty place: another database of the same kind, and another folder for media."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with database("postgresql" if ON_POSTGRESQL else "sqlite", folder) as url:
        with world.here():
            here = this_place()
            db.session.remove()
        config = replace(here.config, database_url=url, media_dir=folder / "media", backup_dir=folder / "backups")
        yield replace(here, config=config)
