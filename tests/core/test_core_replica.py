"""A replica that really streams: what may lag is read from it, and never by whoever just wrote, and no command ever is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from app.config import Config
from app.core import replica as replicas
from app.core.clock import FixedClock
from app.core.database import db
from app.core.replica import KEY, Replica, may_lag
from app.core.transaction import transaction
from app.engine.errors import NotFound
from app.factory import create_app
from app.people.communities import create_community
from app.people.places import Community
from tests.ballots.world import send
from tests.clusters import Cluster, programs
from tests.conftest import NOON
from tests.projects.world import Garden, build

pytestmark = [pytest.mark.postgresql, pytest.mark.slow, pytest.mark.xdist_group("replica")]
LIST = "/communities"


@dataclass
class Pair:
    """A primary with a furnished database, and a standby."""

    primary: Cluster
    standby: Cluster
    app: Flask
    garden: Garden

    @property
    def knows(self) -> Replica:
        found: Replica = self.app.extensions["qiding.replica"]
        return found

    def look(self) -> str:
        """What a look at the replica, made now, says."""
        self.knows._looked = self.knows._rest_until = self.knows._alone_until = float("-inf")
        self.knows.serves(None)
        return self.knows.state

    def add(self, slug: str) -> None:
        """Somebody else's write."""
        with self.app.app_context():
            create_community(None, slug, name=f"{slug}里")

    def catches_up(self) -> None:
        """Wait until the standby has replayed all that there is."""
        end = self.primary.ask("select pg_current_wal_lsn()")[0][0]
        until = time.monotonic() + 20
        while self.standby.ask(f"select pg_last_wal_replay_lsn() >= '{end}'") != [(True,)]:
            assert time.monotonic() < until
            time.sleep(0.02)
        while self.look() != "up":
            assert time.monotonic() < until
            time.sleep(0.02)

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Let the standby receive and not replay."""
        self.catches_up()
        self.standby.ask("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            self.standby.ask("select pg_wal_replay_resume()")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Made once: what a test breaks, it mends."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's programs are not here")
    with Cluster.made(found) as primary:
        primary.ask("create database town")
        config = Config(
            database_url=primary.url("town"),
            media_dir=tmp_path_factory.mktemp("media"),
            secret="for-tests-only",
            testing=True,
            base_url="http://localhost",
        )
        clock = FixedClock(NOON)
        app = create_app(config, clock)
        with app.app_context():
            upgrade()
            db.engine.dispose()
        with primary.standby("two") as standby:
            app = create_app(replace(config, replica_url=standby.url("town")), clock)
            yield Pair(primary, standby, app, build(app, clock))
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


@pytest.fixture
def from_replica(pair: Pair) -> Iterator[list[str]]:
    """The statements that the replica is asked during a test, without the looks at how far it is."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "pg_last_wal" not in statement:
            asked.append(statement)

    with pair.app.app_context():
        engine = db.engines[KEY]
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def writer(pair: Pair) -> FlaskClient:
    """A resident who just wrote."""
    browser = pair.garden.browser(pair.garden.neighbour)
    page = f"/c/ziteng/proposals/{pair.garden.activity('ideas')}/new"
    answer = send(browser, page, {"title": "修长椅", "text": "长椅坏了。"})
    assert answer.status_code == 303
    return browser


def test_what_may_lag_is_read_from_the_replica_and_nothing_else(pair: Pair, from_replica: list[str]) -> None:
    pair.catches_up()
    assert pair.app.test_client().get(LIST).status_code == 200
    assert from_replica
    from_replica.clear()
    pair.app.test_client().get("/c/ziteng/")
    writer(pair)
    assert from_replica == []


def test_who_just_wrote_reads_it_while_others_may_wait(pair: Pair) -> None:
    with pair.behind():
        pair.add("hehuan")
        mine = writer(pair)
        assert "hehuan里" not in pair.app.test_client().get(LIST).text
        assert "hehuan里" in mine.get(LIST).text
    pair.catches_up()
    assert "hehuan里" in pair.app.test_client().get(LIST).text


def test_who_wrote_reads_from_the_replica_again_once_it_knows(pair: Pair, from_replica: list[str]) -> None:
    mine = writer(pair)
    pair.catches_up()
    mine.get(LIST)
    assert from_replica


def test_the_mark_of_a_write_is_signed_and_a_forged_one_is_none(pair: Pair, from_replica: list[str]) -> None:
    pair.catches_up()
    for forged in ("99999999999999", "1.x", "x" * 3000):
        browser = pair.app.test_client()
        browser.set_cookie("qiding-wrote", forged)
        from_replica.clear()
        assert browser.get(LIST).status_code == 200
        assert from_replica


