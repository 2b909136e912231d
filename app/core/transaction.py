"""The one way to change anything: a joinable transaction that locks first and reads the clock after."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import current_app, g
from sqlalchemy import select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import scoped_session

from app.core.clock import Clock, SystemClock
from app.core.database import Base, db, is_sqlite
from app.core.replica import to_primary


@dataclass(frozen=True)
class Lock:
    """A row to hold: ``share`` lets other holders of the share in, but nobody who changes it.

    Neither keeps others from adding rows that point to it: our keys never change (FOR NO KEY UPDATE).
    """

    model: type[Base]
    id: int
    share: bool = False


@dataclass(frozen=True)
class Tx:
    """A transaction under way."""

    session: scoped_session[Any]

    @cached_property
    def now(self) -> int:
        """The time in milliseconds, read once, when first asked for: after the locks were held."""
        return _now(self.session)

    def lock(self, *locks: Lock) -> None:
        """Hold more rows, in the order given. Callers keep the order: poll, roll entry, others, log head."""
        for lock in locks:
            self.session.execute(
                select(lock.model.id)  # type: ignore[attr-defined]
                .where(lock.model.id == lock.id)  # type: ignore[attr-defined]
                .with_for_update(read=lock.share, key_share=not lock.share)
            )

    def later(self) -> Tx:
        """The same transaction with the clock not read yet: for whoever took locks by a query of their own."""
        tx = Tx(self.session)
        self.session().info[_KEY] = tx
        return tx


_KEY = "qiding.transaction"
PATIENCE = 20.0  # seconds that a command waits for its turn on SQLite, as long as for the file


_DATABASE_TIME = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")


def _now(session: scoped_session[Any]) -> int:
    """The time that a command knows. Hosts' clocks differ; on PostgreSQL, which many may share, it is the database's."""
    clock: Clock = current_app.extensions["qiding.clock"]
    if isinstance(clock, SystemClock) and not is_sqlite():
        return int(session.execute(_DATABASE_TIME).scalar_one()) + clock.ahead
    return clock.now()


@contextmanager
def transaction(lock: Sequence[Lock] = ()) -> Iterator[Tx]:
    """Run a block in one transaction, committed at its end; inside another one, join it.

    The read transaction of the request ends first and what it loaded is expired. SQLite begins IMMEDIATE, so
    the whole database is the lock; PostgreSQL takes the rows of ``lock`` in the order given.
    """
    session = db.session
    outer: Tx | None = session().info.get(_KEY)
    if outer is not None:
        outer.lock(*lock)
        yield outer
        return
    session.rollback()  # before the turn is waited for: a reader keeps the writer from ending
    with _in_turn():
        yield from _alone(session, lock)


@contextmanager
def _in_turn() -> Iterator[None]:
    """One command after another within this process, on SQLite: it has one writer, and who waits at its file is not in a queue.

    Commands of other processes are waited for by SQLite itself.
    """
    if not is_sqlite():
        yield
        return
    turn: threading.Lock = current_app.extensions["qiding.turn"]
    if not turn.acquire(timeout=PATIENCE):
        raise PoolTimeout("the database was busy for too long")
    try:
        yield
    finally:
        turn.release()


def _alone(session: scoped_session[Any], lock: Sequence[Lock]) -> Iterator[Tx]:
    to_primary(session())
    g.changed = True  # whatever page this request ends with is nobody else's
    g.pop("watch", None)
    g.pop("trace", None)
    try:
        if is_sqlite():
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        tx = Tx(session)
        tx.lock(*lock)
        session().info[_KEY] = tx
        yield tx
        session.flush()
        session().info.pop(_KEY, None)
        session.commit()
    except BaseException:
        session().info.pop(_KEY, None)
        session.rollback()
        raise


def in_transaction() -> bool:
    """Whether a transaction of :func:`transaction` is under way in this context."""
    return _KEY in db.session().info
