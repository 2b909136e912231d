"""Fixtures of all tests: one application a process, an empty database a test, a clock that stands."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from app.config import Config
from app.core.clock import FixedClock
from app.core.database import db
from app.factory import create_app

NOON = 1_772_942_400_000  # Sunday 8 March 2026, 12:00 in Shanghai
POSTGRESQL = os.environ.get("QIDING_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
ON_POSTGRESQL = os.environ.get("QIDING_TEST_DATABASE") == "postgresql"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks no database runs once, not once a database; so does what a browser looks at."""
    for item in items:
        if {"browser", "journeys"} & set(item.path.parts):
            item.add_marker(pytest.mark.browser)
        fixtures = set(getattr(item, "fixturenames", ()))
        if not fixtures & {"app", "database_url", "installation"}:
            item.add_marker(pytest.mark.pure)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this process alone: a file, or one made on the server and dropped after."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.db'}"
        return
    server = make_url(POSTGRESQL)
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
        secret="for-tests-only",
        environment="test",
        testing=True,
    )
    app = create_app(config, FixedClock(NOON))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    if not ON_POSTGRESQL:
        path = Path(make_url(database_url).database or "")
        shutil.copy(path, path.with_suffix(".empty"))
    yield app
    with app.app_context():
        db.engine.dispose()


@contextmanager
def emptied(installation: Flask, database_url: str) -> Iterator[Flask]:
    """The application with an empty database, at noon; emptied again after."""
    installation.extensions["qiding.clock"].set(NOON)
    try:
        yield installation
    finally:
        _empty(installation, database_url)


def _empty(installation: Flask, database_url: str) -> None:
    with installation.app_context():
        db.session.remove()
        if not ON_POSTGRESQL:
            db.engine.dispose()
            path = Path(make_url(database_url).database or "")
            path.unlink()  # a new file, so that what a failed test still holds of the old one locks nobody out
            shutil.copy(path.with_suffix(".empty"), path)
            return
        with db.engine.begin() as connection:
            tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
            filled = [name for name in tables if connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first()]
            if filled:
                names = ", ".join(f'"{name}"' for name in filled)
                connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


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
