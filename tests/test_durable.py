"""Each commit waits for the disk (R7): asked of every connection, and counted where the system is asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.core.database import db

ROOT = Path(__file__).resolve().parent.parent
STRACE = shutil.which("strace")


@pytest.mark.postgresql
def test_every_connection_of_postgresql_waits_for_the_disk(app: Flask) -> None:
    """What this server answers; flask doctor asks the one that is used."""
    with app.app_context():
        connections = [db.engine.connect() for _ in range(3)]
        try:
            for connection in connections:
                assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() in ("on", "remote_apply")
                assert connection.exec_driver_sql("SHOW full_page_writes").scalar() == "on"
        finally:
            for connection in connections:
                connection.close()


@pytest.mark.sqlite
@pytest.mark.skipif(STRACE is None and "QIDING_REQUIRE_ALL" not in os.environ, reason="needs Debian's strace")
def test_the_disk_is_asked_as_often_as_something_is_committed() -> None:
    command = [sys.executable, "scripts/fsync.py", "12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    commits, syncs = map(int, re.findall(r"(\d+) commits, (\d+) times", done.stdout)[0])
    assert syncs >= commits >= 12
