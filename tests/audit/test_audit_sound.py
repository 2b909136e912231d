"""What nobody touched verifies; what the command says, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.audit import log
from app.audit.finding import Finding
from app.audit.verify import verify
from app.ballots.service import cast
from app.core.clock import DAY, FixedClock
from app.core.events import LogEntry
from app.engine.merkle import root
from tests.audit.place import by_hand, changed, furnish, look, rows_of
from tests.ballots.world import build
from tests.core.together import together

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command as the shell does."""
    return lambda *words: app.test_cli_runner().invoke(args=["audit", *words])


def test_what_nobody_touched_verifies(app: Flask, clock: FixedClock) -> None:
    town = furnish(app, clock)
    report = look(town)
    assert report.finding is None, report.finding
    with town.here() as session:
        query = select(LogEntry.body).where(LogEntry.community_id == town.community_id).order_by(LogEntry.seq)
        bodies = session.scalars(query).all()
    assert (report.size, report.root) == (len(bodies), root(body.encode() for body in bodies).hex())
    assert (report.projects, report.ballots, report.records) == (3, 20, 3)


def test_at_every_moment_of_a_vote_all_verifies(app: Flask, clock: FixedClock, run: Run) -> None:
    world = build(app, clock)
    assert look(world).finding is None
    poll = world.announce()
    assert look(world).finding is None
    clock.advance(2 * DAY)
    for who in range(3):
        world.cast(who, poll)
        assert look(world).finding is None
    world.close(poll)
    assert look(world).finding is None
    assert app.test_cli_runner().invoke(args=["tick"]).exit_code == 0
    assert look(world).finding is None


def test_the_command_says_a_line_for_each_community_and_ends_well(app: Flask, clock: FixedClock, run: Run) -> None:
    assert (run("verify").output, run("verify").exit_code) == ("", 0)
    furnish(app, clock)
    result = run("verify")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"ziteng: 31 entries, root [0-9a-f]{64}, 3 projects, 20 ballots, 3 records, 0 checkpoints, \d+\.\d s", lines[0]
    ), lines[0]
    assert lines[1].startswith("guixiang: 1 entries, root ")
    assert run("verify", "--community", "guixiang").output.startswith("guixiang: 1 entries")


def test_the_command_names_the_first_wrong_thing_of_each_community(app: Flask, clock: FixedClock, run: Run) -> None:
    world = furnish(app, clock)
    record, head = rows_of(world, "record")[0], rows_of(world, "log_head")[1]
    with changed(world, "record", record, title="别的"), changed(world, "log_head", head, size=7):
        result = run("verify")
        assert result.exit_code == 1
        lines = result.output.splitlines()
        assert lines[0].startswith(f"ziteng: WRONG: record {record['public_id']}, title")
        assert lines[1].startswith("guixiang: WRONG: log_head of 1 entries, size: expected 1")
        assert run("verify", "--community", "ziteng").exit_code == 1
    with changed(world, "record", record, project_id=999):
        result = run("verify")
        assert result.exit_code == 1
        assert result.output.startswith(f"database: WRONG: record {record['public_id']}, project_id")
    assert run("verify").exit_code == 0


def test_a_root_noted_earlier_is_asked_for(app: Flask, clock: FixedClock, run: Run) -> None:
    world = furnish(app, clock)
    noted = run("root", "ziteng").output.strip()
    assert re.fullmatch(r"31:[0-9a-f]{64}", noted)
    project = rows_of(world, "project")[0]
    world.cast(4, rows_of(world, "poll")[-1]["public_id"])
    assert run("root", "ziteng").output.startswith("31:")
    assert run("verify", "--community", "ziteng", "--head", noted).exit_code == 0
    result = run("verify", "--community", "ziteng", "--head", f"{noted[:-1]}{'1' if noted[-1] == '0' else '0'}")
    assert (result.exit_code, "noted earlier" in result.output) == (1, True)
    assert project["step"] not in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify", "--community", "nowhere"), "there is no community nowhere"),
        (("root", "nowhere"), "there is no community nowhere"),
        (("verify", "--head", f"1:{'ab' * 32}"), "--community"),
        (("verify", "--community", "ziteng", "--head", "1:abc"), "SIZE:ROOT"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, words: tuple[str, ...], says: str) -> None:
    result = run(*words)
    assert result.exit_code != 0
    assert says in result.output


def test_an_audit_while_others_write_finds_nothing(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build(app, clock)
    poll = world.open()
    monkeypatch.setattr(log, "CHUNK", 3)

    def act(number: int) -> list[Finding | None]:
        if number < 3:
            return [verify(world.slug).finding for _ in range(6)]
        for turn in range(5):
            cast(world.residents[number - 3], poll, {"stance": "consent"}, once=f"{number}.{turn}")
        return []

    done = together(app, act, 9)
    assert [one for one in done if isinstance(one, Exception)] == []
    assert {finding for findings in done if isinstance(findings, list) for finding in findings} == {None}
    assert look(world).ballots == 30


def test_the_audit_writes_nothing(app: Flask, clock: FixedClock, run: Run) -> None:
    world = furnish(app, clock)
    tables = ("log", "event", "poll", "ballot", "project", "record", "message", "job")
    before = {table: rows_of(world, table) for table in tables}
    assert run("verify").exit_code == 0
    assert {table: rows_of(world, table) for table in tables} == before


def test_rows_that_cannot_be_read_are_named_and_no_traceback(app: Flask, clock: FixedClock, run: Run) -> None:
    """SQLite lets any bytes stand in a JSON column; PostgreSQL refuses them."""
    world = furnish(app, clock)
    for table, column in (("event", "data"), ("poll", "tally"), ("poll", "asked_of"), ("decision", "policy")):
        row = rows_of(world, table)[0]
        with by_hand(world) as connection:
            if connection.dialect.name != "sqlite":
                return
            old = connection.exec_driver_sql(f"SELECT {column} FROM {table} WHERE id = ?", (row["id"],)).scalar()
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = '{{broken' WHERE id = ?", (row["id"],))
        result = run("verify")
        assert (result.exit_code, result.exception.__class__) == (1, SystemExit), result.output
        assert f"{table} {row.get('public_id', row['id'])}, {column}: expected JSON" in result.output
        with by_hand(world) as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE id = ?", (old, row["id"]))
    assert run("verify").exit_code == 0
