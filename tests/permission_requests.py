"""How the table of permissions is asked: a furnished database kept for all rows, and one request of one role."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from sqlalchemy import Table, text
from sqlalchemy.engine import Connection, make_url
from werkzeug.test import TestResponse

from app.core.database import Base, db
from tests.headers import faults
from tests.permission_method import method_text
from tests.permission_security import code_of
from tests.permission_table import Row
from tests.permission_world import PASSWORD, World

# Written even by a refused request, on purpose: how often something was tried, and who looked at whose data.
NOT_COMPARED = ("tries", "access_log", "alembic_version", "version")
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class Furnished:
    """The world, with its database as it was built: put back after whatever changed it."""

    world: World
    rows: Rows
    copy: Path | None
    mark: object = None  # PostgreSQL's newest transaction when the database was last known to be as built
    dirty: tuple[str, ...] = ()
    now: Rows = field(default_factory=dict)  # as it was when last looked at

    def changed(self) -> tuple[bool, list[str]]:
        """Whether anything was written at all, and the tables that a refusal must leave alone but didn't."""
        if self.copy is not None:
            # Without a write-ahead log, every commit changes the file.
            if self.copy.read_bytes() == _file(self.world.app).read_bytes():
                return False, []
        elif self.mark == (mark := _newest_transaction(self.world.app)):
            return False, []
        self.now = contents(self.world.app)
        self.dirty = tuple(name for name in self.rows if self.rows[name] != self.now[name])
        if self.copy is None and not self.dirty:
            self.mark = mark
        return bool(self.dirty), [name for name in self.dirty if name not in NOT_COMPARED]

    def put_back(self) -> None:
        """Make the database what it was."""
        with self.world.app.app_context():
            db.session.remove()
            if self.copy is not None:
                db.engine.dispose()
                shutil.copy(self.copy, _file(self.world.app))
                return
            with db.engine.begin() as connection:
                connection.execute(text("SET LOCAL session_replication_role = replica"))  # no keys are checked
                for name in self.dirty:
                    _refill(connection, Base.metadata.tables[name], self.rows[name])
        self.dirty, self.mark = (), _newest_transaction(self.world.app)


def _refill(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    connection.execute(table.delete())
    values = [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
    if not values:
        return
    connection.execute(table.insert(), values)
    serial = "id" in table.columns and connection.scalar(
        text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}
    )
    if serial:
        top = max(value["id"] for value in values)
        connection.execute(text("SELECT setval(:name, :top)"), {"name": serial, "top": top})


def _newest_transaction(app: Flask) -> object:
    with app.app_context(), db.engine.connect() as connection:
        return connection.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))


def _file(app: Flask) -> Path:
    return Path(make_url(str(app.config["SQLALCHEMY_DATABASE_URI"])).database or "")


def contents(app: Flask) -> Rows:
    """All rows of all tables. From SQLite as the file has them: nothing but a comparison is made of those."""
    with app.app_context(), db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            raw: Any = connection.connection.driver_connection
            return {table.name: raw.execute(_all_of(table)).fetchall() for table in Base.metadata.sorted_tables}
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def _all_of(table: Table) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)  # in the models' order, not the file's
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {keys}'


def keep_world(world: World) -> Furnished:
    """Keep what was built."""
    with world.app.app_context():
        db.session.remove()
        if db.engine.dialect.name != "sqlite":
            return Furnished(world, contents(world.app), None)
        db.engine.dispose()
        copy = _file(world.app).with_suffix(".furnished")
        shutil.copy(_file(world.app), copy)
    return Furnished(world, contents(world.app), copy)


def address(world: World, row: Row, slug: str = "ziteng", thing: str = "") -> str:
    """Where a row is asked, on a thing of a community."""
    if thing or row.at == "link":
        places = world.at[slug][thing] if thing else {"secret": world.secret}
    else:
        places = world.at[slug][row.at] if row.at else {}
    rule = next(rule for rule in world.app.url_map.iter_rules() if rule.endpoint == row.endpoint)
    values = {**places, **row.values}
    with world.app.test_request_context():
        return url_for(row.endpoint, **{name: values[name] for name in rule.arguments})


def body(world: World, row: Row) -> dict[str, Any]:
    """What a row sends, its names of things filled in."""
    here = world.at["ziteng"]
    names: Mapping[str, object] = {
        "method": world.method,
        "code": world.code,
        "password": PASSWORD,
        "first": here["owners"]["first"],
        "second": here["owners"]["second"],
        "entry": here["owners_entry"]["public_id"],
        "colleague": here["colleague"]["public_id"],
        "sheet": here["sheet_vote"]["serial"],
        "signed": here["signed"]["signed"],
        "proposal": here["proposal"]["public_id"],
        "accepted": here["accepted"]["public_id"],
    }

    if row.endpoint == "people.confirm_totp":
        with world.app.app_context():
            names = {**names, "totp": code_of(here["factor_pending"]["public_id"], world.clock.now())}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, bytes):
            return io.BytesIO(value), "file.csv"
        if value == "{another method}":
            return io.BytesIO(method_text("2").encode()), "method.toml"
        if isinstance(value, str) and value.startswith("{"):
            return str(names[value[1:-1]])
        return value

    return {name: filled(value) for name, value in row.data.items()}


def ask(world: World, row: Row, role: str, url: str = "", **headers: str) -> TestResponse:
    """Send a row's request as one role, in a browser of its own."""
    client = world.app.test_client()
    user = world.users.get(role)
    with client.session_transaction() as session:
        if user:
            session["_user_id"], session["_fresh"], session["at"] = user, True, world.clock.now()
        if row.pairing:
            session["pairing"] = world.code_id
    url = url or address(world, row)
    sent = body(world, row) if row.method == "POST" else None
    with client.open(url, method=row.method, data=sent, headers=headers) as response:
        wrong = faults(world.app, row.endpoint, response)
        assert not wrong, f"{row.name} for {role}: {wrong}"
        return response


def answer(response: TestResponse, changed: bool, method: str) -> str:
    """What a response is, in the words of the table."""
    where = response.headers.get("Location", "")
    if response.status_code in (301, 302, 303):
        if where.startswith("/sign-in?"):
            return "sign in"
        if not where.startswith("/") or where.startswith("//"):
            return f"sent to {where}"
        return "away" if method == "GET" else ("does it" if changed else "passes")
    if response.status_code == 200:
        return "page" if method == "GET" else ("does it" if changed else "passes")
    return str(response.status_code)
