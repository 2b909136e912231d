"""What a cast costs beside a bare insert: ``.venv/bin/python -m scripts.bench.cast [seconds] [sqlite|postgresql]``.

For some numbers of casters at once, in one run and on one database: how many ballots a second go through the service,
each acknowledged only when it is durable, and how many one-row inserts with a commit go through the same driver. Prints
both rates and their ratio. SQLite: one process with 1, 8 and 32 threads. PostgreSQL: four processes with one, then
four threads each. To reach: 0.15 on SQLite, 0.1 on PostgreSQL.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

HOUSEHOLDS = 400
STANCES = ("consent", "abstain")
Work = Callable[[int], None]


def furnish(url: str, folder: Path) -> tuple[str, int]:
    """A community whose households are asked, its vote open; the poll's public id, and the first resident's key."""
    from flask_migrate import upgrade
    from sqlalchemy import select

    from app.core.clock import FixedClock, now
    from app.people.models import Person
    from tests.ballots.world import World, build

    clock = FixedClock(now_ms() - 3 * 86_400_000)
    app = make(url, folder, clock)
    with app.app_context():
        upgrade()
    world: World = build(app, clock)
    world.households(HOUSEHOLDS - len(world.residents))
    poll = world.announce()
    with world.here() as session:
        first = session.scalars(select(Person.id).where(Person.household_id.is_not(None)).order_by(Person.id)).first()
        assert first is not None
        assert now() == clock.now()
    return poll, first


def now_ms() -> int:
    """The time in milliseconds."""
    return time.time_ns() // 1_000_000


def make(url: str, folder: Path, clock: object = None) -> Flask:
    """The application on this database."""
    from app.config import Config
    from app.factory import create_app

    config = Config(database_url=url, media_dir=folder, secret="bench", testing=True)
    return create_app(config, clock) if clock is not None else create_app(config)  # type: ignore[arg-type]


def casts(app: Flask, poll: str, part: int) -> Work:
    """A caster: each call changes the ballot of another household of this part."""
    from sqlalchemy import select

    from app.ballots import service
    from app.core.database import db
    from app.people.models import Person
    from app.people.session import actor_of

    with app.app_context():
        people = db.session.scalars(select(Person.id).where(Person.household_id.is_not(None)).order_by(Person.id)).all()
        actors = [actor_of(person) for person in people]
    turns = itertools.count()

    def work(worker: int) -> None:
        with app.app_context():
            turn = next(turns)
            actor = actors[(part * 97 + worker * 13 + turn) % len(actors)]
            service.cast(actor, poll, {"stance": STANCES[turn % 2]}, once=secrets.token_hex(8))

    return work


def inserts(app: Flask) -> Work:
    """A bare insert of one row, with its commit, through the same engine's driver."""
    from app.core.database import db

    with app.app_context():
        engine = db.engine
    local = threading.local()

    def work(_worker: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = engine.raw_connection()
        cursor = local.connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("INSERT INTO bare (words) VALUES (?)", (secrets.token_hex(32),))
            cursor.execute("COMMIT")
        else:
            cursor.execute("INSERT INTO bare (words) VALUES (%s)", (secrets.token_hex(32),))
            local.connection.commit()
        cursor.close()

    return work


def rate(work: Work, threads: int, seconds: float) -> float:
    """How often a second the work was done, by so many threads at once."""
    counts, stop, start = [0] * threads, threading.Event(), threading.Barrier(threads + 1)
    failed: list[BaseException] = []

    def run(number: int) -> None:
        start.wait()
        try:
            while not stop.is_set():
                work(number)
                counts[number] += 1
        except BaseException as error:
            failed.append(error)
            raise

    crowd = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(threads)]
    for thread in crowd:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    for thread in crowd:
        thread.join()
    if failed:
        raise failed[0]
    return sum(counts) / (time.perf_counter() - begun)


def process(url: str, folder: str, what: str, poll: str, part: int, threads: int, seconds: float, out) -> None:  # type: ignore[no-untyped-def]
    """One of several processes: its rate goes into the queue, or what went wrong."""
    try:
        app = make(url, Path(folder))
        work = casts(app, poll, part) if what == "cast" else inserts(app)
        work(0)
        out.put(rate(work, threads, seconds))
    except Exception as error:
        out.put(repr(error))


def many(url: str, folder: Path, what: str, poll: str, processes: int, threads: int, seconds: float) -> float:
    """The rate of several processes together."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    crowd = [
        context.Process(target=process, args=(url, str(folder), what, poll, part, threads, seconds, out))
        for part in range(processes)
    ]
    for one in crowd:
        one.start()
    rates = [out.get(timeout=seconds * 4 + 60) for _ in crowd]
    for one in crowd:
        one.join()
    if not all(isinstance(item, float) for item in rates):
        raise SystemExit(f"a process failed: {rates}")
    return sum(rates)


def main(seconds: float, kind: str) -> None:
    """Measure and print."""
    from sqlalchemy import text

    from app.core.database import db
    from scripts.bench.roll import database

    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder = Path(name)
        poll, _ = furnish(url, folder)
        app = make(url, folder)
        key = "INTEGER PRIMARY KEY" if kind == "sqlite" else "BIGSERIAL PRIMARY KEY"
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE bare (id {key}, words VARCHAR(64))"))
        print("processes  threads  casts/s  inserts/s  ratio")
        if kind == "sqlite":
            cast, bare = casts(app, poll, 0), inserts(app)
            cast(0)
            for threads in (1, 8, 32):
                show(1, threads, rate(cast, threads, seconds), rate(bare, threads, seconds))
        else:
            for threads in (1, 4):
                found = [many(url, folder, what, poll, 4, threads, seconds) for what in ("cast", "insert")]
                show(4, threads, *found)
        with app.app_context():
            db.engine.dispose()


def show(processes: int, threads: int, cast: float, bare: float) -> None:
    """One line of the table."""
    print(f"{processes:9}  {threads:7}  {cast:7.0f}  {bare:9.0f}  {cast / bare:5.2f}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
