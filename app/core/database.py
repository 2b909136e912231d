"""The database: the declarative base, naming of constraints, and how SQLite is opened."""

from __future__ import annotations

import importlib.util
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, Integer, MetaData, String, Table, UniqueConstraint, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import BIGINT

from app.config import Config, MissingPackage
from app.core.ids import new_public_id
from app.core.replica import RoutingSession

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite counts rows up only in an INTEGER primary key; elsewhere keys are BIGINT.
BigKey = BigInteger().with_variant(Integer, "sqlite")

Key = Annotated[int, mapped_column(BigKey, primary_key=True)]
Instant = Annotated[int, mapped_column(BIGINT)]
PublicId = Annotated[str, mapped_column(String(16), unique=True, default=new_public_id)]
PREPARED = 500  # statements that a connection of PostgreSQL keeps planned
TRUSTED = 1.0  # seconds for which a connection that was used is known to live


class Base(DeclarativeBase):
    """All tables. Integers are BIGINT; JSON holds keys, numbers and people's own words."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: BigInteger(), dict[str, Any]: JSON(), list[Any]: JSON()}


# Tables inherit from Base itself: Flask-SQLAlchemy gives the session and the engine, not a second base class.
db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True, session_options={"class_": RoutingSession})


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that need no objects."""
    return cast("Table", model.__table__)


def anchor() -> UniqueConstraint:
    """Let children name (id, community_id) together, so that no row crosses communities."""
    return UniqueConstraint("id", "community_id")


def within(table: str, column: str | None = None) -> ForeignKeyConstraint:
    """A foreign key to ``table`` that holds the community fast too."""
    return ForeignKeyConstraint([column or f"{table}_id", "community_id"], [f"{table}.id", f"{table}.community_id"])


FULL_TEXT = ("found", "found_title", "ix_search_document_found", "ix_search_document_found_title")


def has_model(thing: Any, name: str | None, kind: str, reflected: bool, model: Any) -> bool:
    """Whether a table, column or index found in the database should have a model, for Alembic's comparison.

    What SQLite and PostgreSQL each need for the search is written by hand in its migration, and kept out of the models.
    """
    if not reflected or model is not None or name is None:
        return True
    if kind == "table":
        return not name.startswith("search_fts")
    return name not in FULL_TEXT


def engine_options(config: Config) -> dict[str, Any]:
    """Pool settings for Flask-SQLAlchemy."""
    quiet = {"hide_parameters": not config.testing}  # an error's words hold no values of people
    if config.is_sqlite:
        return {**quiet, "connect_args": {"timeout": 20}, "pool_size": 20, "max_overflow": 20}
    if importlib.util.find_spec("psycopg") is None:
        raise MissingPackage(
            "DATABASE_URL names PostgreSQL, and the package for it is missing: pip install 'psycopg[binary]'"
        )
    # A host that lost its power says nothing more: without these, whoever waits for it would wait for hours.
    alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000}
    options = {**quiet, "pool_size": 10, "max_overflow": 20, "pool_timeout": 20}
    return {**options, "connect_args": {"connect_timeout": 5, **alive}}


def prepare_engine(app: Flask) -> None:
    """Hang the listeners on the engine of ``app``; see docs/decisions/0002-sqlite-journal.md for the choices."""
    with app.app_context():
        engine, engines = db.engine, list(db.engines.values())
    app.extensions["qiding.turn"] = threading.RLock()  # whose turn it is to write, on SQLite
    for each in engines if engine.dialect.name == "postgresql" else ():
        event.listen(each, "connect", _open_postgresql)
        event.listen(each, "checkout", _alive(each))
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _open_sqlite):
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "before_cursor_execute", _begin_to_write)


def _open_postgresql(connection: Any, _record: object) -> None:
    # More statements than the pages send in turn: else none stays prepared, and a cast is planned anew each time.
    connection.prepared_max = PREPARED


def _alive(engine: Engine) -> Callable[[Any, Any, Any], None]:
    """Ask a connection whether it lives before it is used, unless it was used within the last second.

    To ask each time costs a kept page as much as the page. What breaks within that second ends one request with "not
    recorded", after which the pool trusts none of its connections.
    """

    def ask(connection: Any, record: Any, _fairy: object) -> None:
        now = time.monotonic()
        if now - record.info.get("alive", float("-inf")) > TRUSTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error
        record.info["alive"] = now

    return ask


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = 1")
    cursor.execute("PRAGMA journal_mode = TRUNCATE")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA busy_timeout = 20000")
    cursor.close()


BEGINS = {"DEFERRED": "BEGIN DEFERRED", "IMMEDIATE": "BEGIN IMMEDIATE"}


def _begin_sqlite(connection: Connection) -> None:
    # A read begins nothing: each statement sees what is committed by then, as on PostgreSQL, and keeps a writer from
    # committing for no longer than it takes. Who needs one view of all asks for DEFERRED, a command for IMMEDIATE.
    mode = connection.get_execution_options().get("sqlite_begin")
    if mode:
        connection.exec_driver_sql(BEGINS[mode])


def _begin_to_write(
    connection: Connection, _cursor: object, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    raw = cast(Any, connection.connection.dbapi_connection)
    if not raw.in_transaction and not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
        raw.execute("BEGIN")  # nothing is written but in a transaction, whoever forgot to open one


def is_sqlite() -> bool:
    """Whether this application stands on SQLite."""
    engine: Engine = db.engine
    return engine.dialect.name == "sqlite"
