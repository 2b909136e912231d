"""A database that is full, takes nothing, is gone, or is started anew: what was recorded stays, and the rest is said."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.config import Config
from app.core.clock import FixedClock
from app.core.database import db
from app.factory import create_app
from tests.clusters import Cluster, folder_of_its_own, programs
from tests.conftest import NOON, ON_POSTGRESQL
from tests.faults.conftest import EN, NOT_SHOWN, ZH, Hall, each_connection, hall_of, little_disk, read_only, refused

PATIENCE = 150.0


@pytest.mark.sqlite
def test_a_full_disk_refuses_casts_and_lets_people_read(app: Flask, hall: Hall) -> None:
    hall.cast()
    with hall.world.here() as session:
        pages = session.execute(text("pragma page_count")).scalar_one()
    with each_connection(app, f"PRAGMA max_page_count = {pages + 6}"):
        refused(hall.cast_until_refused())
        refused(hall.cast(1, ZH), "zh")
        assert hall.browsers[0].get(hall.page, headers=EN).status_code == 200
        assert app.test_client().get("/c/ziteng/", headers=EN).status_code == 200
        hall.look()
        with hall.world.here() as session:
            assert session.execute(text("pragma integrity_check")).scalar_one() == "ok"
    assert hall.cast(2).status_code == 303
    hall.look()


def test_a_database_that_takes_nothing_is_read_and_says_so(app: Flask, hall: Hall) -> None:
    assert hall.cast().status_code == 303
    with read_only(app, not ON_POSTGRESQL):
        refused(hall.cast(1))
        refused(hall.cast(2, ZH), "zh")
        for path in ("/", "/c/ziteng/", hall.page, "/me", "/search", "/api/v1/communities"):
            assert hall.browsers[0].get(path, headers=EN).status_code in (200, 302), path
        hall.look()
        told = app.test_cli_runner().invoke(args=["doctor"])
        assert told.exit_code == 1
        assert "MISSING the database takes what is written: " in told.output, told.output
    assert hall.cast(1).status_code == 303
    hall.look()
    assert "ok      the database takes what is written" in app.test_cli_runner().invoke(args=["doctor"]).output


@pytest.mark.parametrize("url", ["sqlite:////proc/nowhere/qiding.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"])
def test_without_a_database_every_page_says_so_in_the_readers_language(url: str, tmp_path: Path) -> None:
    app = create_app(Config(database_url=url, media_dir=tmp_path, secret="x", base_url="http://localhost"))
    browser = app.test_client()
    for headers, language in ((EN, "en"), (ZH, "zh")):
        for path in ("/", "/help", "/c/ziteng/", "/sign-in/staff"):
            page = browser.get(path, headers=headers)
            if page.status_code != 200:  # some pages ask the database nothing
                assert page.status_code == 503, path
                assert NOT_SHOWN[language] in page.text, path
                assert page.headers["Retry-After"] == "10"
                assert page.text.count("<h1") == 1
    assert browser.get("/", headers=EN).status_code == 503
    browser.set_cookie("lang", "en")
    answer = browser.get("/", headers={"Accept": "application/json", **EN})
    assert (answer.status_code, answer.json["error"]) == (503, "error")
    problem = browser.get("/api/v1/communities")
    assert (problem.status_code, problem.mimetype) == (503, "application/problem+json")
    with browser.session_transaction() as session:  # whoever was signed in is not looked for once more
        session["_user_id"] = "device:0000000000000000"
    assert NOT_SHOWN["en"] in browser.get("/me", headers=EN).text
    with browser.get("/static/qiding.css") as style:
        assert style.status_code == 200
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert (told.exit_code, "MISSING database" in told.output) == (1, True), told.output


@pytest.mark.postgresql
def test_postgresql_falls_and_comes_again_while_people_vote(tmp_path: Path) -> None:
    bin_ = programs()
    assert bin_ is not None, "no programs of PostgreSQL: apt install postgresql"
    with Cluster.made(bin_) as cluster:
        app = on(cluster.url("postgres"), tmp_path)
        hall = hall_of(app, app.extensions["qiding.clock"])
        wrong = fall(hall, lambda: kill_one(cluster))  # the others are ended by it, and it starts anew by itself
        wrong += fall(hall, lambda: again(cluster))
        assert wrong == []
        # All connections of the pool are dead ones now and then; nobody is told so.
        again(cluster)
        for who in range(4):
            assert hall.cast(who).status_code == 303
        hall.look()
        with app.app_context():
            db.engine.dispose()


def on(url: str, folder: Path) -> Flask:
    """An application on a server of its own."""
    app = create_app(
        Config(database_url=url, media_dir=folder / "media", secret="x", testing=True, base_url="http://localhost"),
        FixedClock(NOON),
    )
    with app.app_context():
        upgrade()
    return app


def again(cluster: Cluster) -> None:
    """As when the machine loses its power, and is switched on."""
    cluster.kill()
    cluster.start()


def kill_one(cluster: Cluster) -> None:
    """SIGKILL to a process that serves a connection."""
    query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1"
    for (pid,) in cluster.ask(query):
        os.kill(int(str(pid)), 9)


def fall(hall: Hall, do: object) -> list[str]:
    """Let the server fall while four vote; what was answered otherwise than "recorded", "not recorded" or "not now"."""
    stop, wrong, refusals = threading.Event(), [], []
    enough = threading.Event()

    def vote(who: int) -> None:
        while not stop.is_set():
            answer = hall.cast(who)
            if answer.status_code == 503:
                refusals.append(answer.text)
            elif answer.status_code != 303:
                wrong.append(f"{answer.status_code}")
            if len(hall.recorded) >= wanted:
                enough.set()

    crowd = [threading.Thread(target=vote, args=(who,)) for who in range(4)]
    wanted = len(hall.recorded) + 4
    for one in crowd:
        one.start()
    assert enough.wait(PATIENCE), "nobody could vote before"
    do()  # type: ignore[operator]
    enough.clear()
    wanted = len(hall.recorded) + 4
    came_back = enough.wait(PATIENCE)
    stop.set()
    for one in crowd:
        one.join()
    assert came_back, "nobody could vote after it"
    wrong += [page for page in refusals if "Not recorded" not in page and NOT_SHOWN["en"] not in page]
    hall.look()
    return wrong


@pytest.mark.postgresql
def test_a_full_disk_of_postgresql_refuses_casts_and_lets_people_read(tmp_path: Path) -> None:
    bin_ = programs()
    assert bin_ is not None, "no programs of PostgreSQL: apt install postgresql"
    with folder_of_its_own() as folder, little_disk(folder / "small", "32m") as mounted, Cluster.made(bin_) as cluster:
        if not mounted:
            pytest.skip("a small disk can't be mounted without root")
        owner = folder.stat()
        os.chown(folder / "small", owner.st_uid, owner.st_gid)
        (folder / "small" / "space").mkdir()
        os.chown(folder / "small" / "space", owner.st_uid, owner.st_gid)
        cluster.ask(f"create tablespace small location '{folder / 'small' / 'space'}'")
        cluster.ask("create database small tablespace small")
        app = on(cluster.url("small"), tmp_path)
        hall = hall_of(app, app.extensions["qiding.clock"])
        assert hall.cast().status_code == 303
        filler = folder / "small" / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as out:
            while True:
                out.write(bytes(shutil.disk_usage(filler.parent).free // 2 or 4096))
        refused(hall.cast_until_refused(400))
        assert hall.browsers[0].get(hall.page, headers=EN).status_code == 200
        hall.look()
        filler.unlink()
        assert hall.cast(2).status_code == 303
        hall.look()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
