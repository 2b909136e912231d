"""Everything that is checked besides the tests; stops at the first that fails, and says how to mend it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SOURCES = ("app", "tests", "scripts", "migrations", "wsgi.py")
CHECKS = (
    ("format", (BIN / "ruff", "format", "--check", "--quiet", *SOURCES), "make format"),
    ("lint", (BIN / "ruff", "check", "--quiet", *SOURCES), "make format mends some"),
    ("types", (BIN / "mypy",), ""),
    ("contracts", (BIN / "lint-imports", "--config", "setup.cfg", "--no-cache"), "docs/decisions/0001-shape.md"),
    ("migrations", (sys.executable, "scripts/check_migrations.py"), "flask --app wsgi db migrate"),
    ("translations", (sys.executable, "scripts/check_translations.py"), "make translations"),
    ("templates", (sys.executable, "scripts/check_templates.py"), ""),
)

for name, command, mend in CHECKS:
    began = time.monotonic()
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-8000:], done.stderr[-4000:], sep="\n")
        print(f"{name}: failed{f' (to mend: {mend})' if mend else ''}")
        sys.exit(1)
    print(f"{name}: ok ({time.monotonic() - began:.0f} s)", flush=True)
