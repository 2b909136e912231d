"""The commands of the command line: what they say, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.config import ROOT
from app.core.clock import DAY, FixedClock
from app.core.database import db
from app.core.jobs import enqueue
from app.core.outbox import Message
from app.core.transaction import transaction
from app.people.places import Community
from app.people.staff import sign_in
from app.projects.models import MethodVersion
from tests.ballots.world import World, build

Run = Callable[..., Result]
SETUP = ("setup", "--town", "清溪镇", "--slug", "ziteng", "--community", "紫藤里", "--name", "丁敏")


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command as the shell does."""
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def test_the_methods_that_come_along_have_nothing_wrong(run: Run) -> None:
    for name in ("qiding", "lift"):
        result = run("method", "check", str(ROOT / "app" / "methods" / f"{name}.toml"))
        assert (result.exit_code, result.output.strip().endswith("nothing wrong")) == (0, True), result.output


def test_what_is_wrong_in_a_method_is_said_by_line_and_key(run: Run, tmp_path: Path) -> None:
    source = (ROOT / "app" / "methods" / "lift.toml").read_text(encoding="utf-8")
    line = source.splitlines().index('  kind = "roster"') + 1
    file = tmp_path / "mine.toml"
    file.write_text(source.replace('  kind = "roster"', '  kind = "rooster"', 1), encoding="utf-8")
    result = run("method", "check", str(file))
    assert result.exit_code == 1
    assert f"mine.toml:{line}: steps.feasibility.activities.mentors.kind: " in result.output, result.output
    assert "rooster" in result.output
    file.write_bytes("key = '七'".encode("gb18030"))
    assert "not UTF-8" in run("method", "check", str(file)).output


def test_a_checked_method_is_stored_once(run: Run, app: Flask) -> None:
    file = str(ROOT / "app" / "methods" / "lift.toml")
    assert run("method", "store", file).output == run("method", "store", file).output
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(MethodVersion)) == 1


def test_set_up_makes_a_town_once(run: Run, app: Flask) -> None:
    words = (*SETUP, "--email", "ding@example.org", "--password", "three words in a row")
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "ding@example.org" in result.output
    with app.app_context():
        assert db.session.scalars(select(Community.slug)).all() == ["ziteng"]
        assert sign_in("ding@example.org", "three words in a row", "198.51.100.7").name == "丁敏"
        assert db.session.scalar(select(func.count()).select_from(MethodVersion)) == 2
    again = run(*words)
    assert again.exit_code == 1
    assert "already" in again.output


@pytest.mark.parametrize(
    ("email", "password", "says"), [("ding", "three words in a row", "mail"), ("ding@example.org", "short", "8")]
)
def test_set_up_with_something_wrong_says_what_and_changes_nothing(
    run: Run, app: Flask, email: str, password: str, says: str
) -> None:
    result = run(*SETUP, "--email", email, "--password", password)
    assert result.exit_code == 1
    assert says in result.output
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Community)) == 0


def test_a_tick_sends_what_became_due_and_the_next_one_nothing(run: Run, app: Flask, clock: FixedClock) -> None:
    world: World = build(app, clock)
    poll = world.open()
    world.cast(0, poll)
    clock.advance(8 * DAY)
    # The poll is settled and has lapsed, so its links end; a checkpoint is signed, a bundle asked for, and what is
    # kept long enough is to be forgotten; then four jobs.
    assert run("tick").output == "9 done\n"
    assert run("tick").output == "0 done\n"
    with app.app_context():
        told = db.session.scalar(select(func.count()).select_from(Message).where(Message.kind == "poll.closed"))
        assert told == len(world.residents)


def test_a_worker_runs_what_waits(run: Run, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setitem(app.extensions["qiding.jobs"], "test", lambda claim: seen.append(claim.arguments["n"]))
    with app.app_context(), transaction() as tx:
        for n in (1, 2):
            enqueue(tx, "test", {"n": n})
    assert run("worker", "--once").output == "2 jobs run\n"
    assert seen == [1, 2]


def test_the_doctor_names_what_is_there_and_what_is_missing(
    run: Run, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "revision" in result.output
    broken = replace(app.config["QIDING"], media_dir=Path("/proc/nowhere"))
    monkeypatch.setitem(app.config, "QIDING", broken)
    result = run("doctor")
    assert result.exit_code == 1
    assert "MISSING media" in result.output
