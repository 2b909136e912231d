"""All tests: on SQLite with the pure and the browser tests, then on PostgreSQL those that ask a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy.engine import make_url  # noqa: E402

from tests.clusters import NAMED, server  # noqa: E402


def pytest(database: str, *arguments: str) -> int:
    """Run pytest in parallel against a kind of database."""
    env = {**os.environ, "QIDING_TEST_DATABASE": database}
    # Every process reads some six hundred files; read once, they are kept for all that follow.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    processes = os.environ.get("QIDING_TEST_PROCESSES", str(min(8, (os.cpu_count() or 2) + 1)))
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "--dist", "loadgroup", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def main() -> int:
    """Run both and return the worse exit status."""
    more = sys.argv[1:]
    print("tests on SQLite, with the pure ones and the browser", flush=True)
    status = pytest("sqlite", *more)
    with server() as found:
        if found is None and os.environ.get("QIDING_REQUIRE_ALL") == "1":
            print("there is no PostgreSQL here, and nothing may be left out", file=sys.stderr)
            return status or 1
        if found is None:
            print(
                f"tests on PostgreSQL: left out. {NAMED} names one, or one answers at 127.0.0.1:5432, or pg_ctl is found"
            )
            return status
        print(f"tests on PostgreSQL, at {make_url(found).render_as_string()}", flush=True)
        os.environ[NAMED] = found
        return pytest("postgresql", "-m", "not browser and not pure", *more) or status


if __name__ == "__main__":
    raise SystemExit(main())
