"""Connections of PostgreSQL: one that was away is found out before it is used, and asked no oftener than it must be."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import database
from app.core.database import db


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
