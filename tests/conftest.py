"""Fixtures of all tests: one application a process, an empty database a test, a clock that stands."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from app.config import Config, MailServer
from app.core import pages
from app.core.clock import FixedClock
from app.core.database import db
from app.database_url import database_url as database_address
from app.factory import create_app
from app.people import staff
from tests import clusters
from tests.once import on_postgresql

NOON = 1_772_942_400_000  # Sunday 8 March 2026, 12:00 in Shanghai
ON_POSTGRESQL = os.environ.get("QIDING_TEST_DATABASE") == "postgresql"

# SQLite gives rows in the opposite order wherever none was asked for: what depends on it is wrong on PostgreSQL now and then.
REVERSED = os.environ.get("QIDING_REVERSE") == "1"


# Files that take long, or that keep one process busy to the end: they begin first.
LONG = {
    *("journeys", "demo", "browser", "test_permissions", "test_query_counts", "test_bad_input", "test_pages"),
    *("test_crash_points", "test_kept_pages"),
}


def pytest_configure(config: pytest.Config) -> None:
    """Find a PostgreSQL once, or start one, for all processes of this run."""
    if not ON_POSTGRESQL or hasattr(config, "workerinput"):
        return
    kept = ExitStack()
    found = kept.enter_context(clusters.server())
    config.add_cleanup(kept.close)
    if found is None:
        raise pytest.UsageError(
            "no PostgreSQL: none is named, none answers at 127.0.0.1:5432, and no programs are found"
        )
    os.environ[clusters.NAMED] = found


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database runs once, not once a database; so does what a browser looks at. Long ones begin first."""
    other = "sqlite" if ON_POSTGRESQL else "postgresql"
    left_out = [
        item for item in items if item.get_closest_marker(other) or (ON_POSTGRESQL and not on_postgresql(item.nodeid))
    ]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]
    for item in items:
        if {"browser", "journeys"} & set(item.path.parts):
            item.add_marker(pytest.mark.browser)
        if _furnished(item):
            item.add_marker(pytest.mark.xdist_group("/".join(item.path.parts[-2:])))
        fixtures = set(getattr(item, "fixturenames", ()))
        if not fixtures & {"app", "database_url", "installation"}:
            item.add_marker(pytest.mark.pure)
    items.sort(key=_turn)


@pytest.hookimpl(trylast=True)  # after xdist has read the groups
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say so when groups are not kept together: pytest 9.2 with xdist 3.8 goes on without a word, in twice the time."""
    if session.config.getoption("loadgroup", False):
        grouped = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group")]
        if not all("@" in nodeid.rpartition("]")[2] for nodeid in grouped):
            raise pytest.UsageError("this pytest and this pytest-xdist don't keep groups of tests together")


def _furnished(item: pytest.Item) -> bool:
    """Whether a test shares a furnished database with others of its file: else each process would furnish its own."""
    known = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
    return any(fixture.scope == "module" for fixtures in known for fixture in fixtures)


def _turn(item: pytest.Item) -> int:
    """Long ones first, then groups; single tests last, which any process takes that has nothing else."""
    if {*item.path.parts, item.path.stem} & LONG:
        return 0
    return 1 if item.get_closest_marker("xdist_group") else 2


STRONG = staff.HASHER
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hashes of passwords of the real kind, made with little work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staff, "HASHER", QUICK)
        patch.setattr(staff, "_NOBODY", QUICK.hash("a password that nobody has"))
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this process alone: a file, or one made on the server and dropped after."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.db'}"
        return
    server = make_url(database_address(os.environ[clusters.NAMED]))
    name = f"qiding_test_{uuid.uuid4().hex[:12]}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield server.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of this process, its database migrated and empty."""
    config = Config(
        database_url=database_url,
        media_dir=tmp_path_factory.mktemp("media"),
        page_cache=8,
        secret="for-tests-only",
        environment="test",
        testing=True,
        base_url="http://localhost",
        mail=MailServer("127.0.0.1", 1, "smtp+plain", "qiding@example.org"),  # nobody listens there
        webhook_hosts=("robot.example.org",),
    )
    app = create_app(config, FixedClock(NOON))
    with app.app_context():
        if REVERSED and not ON_POSTGRESQL:
            event.listen(db.engine, "connect", _reverse)
        upgrade()
        db.engine.dispose()
    if not ON_POSTGRESQL:
        path = Path(make_url(database_url).database or "")
        shutil.copy(path, path.with_suffix(".empty"))
    yield app
    with app.app_context():
        db.engine.dispose()


def _reverse(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA reverse_unordered_selects = 1")


@contextmanager
def emptied(installation: Flask, database_url: str) -> Iterator[Flask]:
    """The application with an empty database, at noon; emptied again after."""
    installation.extensions["qiding.clock"].set(NOON)
    try:
        yield installation
    finally:
        _empty(installation, database_url)


@contextmanager
def no_page_kept(app: Flask) -> Iterator[None]:
    """Pages are made anew each time, for whoever looks at what making one takes."""
    kept = app.extensions["qiding.pages"]
    most, kept.most = kept.most, 0
    kept.clear()
    try:
        yield
    finally:
        kept.most = most


def _empty(installation: Flask, database_url: str) -> None:
    pages.forget(installation)
    with installation.app_context():
        db.session.remove()
        if not ON_POSTGRESQL:
            db.engine.dispose()
            path = Path(make_url(database_url).database or "")
            path.unlink()  # a new file, so that what a failed test still holds of the old one locks nobody out
            shutil.copy(path.with_suffix(".empty"), path)
            return
        with db.engine.begin() as connection:
            look = " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in db.metadata.tables
            )
            filled = connection.execute(text(look)).scalars().all()
            # Deleting few rows is much quicker than truncating many tables; without triggers any order will do.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("; ".join(f'DELETE FROM "{name}"' for name in filled) or "SELECT 1"))


@pytest.fixture
def app(installation: Flask, database_url: str) -> Iterator[Flask]:
    """The application with an empty database, at noon."""
    with emptied(installation, database_url) as emptied_app:
        yield emptied_app


@pytest.fixture
def clock(app: Flask) -> FixedClock:
    """The application's clock, which stands until a test moves it."""
    found: FixedClock = app.extensions["qiding.clock"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts and without cookies."""
    return app.test_client()
