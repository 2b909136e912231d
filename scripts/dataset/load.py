"""Rows into a database: executemany on SQLite, COPY on PostgreSQL. Whatever the tables promise holds at the end.

On PostgreSQL foreign keys are put off and checked of all rows together: one by one they take longer than the rows.
"""

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


FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY conrelid, conname
"""


class PostgreSQL:
    """Rows by COPY. Foreign keys are taken down before, and put up again, with every row checked, by :meth:`finish`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        self._down: list[tuple[str, str, str]] = connection.execute(FOREIGN_KEYS).fetchall()
        for table, name, _ in self._down:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
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

    def put_up(self, how: str = "") -> None:
        """Put the foreign keys up again: every row is checked, or with NOT VALID those that come."""
        while self._down:
            table, name, promise = self._down[-1]
            self._connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {promise} {how}")
            self._down.pop()

    def finish(self) -> None:
        """Let the server check every foreign key, keys count on from the highest, and the planner know what is there."""
        self.put_up()
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
        try:
            yield found
            found.finish()
        except BaseException:
            found.put_up("NOT VALID")
            raise
