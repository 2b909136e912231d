"""Alembic's door: runs the migrations on the engine of the present application."""

from __future__ import annotations

import os
import sqlite3

from alembic import context
from flask import current_app
from sqlalchemy import text
from sqlalchemy.engine import Connection

from app.core.database import db, has_model

config = context.config


def run_offline() -> None:
    """Write the SQL instead of running it."""
    context.configure(
        url=current_app.config["QIDING"].database_url,
        target_metadata=db.metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run on the application's engine, or on the connection that a caller hands over."""
    given: Connection | None = config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execution_options(sqlite_begin="IMMEDIATE")  # whoever starts beside us waits, and finds it done
        _run(connection)


def _run(connection: Connection) -> None:
    lite = connection.dialect.name == "sqlite"
    connection.execution_options(versions=False)  # the table of versions is not there from the beginning
    if lite:
        # A table that others point to is made anew: that can't be done while SQLite watches the pointers.
        _pragma(connection, "foreign_keys = 0")
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        include_object=has_model,
    )
    with context.begin_transaction():
        if not lite:
            # Two hosts that start at once: the second one waits here, before it reads at which migration the first one is.
            connection.execute(text("select pg_advisory_xact_lock(hashtextextended('qiding.migrations', 0))"))
            # A step that waits for a table makes everybody wait who comes after it: rather give up, with nothing changed.
            patience = int(os.environ.get("QIDING_MIGRATION_PATIENCE", "10"))
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}s'")
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
    if lite:
        broken = _pragma(connection, "foreign_key_check")
        _pragma(connection, "foreign_keys = 1")
        if broken:
            raise RuntimeError(f"the migration left rows that point nowhere: {broken[:3]}")


def _pragma(connection: Connection, words: str) -> list[tuple[object, ...]]:
    """Ask SQLite itself, outside of any transaction."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return list(driver.execute(f"PRAGMA {words}"))


if context.is_offline_mode():
    run_offline()
else:
    run_online()
