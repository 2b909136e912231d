"""What processes share through Redis: counts and fragments; and that nothing breaks where Redis is gone or silent."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import event, func, select

from app.api import limit
from app.config import Config, MissingPackage
from app.core import shared
from app.core.clock import MINUTE, FixedClock
from app.core.database import db
from app.core.limits import Tries, count_try, give_back
from app.engine.errors import TooMany
from app.factory import create_app

HERE = ("127.0.0.1", 6379)


def _listens(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, 1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis: the one of QIDING_TEST_REDIS, one that runs here already, or one started for these tests alone."""
    given = os.environ.get("QIDING_TEST_REDIS")
    if given or _listens(HERE):
        yield given or f"redis://{HERE[0]}:{HERE[1]}/15"
        return
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("QIDING_REQUIRE_ALL") == "1":
            pytest.fail("no Redis is here, and nothing may be left out")
        pytest.skip("no Redis is here")
    path = tmp_path_factory.mktemp("redis") / "s"
    command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(command, cwd=path.parent, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait()


def use(app: Flask, url: str | None, secret: str = "") -> shared.Shared:
    """Let the application share through this Redis, under keys that no other test has."""
    config: Config = app.config["QIDING"]
    shared.init_shared(app, replace(config, redis_url=url, secret=secret or os.urandom(8).hex()))
    found: shared.Shared = app.extensions["qiding.shared"]
    return found


@pytest.fixture
def here(app: Flask) -> Iterator[Flask]:
    """The application's context; without Redis again afterwards."""
    with app.app_context():
        yield app
    use(app, None)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def counted_in_the_database() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Tries)) or 0


def test_without_redis_nothing_is_kept_and_nothing_counted(here: Flask) -> None:
    assert use(here, None).state == "absent"
    shared.set("page", b"words", 10)
    assert shared.get("page") is None
    assert shared.add("n", 1, 10) is None


def test_two_processes_share_what_they_keep_and_count(here: Flask, redis_url: str) -> None:
    use(here, redis_url, "one secret")
    shared.set("page", "字".encode(), 10)
    first = shared.add(f"n{time.time_ns()}", 5, 10)
    use(here, redis_url, "one secret")  # as another process of the same installation would
    assert shared.get("page") == "字".encode()
    assert first == 5
    use(here, redis_url, "another secret")
    assert shared.get("page") is None  # another installation on the same Redis


def test_what_is_kept_is_forgotten(here: Flask, redis_url: str) -> None:
    use(here, redis_url)
    shared.set("page", b"words", 0.05)
    shared.add("n", 3, 0.05)
    time.sleep(0.2)
    assert shared.get("page") is None
    assert shared.add("n", 1, 10) == 1


def test_a_limit_that_may_be_forgotten_is_counted_in_redis(here: Flask, redis_url: str, clock: FixedClock) -> None:
    use(here, redis_url)
    for _ in range(3):
        count_try("comment", "7", most=3, window=10 * MINUTE)
    with pytest.raises(TooMany, match="Wait 10 minutes"):
        count_try("comment", "7", most=3, window=10 * MINUTE)
    give_back("comment", "7", window=10 * MINUTE)
    give_back("comment", "7", window=10 * MINUTE)
    count_try("comment", "7", most=3, window=10 * MINUTE)
    assert counted_in_the_database() == 0
    clock.advance(10 * MINUTE)
    count_try("comment", "7", most=1, window=10 * MINUTE)


@pytest.mark.parametrize("kind", ["code", "staff-account", "staff-address", "mail-address", "complaint", "move"])
def test_a_limit_that_must_hold_is_counted_in_the_database(here: Flask, redis_url: str, kind: str) -> None:
    use(here, redis_url)
    count_try(kind, "7", most=3, window=MINUTE)
    assert counted_in_the_database() == 1


def test_requests_for_open_data_are_counted_one_by_one_where_there_is_redis(here: Flask, redis_url: str) -> None:
    use(here, redis_url)
    waits = [limit.count("192.0.2.9", 0) for _ in range(limit.MOST + 1)]
    assert waits[:-1] == [None] * limit.MOST
    assert waits[-1]
    assert counted_in_the_database() == 0


def test_where_redis_is_gone_the_database_does(here: Flask, caplog: pytest.LogCaptureFixture) -> None:
    door = use(here, "redis://127.0.0.1:1/0")
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            count_try("comment", "7", most=4, window=MINUTE)
            shared.set("page", b"words", 10)
            assert shared.get("page") is None
    with pytest.raises(TooMany):
        count_try("comment", "7", most=4, window=MINUTE)
    assert door.state == "down"
    assert [record.message for record in caplog.records if "Redis" in record.message] == [
        "Redis does not answer (ConnectionError): the database does until it is back"
    ]


def test_a_silent_redis_is_asked_once_and_then_left_alone(
    here: Flask, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = use(here, silent)
    asked = []
    for _ in range(20):
        assert door.ask(lambda redis: asked.append(1) or redis.get("x")) is None  # type: ignore[func-returns-value]
    assert asked == [1]
    monkeypatch.setattr(shared, "REST", 0.0)
    door._rest_until = 0.0
    assert door.ask(lambda redis: asked.append(1) or redis.get("x")) is None  # type: ignore[func-returns-value]
    assert asked == [1, 1]


def test_redis_that_comes_back_is_used_again(here: Flask, redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    door = use(here, redis_url)

    def fails(_redis: object) -> None:
        raise ConnectionError

    with caplog.at_level(logging.WARNING):
        door.ask(fails)
        assert (door.state, shared.add("n", 1, 10)) == ("down", None)
        door._rest_until = 0.0
        assert (shared.add("n", 1, 10), door.state) == (1, "up")
    assert caplog.messages[-1] == "Redis answers again"


def test_a_missing_package_is_named(here: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.importlib.util, "find_spec", lambda _name: None)  # type: ignore[attr-defined]
    with pytest.raises(MissingPackage, match="pip install redis"):
        use(here, "redis://127.0.0.1:6379/0")


def test_an_address_that_is_none_is_refused(here: Flask, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="REDIS_URL is redis://"):
        use(here, f"http://{tmp_path}")


@pytest.mark.usefixtures("community_id")
def test_a_page_that_one_process_made_is_what_another_sends(app: Flask, clock: FixedClock, redis_url: str) -> None:
    config = replace(app.config["QIDING"], redis_url=redis_url, secret=os.urandom(8).hex(), page_cache=8)
    one, other, third = (create_app(config, clock) for _ in range(3))

    def asked(process: Flask) -> tuple[bytes, int]:
        seen: list[str] = []
        with process.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
        answer = process.test_client().get("/c/ziteng/")
        assert answer.status_code == 200
        engine.dispose()
        return answer.data, sum(not statement.startswith("BEGIN") for statement in seen)

    page, most = asked(one)
    assert asked(other) == (page, 1)  # the version alone
    redis = Redis.from_url(redis_url)
    with closing(redis):
        names = redis.keys(f"{shared.prefix_of(config)}:kept:*")
        assert names
        for name in names:
            redis.set(name, b"what nobody here wrote", ex=60)
        assert asked(third) == (page, most)
        redis.delete(*names)
