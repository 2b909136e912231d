"""Several processes and hosts at one database: each job runs once, each tick does each thing once, all may start at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.engine import make_url

from app.ballots.models import Batch, Poll
from app.core import jobs
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.core.delivery import Delivery
from app.core.events import Event
from app.core.jobs import LEASE, Job, alone, enqueue
from app.core.outbox import Message, tell
from app.core.transaction import transaction
from app.notifications.models import MailAddress
from app.people.models import Person
from tests.audit.place import look
from tests.ballots.world import World, build
from tests.conftest import NOON, ON_POSTGRESQL
from tests.core.together import together

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Crew:
    """Processes that began together, and what they said so far."""

    process: subprocess.Popen[str]
    pids: list[int]

    def line(self) -> list[str]:
        """The next that one of them says; nothing at the end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def lines(self) -> list[list[str]]:
        """All the rest, up to the end."""
        return list(iter(self.line, []))


@contextmanager
def crew(app: Flask, database_url: str, what: str, count: int, at: int) -> Iterator[Crew]:
    """So many processes that do ``what`` at the same moment."""
    command = [sys.executable, "-m", "tests.several", what, database_url, str(app.config["QIDING"].media_dir)]
    process = subprocess.Popen(
        [*command, str(count), str(at)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    found = Crew(process, [])
    try:
        ready = 0
        while ready < count:
            said = found.line()
            assert said, "a process did not come up"
            found.pids += [int(said[1])] if said[0] == "began" else []
            ready += said[0] == "ready"
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        yield found
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def ended(lines: list[list[str]]) -> list[int]:
    """How each process ended."""
    return [int(said[2]) for said in lines if said[0] == "ended"]


JOBS = 200 if ON_POSTGRESQL else 20  # a job on SQLite waits for the disk four times


@pytest.mark.slow
def test_four_processes_run_each_job_once_though_one_is_killed(app: Flask, database_url: str) -> None:
    with app.app_context(), transaction() as tx:
        for n in range(JOBS):
            enqueue(tx, "count", {"n": n})
    with crew(app, database_url, "jobs", 4, NOON) as found:
        said = [found.line() for _ in range(JOBS // 5)]
        busy = next(int(pid) for _, pid, _ in reversed(said))
        os.kill(busy, signal.SIGKILL)
        said += found.lines()
    assert sorted(ended(said)) == [-9, 0, 0, 0]
    with crew(app, database_url, "jobs", 1, NOON + LEASE + 1) as found:
        again = found.lines()
    assert ended(again) == [0]
    ran = Counter(int(words[2]) for words in [*said, *again] if words[0] == "ran")
    assert set(ran) == set(range(JOBS))
    with app.app_context():
        rows = db.session.execute(select(Job.arguments, Job.state, Job.attempts)).all()
    assert {state for _, state, _ in rows} == {"done"}
    twice = {arguments["n"] for arguments, _, attempts in rows if attempts == 2}
    assert len(twice) <= 1, "the one that was killed had one job at most"
    assert {n for n, times in ran.items() if times > 1} <= twice
    assert len({words[1] for words in said if words[0] == "ran"}) > 1


def test_a_job_asked_for_by_many_at_once_is_one(app: Flask) -> None:
    def ask(_number: int) -> int:
        with transaction() as tx:
            return enqueue(tx, "count", {}, key="one").id

    assert len(set(together(app, ask, 6))) == 1


def test_a_message_told_by_many_at_once_is_one(app: Flask, person_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(_number: int) -> int:
        with transaction() as tx:
            return tell(tx, [person_id], "poll.closed", data={}, dedupe="closed:one")

    found = together(app, say, 6)
    assert not [one for one in found if isinstance(one, Exception)], found
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.fixture
def person_id(app: Flask) -> int:
    """Somebody."""
    with app.app_context(), transaction() as tx:
        person = Person(name="张阿姨", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        return person.id


Tick = Callable[[World], None]


def story(world: World, tick: Tick) -> None:
    """A year in which each kind of thing becomes due, and all that tick at the time."""
    with world.here(), transaction() as tx:
        for who in world.residents:
            tx.session.get_one(Person, who.person()).reminders = True
        for who in world.residents[:2]:
            row = MailAddress(
                person_id=who.person(),
                address=f"a{who.person_id}@example.net",
                nonce="n" * 16,
                language="en",
                choice="once",
            )
            row.asked_at = row.confirmed_at = row.since = row.next_at = tx.now
            tx.session.add(row)
    poll = world.open()
    world.contest(poll)
    closes = world.clock.now()
    world.clock.set(closes - 12 * HOUR)
    tick(world)  # reminders, and e-mails of what was told
    world.clock.set(closes + 1)
    tick(world)  # the close, its seals, checkpoint and bundle
    world.clock.advance(49 * HOUR)
    tick(world)  # the objection stands
    world.start(title="另一个")
    poll = world.open()
    for who in range(5):
        world.cast(who, poll)
    world.close(poll)
    tick(world)
    world.clock.advance(10 * DAY)
    world.adopt()
    tick(world)
    world.clock.advance(181 * DAY)
    tick(world)  # the review
    world.clock.advance(4 * 365 * DAY)
    tick(world)  # the end of the links


def done(world: World) -> dict[str, Any]:
    """What happened, as far as it must have happened just once."""
    with world.here() as session:
        order = {person: number for number, person in enumerate(session.scalars(select(Person.id).order_by(Person.id)))}
        messages = session.execute(
            select(Message.person_id, Message.kind, func.count()).group_by(Message.person_id, Message.kind)
        )
        mails = session.execute(select(Delivery.person_id, func.count()).group_by(Delivery.person_id))
        events = session.execute(select(Event.kind, func.count()).group_by(Event.kind))
        return {
            "events": {kind: count for kind, count in events if kind != "key.introduced"},
            "messages": {(order[person], kind): count for person, kind, count in messages},
            "mails": {order[person]: count for person, count in mails},
            "batches": session.scalar(select(func.count()).select_from(Batch)),
            "settled": session.scalar(select(func.count()).select_from(Poll).where(Poll.settled_at.is_not(None))),
        }


def one_tick(world: World) -> None:
    with world.here():
        jobs.tick_all(world.app.extensions["qiding.ticks"])


def at_once(world: World) -> None:
    """Four threads, with nothing that keeps them apart."""
    found = together(world.app, lambda _: sum(function() for function in world.app.extensions["qiding.ticks"]), 4)
    wrong = [one for one in found if isinstance(one, Exception)]
    assert not wrong, wrong


EXPECTED: dict[str, Any] = {}


def expected(world: World) -> dict[str, Any]:
    """What one that ticks alone does in the same story; played once."""
    if not EXPECTED:
        story(world, one_tick)
        EXPECTED.update(done(world))
        kinds = {kind for _, kind in EXPECTED["messages"]}
        assert {"poll.reminder", "poll.closed", "objection.news", "decision.review"} <= kinds
        assert {"poll.closed", "ballots.sealed", "links.deleted"} <= set(EXPECTED["events"])
        assert EXPECTED["mails"]
    return EXPECTED


@pytest.mark.xdist_group("ticks")
def test_one_that_ticks_does_what_is_due(app: Flask, clock: FixedClock) -> None:
    assert expected(build(app, clock))["settled"] == 2


@pytest.mark.xdist_group("ticks")
def test_four_that_tick_at_once_do_each_thing_once(app: Flask, clock: FixedClock) -> None:
    if not EXPECTED:
        pytest.skip("the test above plays the story")
    world = build(app, clock)
    story(world, at_once)
    assert done(world) == EXPECTED
    assert look(world).finding is None


@pytest.mark.slow
@pytest.mark.xdist_group("ticks")
def test_processes_that_tick_at_once_do_each_thing_once(app: Flask, clock: FixedClock, database_url: str) -> None:
    if not EXPECTED:
        pytest.skip("the test above plays the story")
    world, turn = build(app, clock), count()

    def tick(world: World) -> None:
        if next(turn) != 1:  # the close: in processes; the rest as above
            at_once(world)
            return
        with crew(app, database_url, "tick" if ON_POSTGRESQL else "bare", 3, world.clock.now()) as found:
            assert ended(found.lines()) == [0, 0, 0]
        one_tick(world)  # what one process passed over while another had looked already

    story(world, tick)
    assert done(world) == EXPECTED
    assert look(world).finding is None


@pytest.mark.postgresql
def test_a_tick_that_another_is_at_is_passed_over(app: Flask) -> None:
    ran = []

    def outer() -> int:
        ran.extend(one for one in together(app, lambda _: alone(outer), 2))
        return 7

    with app.app_context():
        assert alone(outer) == 7
    assert ran == [0, 0]


@pytest.fixture
def empty_database(database_url: str, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if not ON_POSTGRESQL:
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    url, name = make_url(database_url), f"qiding_several_{os.getpid()}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield url.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.slow
def test_hosts_that_start_at_once_migrate_once(empty_database: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_database, "QIDING_VAR": str(tmp_path), "SECRET_KEY": "x"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    hosts = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [host.communicate(timeout=120)[1] for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], said
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        assert len(connection.execute(text("select version_num from alembic_version")).all()) == 1
        assert set(db.metadata.tables) <= set(inspect(connection).get_table_names())
    engine.dispose()
