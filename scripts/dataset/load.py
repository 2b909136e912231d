"""Rows into a database: executemany on SQLite, COPY on PostgreSQL; indexes, constraints and triggers on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

from sqlalchemy import Engine

from app.core.database import Base
from scripts.dataset.template import Rows, columns, tables

AT_ONCE = 20_000


class Loader(Protocol):
    """Whatever takes rows: a community's, whole or not at all."""

    def take(self, rows: Rows) -> int: ...


class Sqlite:
    """Rows in their order, foreign keys checked as each is written. Only the wait for the disk is left out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for pragma in ("foreign_keys = 1", "synchronous = OFF", "journal_mode = TRUNCATE", "cache_size = -2000000"):
            connection.execute(f"PRAGMA {pragma}")

    def take(self, rows: Rows) -> int:
        """Write the rows of a community in one transaction; returns how many."""
        count = 0
        self._connection.execute("BEGIN IMMEDIATE")
        for table in tables():
            if found := rows.get(table):
                marks = ", ".join("?" * len(found[0]))
                self._connection.executemany(f"INSERT INTO {_named(table)} VALUES ({marks})", found)  # noqa: S608
                count += len(found)
        self._connection.execute("COMMIT")
        return count


class PostgreSQL:
    """Rows by COPY, foreign keys checked by the server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._booleans = {
            table.name: [n for n, column in enumerate(table.columns) if column.type.python_type is bool]
            for table in Base.metadata.sorted_tables
            if table.name in tables()
        }

    def take(self, rows: Rows) -> int:
        """Write the rows of a community in one transaction; returns how many."""
        count = 0
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table in tables():
                if found := rows.get(table):
                    with cursor.copy(f"COPY {_named(table)} FROM STDIN") as copy:
                        for row in self._typed(table, found):
                            copy.write_row(row)
                    count += len(found)
        return count

    def _typed(self, table: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
        """The rows as PostgreSQL reads them: SQLite keeps yes and no as numbers."""
        wanted = self._booleans[table]
        if not wanted:
            yield from rows
            return
        for row in rows:
            cells = list(row)
            for n in wanted:
                cells[n] = None if cells[n] is None else bool(cells[n])
            yield cells

    def finish(self) -> None:
        """Let keys count on from the highest, and tell the planner what is there."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for table in Base.metadata.sorted_tables:
                for column in table.primary_key.columns:
                    cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table.name}"', column.name))
                    if (sequence := cursor.fetchone()[0]) is not None:
                        top = f'SELECT setval(%s, (SELECT max({column.name}) FROM "{table.name}"))'  # noqa: S608
                        cursor.execute(top, (sequence,))
        self._connection.execute("ANALYZE")


def _named(table: str) -> str:
    names = ", ".join(f'"{column}"' for column in columns(table))
    return f'"{table}" ({names})'


@contextmanager
def loader(engine: Engine) -> Iterator[Sqlite | PostgreSQL]:
    """The loader of a database."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database or "", isolation_level=None)) as file:
            yield Sqlite(file)
            file.execute("ANALYZE")
        return
    import psycopg

    plain = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        found = PostgreSQL(connection)
        yield found
        found.finish()
