"""All tests: on SQLite with the pure and the browser tests, then on PostgreSQL those that ask a database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def listens(port: int) -> bool:
    """Whether something answers at a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except OSError:
        return False
    return True


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
    wanted = os.environ.get("QIDING_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    if "127.0.0.1:5432" in wanted and not listens(5432):
        if os.environ.get("QIDING_REQUIRE_ALL") == "1":
            print("PostgreSQL does not answer at 127.0.0.1:5432, and nothing may be left out", file=sys.stderr)
            return status or 1
        print("tests on PostgreSQL: left out, none answers at 127.0.0.1:5432 (QIDING_TEST_POSTGRESQL names another)")
        return status
    print("tests on PostgreSQL", flush=True)
    os.environ["QIDING_TEST_POSTGRESQL"] = wanted
    return pytest("postgresql", "-m", "not browser and not pure", *more) or status


if __name__ == "__main__":
    raise SystemExit(main())
