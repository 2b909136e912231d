"""Puts what an older program left into an empty database of either kind, at the revision of that program."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app.config import Config
from app.core.clock import HOUR, FixedClock
from app.core.database import db
from app.factory import create_app
from tests.backup.conftest import database
from tests.conftest import ON_POSTGRESQL

HERE = Path(__file__).parent
REVISIONS = ("0001", "0006", "0013", "0020")


def rows_of(revision: str) -> dict[str, dict[str, list[Any]]]:
    """The rows of a state, by table."""
    found: dict[str, dict[str, list[Any]]] = json.loads(lzma.decompress((HERE / f"{revision}.json.xz").read_bytes()))
    return found


@contextmanager
def standing(revision: str, folder: Path) -> Iterator[Flask]:
    """An application on a database of its own in which an older program left its rows, an hour after the last of them."""
    rows = rows_of(revision)
    at = rows["event"]["columns"].index("at")
    clock = FixedClock(max(row[at] for row in rows["event"]["rows"]) + HOUR)
    with database("postgresql" if ON_POSTGRESQL else "sqlite", folder) as url:
        config = Config(
            database_url=url, media_dir=folder / "media", secret="x", testing=True, base_url="http://localhost"
        )
        app = create_app(config, clock)
        with app.app_context():
            if not ON_POSTGRESQL:
                sa.event.listen(db.engine, "connect", _unhurried)
            upgrade(revision=revision)
            fill(rows)
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _unhurried(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def fill(rows: dict[str, dict[str, list[Any]]]) -> None:
    """Insert all rows, with no key asked for until the end."""
    known = sa.MetaData()
    with db.engine.connect().execution_options(versions=False) as connection:
        lite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        if lite:
            raw.execute("PRAGMA foreign_keys = 0")
        else:
            connection.execute(sa.text("set session_replication_role = replica"))
        known.reflect(connection, only=list(rows))
        for name, table in rows.items():
            made = known.tables[name]
            columns = [made.c[column] for column in table["columns"]]
            values = [
                {column.name: _value(column, value) for column, value in zip(columns, row, strict=True)}
                for row in table["rows"]
            ]
            if name == "alembic_version":
                continue
            connection.execute(sa.insert(made), values)
            if not lite and "id" in made.c:
                connection.execute(
                    sa.text(f"select setval(pg_get_serial_sequence('{name}', 'id'), (select max(id) from {name}))")
                )
        connection.commit()
        if lite:
            raw.execute("PRAGMA foreign_keys = 1")
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    db.engine.dispose()


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.JSON):
        return json.loads(value)
    if isinstance(column.type, sa.LargeBinary):
        return bytes.fromhex(value)
    if isinstance(column.type, sa.Boolean):
        return bool(value)
    return value
