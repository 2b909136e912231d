"""Many at once: threads that begin together, each in a context of its own, and statements to wait for or to stop at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from app.core.database import db

Result = TypeVar("Result")
LONG = 30.0  # seconds until a test that hangs is given up


def at_once(app: Flask, tasks: Sequence[Callable[[], Result]], *, contexts: bool = True) -> list[Result | Exception]:
    """Run the tasks in threads that start together; each one's result, or what it raised."""
    barrier = threading.Barrier(len(tasks))
    results: list[Result | Exception] = [RuntimeError("did not end")] * len(tasks)

    def run(place: int, task: Callable[[], Result]) -> None:
        def work() -> Result:
            barrier.wait(LONG)
            return task()

        try:
            if contexts:
                with app.app_context():
                    try:
                        results[place] = work()
                    finally:
                        db.session.remove()
            else:
                results[place] = work()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(n, task), daemon=True) for n, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    return results


@contextmanager
def statements(app: Flask, note: Callable[[str], None]) -> Iterator[None]:
    """Call ``note`` with every statement before it is sent, in the thread that sends it."""

    def listener(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        note(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listener)


@contextmanager
def held(app: Flask, poll_id: int) -> Iterator[Connection]:
    """Hold a poll as a close does, in a connection of its own: its row, or on SQLite the whole database."""
    with app.app_context():
        engine = db.engine
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        connection.execute(text(f"SELECT id FROM poll WHERE id = {poll_id}{'' if sqlite else ' FOR UPDATE'}"))
        yield connection
        connection.rollback()


def waits(statement: str) -> bool:
    """Whether this is where a cast waits for a poll that is held."""
    return statement == "BEGIN IMMEDIATE" or ("FROM poll" in statement and "FOR SHARE" in statement)
