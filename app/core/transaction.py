"""The one way to change anything: a joinable transaction that locks first and reads the clock after."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from flask import Flask, current_app, g
from sqlalchemy import BigInteger, Executable, event, select
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.sql.functions import FunctionElement

from app.core.clock import SystemClock
from app.core.database import Base, db, is_sqlite
from app.core.replica import reads_replica, to_primary


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
    _read: dict[str, Any] = field(default_factory=dict)  # what was read once

    @property
    def now(self) -> int:
        """The time in milliseconds, read once, when first asked for: after the locks were held."""
        if "now" not in self._read:
            self._read["now"] = _now(self.session)
        return int(self._read["now"])

    def execute(self, statement: Executable, parameters: Mapping[str, Any]) -> CursorResult[Any]:
        """Send a statement in Core at once: the session would first look what of it is objects, which a cast has none of."""
        if "connection" not in self._read:
            self._read["connection"] = self.session.connection()
        found: CursorResult[Any] = self._read["connection"].execute(statement, parameters)
        return found

    def lock(self, *locks: Lock) -> None:
        """Hold more rows, in the order given. Callers keep the order: poll, roll entry, others, log head."""
        for lock in locks:
            self.session.execute(
                select(lock.model.id)  # type: ignore[attr-defined]
                .where(lock.model.id == lock.id)  # type: ignore[attr-defined]
                .with_for_update(read=lock.share, key_share=not lock.share)
            )

    def later(self, database_time: int | None = None) -> Tx:
        """The same transaction with the clock not read yet: for whoever took locks by a query of their own.

        ``database_time`` is what a query after them read of :class:`DatabaseTime`, which then isn't asked for again.
        """
        tx = Tx(self.session)
        if database_time is not None and asks_database_time():
            tx._read["now"] = database_time + _clock().ahead
        self.session().info[_KEY] = tx
        return tx


_KEY = "qiding.transaction"
PATIENCE = 20.0  # seconds that a command waits for its turn on SQLite, as long as for the file


class DatabaseTime(FunctionElement[int]):
    """The database's time in milliseconds as a column, read when the row is made; SQLite has none that many could share."""

    type, inherit_cache = BigInteger(), True


@compiles(DatabaseTime, "postgresql")
def _of_postgresql(*_: Any, **__: Any) -> str:
    return "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


@compiles(DatabaseTime)
def _of_others(*_: Any, **__: Any) -> str:
    return "NULL"


_ASK_TIME = select(DatabaseTime())


def _clock() -> Any:
    return current_app.extensions["qiding.clock"]


def asks_database_time() -> bool:
    """Whether commands go by the database's clock: on PostgreSQL, which many hosts may share, whose clocks differ."""
    return isinstance(_clock(), SystemClock) and not is_sqlite()


def _now(session: scoped_session[Any]) -> int:
    if asks_database_time():
        return int(session.execute(_ASK_TIME).scalar_one()) + int(_clock().ahead)
    return int(_clock().now())


@contextmanager
def transaction(lock: Sequence[Lock] = ()) -> Iterator[Tx]:
    """Run a block in one transaction, committed at its end; inside another one, join it.

    What the request has read is expired. SQLite's read transaction ends first, and another begins IMMEDIATE, so that the
    whole database is the lock; PostgreSQL goes on in the same one, since each statement there sees what is committed by
    then (READ COMMITTED), and takes the rows of ``lock`` in the order given.
    """
    session = db.session
    outer: Tx | None = session().info.get(_KEY)
    if outer is not None:
        outer.lock(*lock)
        yield outer
        return
    _begin_anew(session())  # before the turn is waited for: a reader keeps the writer from ending
    with in_turn():
        yield from _alone(session, lock)


def _begin_anew(session: Session) -> None:
    """Forget what was read; end the read transaction too where it could not go on as a command's."""
    changed = bool(session.new or session.dirty or session.deleted)
    if is_sqlite() or changed or reads_replica() or _has_written(session):
        session.rollback()
    else:
        session.expire_all()


def _has_written(session: Session) -> bool:
    return session.in_transaction() and session.connection().info.get(_WROTE) is not False


@contextmanager
def in_turn() -> Iterator[None]:
    """One command after another within this process, on SQLite: it has one writer, and who waits at its file is not in a queue.

    Commands of other processes are waited for by SQLite itself. A command takes its turn by itself; who has more to do for
    it than the database may take it before, so that threads don't take the interpreter from each other meanwhile.
    """
    if not is_sqlite():
        yield
        return
    turn: threading.RLock = current_app.extensions["qiding.turn"]
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


_WROTE = "qiding.wrote"  # whether a transaction of PostgreSQL sent more than SELECT


def end_reads(app: Flask) -> None:
    """Let requests of ``app`` that only read end with COMMIT, on PostgreSQL.

    At a ROLLBACK psycopg forgets all statements that it has prepared, since tables may have gone with it; SQLAlchemy ends
    each session with one. Every page would have its statements planned anew, and every cast.
    """
    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        if engine.dialect.name == "postgresql":
            event.listen(engine, "before_cursor_execute", _look_for_writes)
            event.listen(engine, "begin", _begin_read)
    if any(engine.dialect.name == "postgresql" for engine in engines):
        app.teardown_request(_end_read)


def _begin_read(connection: Connection) -> None:
    connection.info[_WROTE] = False


def _look_for_writes(
    connection: Connection, _cursor: object, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    if not statement.startswith("SELECT"):
        connection.info[_WROTE] = True


def _end_read(error: BaseException | None) -> None:
    session = db.session()
    if error is not None or not session.in_transaction():
        return
    connection = session.connection()
    if connection.invalidated or connection.info.get(_WROTE) is not False:
        return
    try:
        cast(Any, connection.connection.dbapi_connection).commit()
    except db.engine.dialect.loaded_dbapi.Error as gone:
        connection.invalidate(gone)  # its server went; the page was made, and is worth more
