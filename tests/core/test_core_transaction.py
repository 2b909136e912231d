"""The one way to change anything: commit at the end, roll back on an error, join, lock before reading the clock."""

from __future__ import annotations

import ast
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.config import ROOT
from app.core.clock import FixedClock
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, in_transaction, transaction
from app.people.places import Building, Community, Town
from tests.conftest import NOON

only_sqlite = pytest.mark.sqlite
only_postgresql = pytest.mark.postgresql


def towns(app: Flask) -> list[str]:
    """The names of the towns that another context finds."""
    with app.app_context():
        return list(db.session.scalars(select(Town.name).order_by(Town.id)))


def test_what_a_block_does_is_there_after_it(app: Flask) -> None:
    with app.app_context(), transaction() as tx:
        tx.session.add(Town(name="清溪镇"))
    assert towns(app) == ["清溪镇"]


def spoil(error: BaseException) -> None:
    """Write a town in a transaction that ends with an error."""
    with transaction() as tx:
        tx.session.add(Town(name="清溪镇"))
        tx.session.flush()
        raise error


def test_an_error_takes_everything_back(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            spoil(ZeroDivisionError())
        assert not in_transaction()
        with transaction() as tx:  # the session is of use again
            tx.session.add(Town(name="又一镇"))
    assert towns(app) == ["又一镇"]


def test_even_an_interruption_takes_everything_back(app: Flask) -> None:
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        spoil(KeyboardInterrupt())
    assert towns(app) == []


def test_an_inner_transaction_joins_the_outer_one(app: Flask) -> None:
    with app.app_context(), transaction() as outer:
        with transaction() as inner:
            inner.session.add(Town(name="清溪镇"))
        assert inner is outer
        assert in_transaction()
    assert towns(app) == ["清溪镇"]


def test_what_an_inner_transaction_did_falls_with_the_outer_one(app: Flask) -> None:
    def outer() -> None:
        with transaction():
            with transaction() as inner:
                inner.session.add(Town(name="清溪镇"))
            raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        outer()
    assert towns(app) == []


def test_a_transaction_has_one_time(app: Flask, clock: FixedClock) -> None:
    with app.app_context(), transaction() as outer:
        assert outer.now == NOON
        clock.advance(5_000)
        with transaction() as inner:
            assert inner.now == outer.now == NOON
    with app.app_context(), transaction() as later:
        assert later.now == NOON + 5_000


def test_the_time_is_read_after_the_locks_are_held(app: Flask, clock: FixedClock, community_id: int) -> None:
    held, trying = threading.Event(), threading.Event()
    lock = [Lock(Community, community_id)]

    def first() -> None:
        with app.app_context(), transaction(lock=lock):
            held.set()
            assert trying.wait(10)
            threading.Event().wait(0.3)  # the other one stands at the lock by now
            clock.advance(60_000)

    def second() -> int:
        assert held.wait(10)
        trying.set()
        with app.app_context(), transaction(lock=lock) as tx:
            return tx.now

    with ThreadPoolExecutor(2) as pool:
        done, now = pool.submit(first), pool.submit(second)
        done.result(20)
        assert now.result(20) == NOON + 60_000


def test_what_is_written_outside_of_a_transaction_is_lost(app: Flask) -> None:
    with app.app_context():
        db.session.add(Town(name="清溪镇"))
        db.session.flush()
    assert towns(app) == []
    with app.app_context():
        db.session.add(Town(name="清溪镇"))
        db.session.flush()
        with transaction():
            pass
        assert db.session.scalar(select(func.count()).select_from(Town)) == 0


def test_what_was_read_before_is_read_anew_inside(app: Flask, community_id: int) -> None:
    with app.app_context():
        mine = db.session.get_one(Community, community_id)
        assert mine.name == "紫藤里"

        def rename() -> None:
            with app.app_context(), transaction() as tx:
                tx.session.get_one(Community, community_id).name = "桂香苑"

        db.session.rollback()  # SQLite lets nobody write while a reader's statement stands
        with ThreadPoolExecutor(1) as pool:
            pool.submit(rename).result(20)
        with transaction():
            assert mine.name == "桂香苑"


def test_nothing_else_commits() -> None:
    committing = set()
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "begin_nested"):
                committing.add(path.relative_to(ROOT).as_posix())
    assert committing == {"app/core/transaction.py"}


def test_a_broken_promise_of_the_tables_is_an_error_at_the_end(app: Flask, community_id: int) -> None:
    with app.app_context(), pytest.raises(IntegrityError), transaction() as tx:
        tx.session.add_all(
            [Building(community_id=community_id, label="5"), Building(community_id=community_id, label="5")]
        )
    with app.app_context(), pytest.raises(IntegrityError), transaction() as tx:
        tx.session.add(Building(community_id=community_id + 999, label="5"))  # foreign keys hold


@only_postgresql
def test_a_held_row_lets_rows_in_that_point_to_it(app: Flask, community_id: int) -> None:
    def cast() -> int:
        with app.app_context(), transaction() as tx:
            tx.session.execute(text("SET LOCAL lock_timeout = '3s'"))
            record_event(tx, "test", community_id=community_id)
            return tx.now

    with ThreadPoolExecutor(1) as pool, app.app_context(), transaction(lock=[Lock(Community, community_id)]):
        assert pool.submit(cast).result(20) == NOON


@only_postgresql
@pytest.mark.parametrize(("first", "second", "waits"), [(False, False, True), (True, False, True), (True, True, False)])
def test_shares_stand_together_and_others_wait(
    app: Flask, community_id: int, first: bool, second: bool, waits: bool
) -> None:
    def other() -> str:
        with app.app_context():
            try:
                with transaction() as tx:
                    tx.session.execute(text("SET LOCAL lock_timeout = '300ms'"))
                    tx.lock(Lock(Community, community_id, share=second))
            except Exception as error:
                return type(error).__name__
        return "held"

    held = Lock(Community, community_id, share=first)
    with ThreadPoolExecutor(1) as pool, app.app_context(), transaction(lock=[held]):
        assert pool.submit(other).result(20) == ("OperationalError" if waits else "held")


@only_sqlite
def test_every_connection_of_sqlite_is_strict_and_durable(app: Flask) -> None:
    with app.app_context():
        connections = [db.engine.connect() for _ in range(3)]
        try:
            for connection in connections:
                found = [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
                ]
                assert found == [1, 2, "truncate", 20000]
        finally:
            for connection in connections:
                connection.close()


@only_sqlite
def test_a_transaction_holds_sqlite_from_its_first_moment(app: Flask, database_url: str) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        with app.app_context(), transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()
