"""Short forms of ``make crash`` and ``make race``: the server killed while people vote, many casting for the same slots."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KIND = os.environ.get("QIDING_TEST_DATABASE", "sqlite")
KILLS = 3


def run(*command: str) -> str:
    """What a script printed; it must end well."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_was_recorded_survives_a_kill() -> None:
    printed = run("scripts/crash.py", str(KILLS), KIND, "20261125")
    assert re.search(rf"{KILLS} kills on {KIND}: [1-9]\d* ballots recorded, each of them there once", printed), printed


def test_many_at_once_leave_one_live_ballot_a_slot_and_a_log_without_a_fork() -> None:
    casters = 20 if KIND == "sqlite" else 4  # threads there, processes here; make race has twenty of both
    printed = run("scripts/race.py", str(casters), "50", KIND)
    assert f"{casters * 50} casts answered, {casters * 50 + 5} ballots" in printed
    assert "5 live, audit sound" in printed


@pytest.mark.parametrize("what", ["again", "close", "schedule"])
def test_casts_against_casts_and_closes(what: str) -> None:
    printed = run("scripts/race_close.py", what, "2", KIND, "20261128")
    assert f"{what} on {KIND}, 2 rounds" in printed
    assert "each as it must be" in printed
