"""Before ``make run`` migrates a SQLite database it keeps a copy."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.core.clock import FixedClock
from tests.ballots.world import build


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
