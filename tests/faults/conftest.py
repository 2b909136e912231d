"""Fixtures of the tests of faults: an open vote with voters in browsers, and what is looked at after each fault."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from werkzeug.test import TestResponse

from app.audit.verify import verify, verify_links
from app.ballots.models import Ballot
from app.core.clock import FixedClock
from app.core.database import db
from tests.ballots.world import World, build

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh-CN"}
NOT_RECORDED = {"en": "Not recorded", "zh": "没有记录"}
NOT_SHOWN = {"en": "can&#39;t be shown just now", "zh": "现在打不开"}


@dataclass
class Hall:
    """An open vote, a browser for each of its voters, and the words of each ballot that was answered with "recorded"."""

    world: World
    poll: str
    page: str
    browsers: list[FlaskClient]
    recorded: list[str] = field(default_factory=list)
    sent: int = 0

    def cast(self, who: int = 0, headers: dict[str, str] = EN) -> TestResponse:
        """Open the page of the vote and cast, each time with other words; the page itself may be refused."""
        browser = self.browsers[who]
        opened = browser.get(self.page, headers=headers)
        if opened.status_code != 200:
            return opened
        self.sent += 1
        words = f"{who}号第{self.sent}次：" + "请留意水管。" * 30
        hidden = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', opened.text))
        answer = browser.post(self.page, data={**hidden, "stance": "concern", "concern": words}, headers=headers)
        if answer.status_code == 303:
            self.recorded.append(words)
        return answer

    def cast_until_refused(self, most: int = 120) -> TestResponse:
        """Cast again and again until it is no longer recorded."""
        for turn in range(most):
            answer = self.cast(turn % len(self.browsers))
            if answer.status_code != 303:
                return answer
        raise AssertionError("everything was recorded: the fault was none")

    def look(self) -> None:
        """Every recorded ballot is there once, nothing that was refused is, one is live a slot, and the audit is sound."""
        with self.world.here():
            db.session.remove()
            rows = db.session.execute(select(Ballot.slot_id, Ballot.choice, Ballot.live)).all()
            assert Counter(read(choice) for _, choice, _ in rows) == Counter(self.recorded)
            live = Counter(slot for slot, _, alive in rows if alive)
            assert set(live.values()) <= {1}
            assert len(live) == len({slot for slot, _, _ in rows})
            assert verify_links() is None
            finding = verify(self.world.slug).finding
            assert finding is None, str(finding)


def read(choice: Any) -> str:
    import json

    told = json.loads(choice) if isinstance(choice, str) else choice
    return str(told["text"])


def refused(answer: TestResponse, language: str = "en") -> None:
    """A command that failed says so: nothing was recorded, and when to try again."""
    assert answer.status_code == 503, (answer.status_code, re.findall(r"<p class=\"lead\">([^<]*)", answer.text))
    assert NOT_RECORDED[language] in answer.text
    assert answer.headers["Retry-After"] == "10"
    assert "Traceback" not in answer.text


def hall_of(app: Flask, clock: FixedClock, voters: int = 4) -> Hall:
    """An open vote in an empty database."""
    world = build(app, clock, residents=voters)
    poll = world.open()
    browsers = []
    for who in range(voters):
        browsers.append(app.test_client())
        world.sign_in(browsers[-1], who)
    return Hall(world, poll, f"/c/{world.slug}/poll/{poll}", browsers)


@pytest.fixture
def hall(app: Flask, clock: FixedClock) -> Hall:
    """The same, in the tests' database."""
    return hall_of(app, clock)


@contextmanager
def each_connection(app: Flask, *statements: str) -> Iterator[None]:
    """Say something on each new connection to SQLite, and no more after the block."""

    def say(connection: Any, _record: object) -> None:
        for statement in statements:
            connection.execute(statement)

    with app.app_context():
        db.session.remove()
        engine = db.engine
        engine.dispose()
    event.listen(engine, "connect", say)
    try:
        yield
    finally:
        event.remove(engine, "connect", say)
        with app.app_context():
            db.session.remove()
        engine.dispose()


@contextmanager
def read_only(app: Flask, sqlite: bool) -> Iterator[None]:
    """A database that takes nothing: as on a disk mounted read-only, or on a standby."""
    if sqlite:
        with each_connection(app, "PRAGMA query_only = 1"):
            yield
        return
    with app.app_context():
        engine = db.engine

    def alter(words: str) -> None:
        with app.app_context():
            db.session.remove()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("set session default_transaction_read_only = off"))
            connection.execute(text(f'alter database "{engine.url.database}" {words}'))
        engine.dispose()

    alter("set default_transaction_read_only = on")
    try:  # with no context open: requests within one would share what each keeps for itself
        yield
    finally:
        alter("reset default_transaction_read_only")


@contextmanager
def little_disk(folder: Path, size: str) -> Iterator[bool]:
    """A disk of this size mounted at a folder; whether it could be: that needs root."""
    import subprocess

    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
