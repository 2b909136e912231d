"""PostgreSQL: dumped within one snapshot by the server's own programs, and put back in one transaction."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from app.backup.archive import Unsound
from app.backup.snapshot import tables_of

PLACES = Path("/usr/lib/postgresql")  # where Debian keeps several versions side by side
LOCK_SECONDS = 10


def major_of(connection: Connection) -> int:
    """The major version of the server."""
    return int(connection.execute(text("show server_version_num")).scalar_one()) // 10000


def program(name: str, major: int) -> str:
    """A program of PostgreSQL that knows this version: of the same one, else of the next newer one."""
    found: dict[int, str] = {}
    for path in (shutil.which(name), *map(str, sorted(PLACES.glob(f"*/bin/{name}")))):
        version = _version(path) if path else None
        if path and version is not None:
            found.setdefault(version, path)
    fitting = sorted(version for version in found if version >= major)
    if not fitting:
        there = f"{name} {max(found)} is too old" if found else f"{name} is missing"
        raise Unsound(
            f"{there}: the server is PostgreSQL {major}. "
            f"On Debian or Ubuntu: sudo apt install postgresql-client-{major}"
        )
    return found[fitting[0]]


def _version(path: str) -> int | None:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except OSError:
        return None
    found = re.search(r" (\d+)", told)
    return int(found[1]) if found else None


def run(command: Sequence[str], url: str) -> None:
    """Run a program against a database; the password goes by the environment, where no list of processes shows it."""
    known = _known(url)
    env = {**os.environ, "PGCONNECT_TIMEOUT": "20"}
    if "password" in known:
        env["PGPASSWORD"] = known.pop("password")
    told = " ".join(f"{key}='{value}'".replace("\\", "\\\\") for key, value in known.items())
    done = subprocess.run([*command, f"--dbname={told}"], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise Unsound(f"{Path(command[0]).name} failed: {said}")


def _known(url: str) -> dict[str, str]:
    """What libpq is told: hosts, port, user and the rest, as the driver would tell it."""
    parts = make_url(url)
    _, known = parts.get_dialect()().create_connect_args(parts)
    return {key: str(value) for key, value in known.items() if value is not None and not callable(value)}


def dump(connection: Connection, url: str, target: Path) -> None:
    """Dump what this connection's transaction sees, while others write."""
    snapshot = connection.execute(text("select pg_export_snapshot()")).scalar_one()
    tool = program("pg_dump", major_of(connection))
    run([tool, "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", f"--file={target}"], url)


def load(source: Path, url: str) -> None:
    """Load a dump into an empty database."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tool = program("pg_restore", major_of(connection))
    finally:
        engine.dispose()
    run([tool, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(source)], url)


def put(source: Path, url: str, folder: Path) -> None:
    """Put a dump in the place of what a database holds, in one transaction: all of it or nothing."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            major, names = major_of(connection), tables_of(connection)
    finally:
        engine.dispose()
    script, before = folder / "script.sql", folder / "before.sql"
    # To a file first: of a pipe that breaks, psql would take the first half for all there is, and commit it.
    made = [program("pg_restore", major), "--no-owner", "--no-privileges", f"--file={script}", str(source)]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unsound(f"pg_restore failed: {(done.stderr.strip().splitlines() or [''])[0]}")
    gone = "".join(f'drop table if exists "{name}" cascade;\n' for name in names)
    before.write_text(f"set local lock_timeout = '{LOCK_SECONDS}s';\nset local client_min_messages = warning;\n{gone}")
    words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    run([program("psql", major), *words, "--output=/dev/null", f"--file={before}", f"--file={script}"], url)


@contextmanager
def trial_database(url: str) -> Iterator[str]:
    """A database beside the real one, made for a trial and dropped after it."""
    name = f"qiding_trial_{secrets.token_hex(6)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        try:
            with engine.connect() as connection:
                _of_database(connection, "create database {} template template0", name)
        except DBAPIError as error:
            said = str(error.orig).splitlines()[0]
            raise Unsound(
                f"no database can be made for the trial ({said}). "
                f"A superuser may allow it: alter role {make_url(url).username} createdb"
            ) from None
        try:
            yield _named(make_url(url), name)
        finally:
            with engine.connect() as connection:
                _of_database(connection, "drop database if exists {} with (force)", name)
    finally:
        engine.dispose()


def _of_database(connection: Connection, statement: str, name: str) -> None:
    """Send a statement that takes the name of a database, which no parameter can be."""
    from psycopg import sql  # where there is no PostgreSQL, it isn't there

    driver: Any = connection.connection.driver_connection
    driver.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _named(url: URL, database: str) -> str:
    return url.set(database=database).render_as_string(hide_password=False)