def test_a_read_marks_nobody(pair: Pair) -> None:
    answer = pair.app.test_client().get(LIST)
    assert "Set-Cookie" not in answer.headers


def test_a_command_within_a_request_that_may_lag_is_the_primarys(pair: Pair, from_replica: list[str]) -> None:
    pair.catches_up()
    with pair.app.test_request_context(LIST):
        pair.app.preprocess_request()
        assert g.from_replica
        db.session.scalar(select(Community.id))
        assert from_replica
        from_replica.clear()
        with transaction() as tx:
            tx.session.scalar(select(Community.id))
            tx.session.execute(text("update community set name = name"))
        db.session.scalar(select(Community.id))
        assert from_replica == []


def test_the_replica_refuses_to_be_written_to(pair: Pair) -> None:
    with pair.app.app_context(), db.engines[KEY].connect() as connection, pytest.raises(DBAPIError, match="read-only"):
        connection.execute(text("update community set name = name"))


def test_a_replica_too_far_behind_is_not_read(
    pair: Pair, from_replica: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair.behind():
        pair.add("jinshan")
        monkeypatch.setattr(pair.knows, "_most", 0.0)
        assert pair.look() == "behind"
        assert "jinshan里" in pair.app.test_client().get(LIST).text
        assert from_replica == []
    monkeypatch.undo()
    pair.catches_up()


def test_a_replica_to_which_nothing_streams_counts_as_behind_though_it_knows_nothing_newer(pair: Pair) -> None:
    pair.catches_up()
    place = pair.standby.ask("show primary_conninfo")[0][0]
    pair.standby.ask("alter system set primary_conninfo = ''")
    pair.standby.ask("select pg_reload_conf()")
    time.sleep(0.3)
    pair.add("nanqiao")
    lags = [pair.look() and pair.knows.lag()]
    time.sleep(0.2)
    lags.append(pair.look() and pair.knows.lag())
    pair.standby.ask("alter system set primary_conninfo = '{}'".format(str(place).replace("'", "''")))
    pair.standby.ask("select pg_reload_conf()")
    assert lags[0] is not None
    assert lags[1] is not None
    assert lags[1] > lags[0]
    pair.catches_up()


def test_what_the_replica_does_not_know_yet_is_looked_for_at_the_primary(pair: Pair) -> None:
    with pair.behind():
        pair.add("meilong")
        assert pair.app.test_client().get("/c/meilong/search").status_code == 200
    pair.catches_up()


def test_a_view_goes_on_at_the_primary_when_the_replica_dies_under_it(pair: Pair) -> None:
    pair.catches_up()
    served: list[bool] = []

    @may_lag
    def view() -> str:
        served.append(bool(db.session().info.get(KEY)))
        first = db.session.scalar(select(Community.slug).order_by(Community.id))
        if served == [True]:
            pair.standby.kill()
        db.session.scalar(select(Community.id))
        return str(first)

    try:
        with pair.app.test_request_context(LIST):
            pair.app.preprocess_request()
            assert view() == "ziteng"
        assert served == [True, False]
        assert pair.knows.state == "down"
        assert pair.app.test_client().get(LIST).status_code == 200
        assert pair.look() == "down"
    finally:
        pair.standby.start()
    pair.catches_up()


def test_an_error_of_the_primary_is_nobody_elses(pair: Pair) -> None:
    @may_lag
    def view() -> None:
        raise NotFound

    with pair.app.test_request_context("/"), pytest.raises(NotFound):
        view()


def test_while_the_primary_is_gone_what_may_lag_is_still_read(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair.knows, "_most", 60.0)
    pair.catches_up()
    pair.primary.kill()
    try:
        assert pair.look() == "up"
        assert pair.app.test_client().get(LIST).status_code == 200
        pair.app.config["PROPAGATE_EXCEPTIONS"] = False
        assert pair.app.test_client().get("/c/ziteng/").status_code == 503
    finally:
        del pair.app.config["PROPAGATE_EXCEPTIONS"]
        pair.primary.start()
    pair.catches_up()


def test_a_standby_that_became_a_primary_is_no_replica_any_more(pair: Pair) -> None:
    pair.catches_up()
    with pair.primary.standby("three") as other, pair.app.app_context():
        config: Config = pair.app.config["QIDING"]
        engine = create_app(replace(config, replica_url=other.url("town")))
        with engine.app_context():
            knows: Replica = engine.extensions["qiding.replica"]
            assert knows.serves(None)
            other.promote()
            knows._looked = float("-inf")
            assert not knows.serves(None)
            assert knows.state == "down"
            for opened in db.engines.values():
                opened.dispose()


def test_without_a_replica_nothing_is_chosen(app: Flask, tmp_path: Path) -> None:
    assert "qiding.replica" not in app.extensions
    assert replicas.binds(app.config["QIDING"], {}) == {}
