"""``make backup``: the copy is whole, and holds what was there while somebody wrote."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.core.clock import FixedClock
from app.core.media import keep
from tests.ballots.world import build
from tests.conftest import ON_POSTGRESQL


def backup(app: Flask, database_url: str, folder: Path) -> Path:
    """Run the script as ``make backup`` does; returns the folder it made."""
    config = app.config["QIDING"]
    env = {**os.environ, "DATABASE_URL": database_url, "MEDIA_DIR": str(config.media_dir), "SECRET_KEY": "for-tests"}
    command = [sys.executable, "scripts/backup.py", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.iterdir())


def test_a_backup_holds_database_and_media(app: Flask, clock: FixedClock, database_url: str, tmp_path: Path) -> None:
    world = build(app, clock)
    poll = world.open()
    world.cast(0, poll)
    with app.app_context():
        sha256 = keep(b"a photo")
    made = backup(app, database_url, tmp_path)
    assert (made / "media" / sha256[:2] / sha256[2:]).read_bytes() == b"a photo"
    assert made.stat().st_mode & 0o077 == 0
    if ON_POSTGRESQL:
        listed = subprocess.run(
            ["pg_restore", "--list", made / "qiding.dump"], check=True, capture_output=True, text=True
        )
        assert "TABLE DATA public ballot" in listed.stdout
        return
    with closing(sqlite3.connect(made / "qiding.db")) as copy:
        assert copy.execute("select count(*) from ballot").fetchone() == (1,)


@pytest.mark.sqlite
def test_before_a_migration_a_copy_is_kept(app: Flask, clock: FixedClock, database_url: str, tmp_path: Path) -> None:
    build(app, clock)
    live = tmp_path / "qiding.db"
    shutil.copy(database_url.removeprefix("sqlite:///"), live)
    sys.path.insert(0, str(ROOT / "scripts"))
    from start import keep_copy

    kept = keep_copy(live, "0000")
    assert kept.parent == tmp_path / "backups"
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("select slug from community").fetchall() == [("ziteng",)]
