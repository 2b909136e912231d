"""While the database is gone, whoever is signed in is told so too: the page of an error asks it nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.core.clock import FixedClock
from app.core.database import db
from tests.ballots.world import build


@pytest.mark.parametrize("path", ["/c/ziteng/", "/me", "/no-such-page"])
def test_a_signed_in_reader_is_told_that_the_database_is_gone(app: Flask, clock: FixedClock, path: str) -> None:
    world, browser = build(app, clock), app.test_client()
    world.sign_in(browser, 0)

    def gone(*_: object) -> None:
        raise OperationalError("select", {}, Exception("connection refused"))

    with app.app_context():
        engine = db.engine
    app.config["PROPAGATE_EXCEPTIONS"] = False
    event.listen(engine, "before_cursor_execute", gone)
    try:
        answer = browser.get(path, headers={"Accept-Language": "en"})
    finally:
        event.remove(engine, "before_cursor_execute", gone)
        del app.config["PROPAGATE_EXCEPTIONS"]
    assert answer.status_code == 503
    assert "Not recorded" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
