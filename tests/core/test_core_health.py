"""Health: what each check finds broken, who is asked for it, and that nothing else is said."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text, update

from app.core import health, jobs
from app.core.clock import MINUTE, FixedClock
from app.core.database import db
from app.core.health import Door, Found
from app.core.jobs import LEASE, Job, enqueue, note_heard
from app.core.transaction import transaction


@pytest.fixture(autouse=True)
def asked_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is kept from one question to the next."""
    monkeypatch.setattr(health, "KEPT", -1.0)


def checks(client: FlaskClient) -> tuple[int, dict[str, str]]:
    """What /readyz says."""
    answer = client.get("/readyz")
    assert answer.get_json()["ok"] is (answer.status_code == 200)
    return answer.status_code, answer.get_json()["checks"]


def test_a_process_that_answers_is_alive_whatever_stands_behind_it(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        engine = db.engine

    def dead(*_arguments: object) -> None:
        raise AssertionError("the database was asked")

    event.listen(engine, "before_cursor_execute", dead)
    try:
        answer = client.get("/healthz", headers={"Host": "10.0.0.9:8000"})
    finally:
        event.remove(engine, "before_cursor_execute", dead)
    assert (answer.status_code, answer.get_json(), answer.headers["Cache-Control"]) == (200, {"ok": True}, "no-store")
    assert "Set-Cookie" not in answer.headers
    assert "X-Request-ID" not in answer.headers  # it is in no log
    assert client.head("/readyz").status_code == 200
    assert client.head("/readyz").data == b""
    refused = client.post("/healthz")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")


def test_a_balancer_asks_by_address_where_only_names_are_trusted(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["qiding.example.org"])
    assert client.get("/help", headers={"Host": "10.0.0.9"}).status_code == 400
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"Host": "10.0.0.9"}).status_code == 200


def test_a_process_is_ready_with_database_tables_media_and_key(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        note_heard("jobs")
    names = ("database", "migration", "media", "signing_key", "jobs")
    status, found = checks(client)
    assert (status, {name: found[name] for name in names}) == (200, dict.fromkeys(names, "ok"))


def test_other_tables_than_the_programs_make_it_unready(app: Flask, client: FlaskClient) -> None:
    def stamp(revision: str) -> None:
        with db.engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :at"), {"at": revision})

    with app.app_context():
        stamp("0001")
        try:
            assert checks(client)[0] == 503
            assert checks(client)[1]["migration"] == "fails"
            assert checks(client)[1]["database"] == "ok"
        finally:
            stamp(health.newest_revision())
    assert checks(client)[0] == 200


def test_a_database_that_does_not_answer_makes_it_unready(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_arguments: object) -> None:
        raise OSError(111, "connection to 10.0.0.7 refused for user qiding")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", dead)
    try:
        answer = client.get("/readyz")
    finally:
        event.remove(engine, "before_cursor_execute", dead)
    assert answer.status_code == 503
    assert answer.get_json()["checks"] == {
        "database": "fails",
        "migration": "fails",
        "media": "ok",
        "signing_key": "ok",
        "jobs": "look",
    }
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ({"media_dir": Path("/proc/nowhere")}, "media"),
        ({"signing_file": Path("/nowhere/signing-key")}, "signing_key"),
        ({"signing_file": Path("/dev/null")}, "signing_key"),
    ],
)
def test_a_part_that_fails_makes_it_unready_and_only_its_name_is_told(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any], name: str
) -> None:
    monkeypatch.setitem(app.config, "QIDING", replace(app.config["QIDING"], **broken))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [key for key, value in answer.get_json()["checks"].items() if value == "fails"] == [name]
    assert "nowhere" not in answer.text
    doctor = app.test_cli_runner().invoke(args=["doctor"])
    assert doctor.exit_code == 1
    (line,) = [line for line in doctor.output.splitlines() if line.startswith("MISSING")]
    assert ": " in line.partition("(")[2] or line.count(": ") == 1, line  # it says its mend


def test_a_full_disk_takes_no_process_out(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert checks(client) == (200, {**checks(client)[1], "media": "look"})


def test_jobs_that_nobody_runs_are_told_and_take_no_process_out(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    assert checks(client)[1]["jobs"] == "look"
    with app.app_context():
        note_heard("jobs")
        assert checks(client)[1]["jobs"] == "ok"
        clock.advance(6 * MINUTE)
        assert checks(client) == (200, {**checks(client)[1], "jobs": "look"})
        with transaction() as tx:  # a long job is a sign of life as long as its lease is renewed
            job = enqueue(tx, "long", {})
            tx.session.execute(update(Job).where(Job.id == job.id).values(state="running", lease_until=tx.now + LEASE))
        assert checks(client)[1]["jobs"] == "ok"
        note_heard("jobs")
        note_heard("jobs")
        assert len(db.session.scalars(db.select(Job.id).where(Job.kind == jobs.HEARD)).all()) == 1


def test_a_feature_says_what_else_to_look_at(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def replica() -> Found:
        return Found("replica", False, "replica", "start it", needed=False)

    def key() -> Found:
        raise OSError(13, "secret path")

    monkeypatch.setitem(app.extensions, "qiding.checks", (replica, key))
    status, found = checks(client)
    assert (status, found["replica"], found["key"]) == (503, "look", "fails")
    assert "replica: start it" in app.test_cli_runner().invoke(args=["doctor"]).output


def test_who_asks_while_another_looks_waits_for_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looking, go_on = threading.Event(), threading.Event()
    door = Door(lambda _environ, _start: [], app)

    def look() -> tuple[str, bytes]:
        looking.set()
        go_on.wait(10)
        return ("200 OK", b"{}")

    monkeypatch.setattr(door, "_look", look)
    thread = threading.Thread(target=door._ready)
    thread.start()
    try:
        assert looking.wait(10)
        assert door._ready()[0].startswith("503")  # there is no answer from before
    finally:
        go_on.set()
        thread.join(10)
    assert door._kept[1][0] == "200 OK"
