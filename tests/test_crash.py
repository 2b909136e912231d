"""The short form of ``make crash``: the server is killed three times while people vote, and nothing recorded is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMES = 3


def test_what_was_recorded_survives_a_kill() -> None:
    kind = os.environ.get("QIDING_TEST_DATABASE", "sqlite")
    command = [sys.executable, "scripts/crash.py", str(TIMES), kind, "20261125"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TIMES} kills on {kind}: every recorded ballot is there once" in done.stdout
