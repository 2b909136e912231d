"""Connections of PostgreSQL: one that was away is found out before it is used, and asked no oftener than it must be."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError

from app.core import database
from app.core.database import db
from app.core.jobs import Job

COUNT = select(func.count(Job.id))
ENQUEUE = insert(Job).values(public_id="0" * 16, kind="x", arguments={}, run_after=0, created_at=0)


@pytest.mark.postgresql
def test_a_connection_that_rested_is_asked_whether_it_lives_and_replaced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        engine = db.engine
    asked: list[object] = []
    real = engine.dialect.do_ping
    monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: asked.append(connection) or real(connection))
    engine.dispose()

    def used() -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text("select pg_backend_pid()")))

    first = used()
    assert [used() for _ in range(5)] == [first] * 5
    assert len(asked) <= 1
    with engine.connect() as other:
        gone = used()
        other.execute(text("select pg_terminate_backend(:pid)"), {"pid": gone})
        monkeypatch.setattr(database, "TRUSTED", -1.0)
        assert used() != gone
    assert len(asked) > 1


@pytest.mark.postgresql
def test_a_page_lets_the_next_one_find_its_statements_planned(app: Flask) -> None:
    """psycopg forgets what it has prepared at each ROLLBACK, with which a session ends that only read."""
    with app.app_context():
        db.engine.dispose()  # of the pool, one connection is used in what follows
    client = app.test_client()
    for n in range(8):
        assert client.get(f"/communities?q={n}").status_code == 200
    with app.app_context():
        planned = db.session.scalar(text("select count(*) from pg_prepared_statements where not from_sql"))
    assert planned


@pytest.mark.postgresql
def test_what_a_request_wrote_and_did_not_commit_is_lost(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read ends with COMMIT: never a transaction that sent more than SELECT."""

    def forgetful() -> str:
        db.session.execute(ENQUEUE)
        return "done"

    monkeypatch.setitem(app.view_functions, "site.communities", forgetful)
    assert app.test_client().get("/communities").text == "done"
    with app.app_context():
        assert db.session.scalar(COUNT) == 0


@pytest.mark.postgresql
def test_a_page_that_was_made_is_answered_though_its_server_went(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> str:
        pid = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        return "made"

    monkeypatch.setitem(app.view_functions, "site.communities", made)
    assert app.test_client().get("/communities").text == "made"
    monkeypatch.undo()
    assert app.test_client().get("/communities").status_code == 200


@pytest.mark.sqlite
def test_who_reads_lets_others_write_and_who_writes_may_still_go_back(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
    with engine.connect() as reader, engine.connect() as writer:
        assert reader.scalar(COUNT) == 0
        writer.execute(ENQUEUE)  # in a transaction, though none was begun
        assert writer.scalar(COUNT) == 1
        assert reader.scalar(COUNT) == 0
        writer.rollback()
        assert writer.scalar(COUNT) == 0
        writer.execute(ENQUEUE)
        writer.commit()
        assert reader.scalar(COUNT) == 1, "a reader goes on seeing what was before"
    with engine.connect().execution_options(sqlite_begin="DEFERRED") as reader, engine.connect() as writer:
        assert reader.scalar(COUNT) == 1
        writer.exec_driver_sql("PRAGMA busy_timeout = 50")
        writer.execute(ENQUEUE.values(public_id="1" * 16))
        with pytest.raises(OperationalError, match="locked"):  # one view of all is asked for, and had at that price
            writer.commit()
