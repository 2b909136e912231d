"""A world of so many communities: the first is played, the others are made of it, and every log is signed at the end."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from flask import Flask

from app.core.clock import FixedClock
from app.core.database import db
from app.people.queries import any_community
from app.proof import checkpoints
from scripts.dataset import template
from scripts.dataset.copies import Copies
from scripts.dataset.load import loader
from scripts.dataset.sizes import COMMITTEES, Share
from scripts.dataset.template import Rows, Template

SERVER = os.environ.get("QIDING_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
AHEAD, FEW = 2, 6
Say = Callable[[str], None]


class Refused(Exception):
    """Why nothing was loaded."""


def server_database(name: str) -> str:
    """The address of a database on the server that QIDING_TEST_POSTGRESQL names; made when it isn't there."""
    import psycopg
    from sqlalchemy.engine import make_url

    server = make_url(SERVER)
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(f'CREATE DATABASE "{name}"')
    return server.set(database=name).render_as_string(hide_password=False)


def require_empty(app: Flask) -> None:
    """Refuse a database in which somebody lives already."""
    with app.app_context():
        there = any_community()
        db.session.remove()
        db.engine.dispose()
    if there:
        raise Refused(
            "There are communities already. A world goes into an empty database: name another, or drop this one."
        )


def load(app: Flask, communities: int, share: Share, say: Say) -> int:
    """Load a world into an empty database; returns how many rows it has."""
    require_empty(app)
    begun = time.perf_counter()
    say("Playing the first community ...")
    played = template.make(share)
    say(f"  played in {time.perf_counter() - begun:.0f} s")
    return spread(app, played, communities, say)


def made_ahead(copies: Copies, communities: int) -> Iterator[Rows]:
    """The rows of each copy, made in a process of its own while those before are loaded; two wait at most.

    Few are made here: the process would take longer to start than they take.
    """
    if communities < FEW:
        yield from map(copies.copy, range(1, communities))
        return
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _hold, (copies,)) as pool:
        waiting: deque[Future[Rows]] = deque()
        for number in range(1, communities):
            waiting.append(pool.submit(_copy, number))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_held: list[Copies] = []


def _hold(copies: Copies) -> None:
    _held.append(copies)


def _copy(number: int) -> Rows:
    return _held[-1].copy(number)


def spread(app: Flask, played: Template, communities: int, say: Say) -> int:
    """Load what was played, and its copies, and sign every log; returns how many rows there are."""
    say(f"  {sum(map(len, played.usual.values())):,} rows are in each community")
    count, begun = 0, time.perf_counter()
    with app.app_context():
        engine = db.engine
    copies = Copies(played, round(communities * COMMITTEES))
    with loader(engine) as into:
        count += into.take(played.base)
        count += into.take(copies.first())
        for number, rows in enumerate(made_ahead(copies, communities), 1):
            count += into.take(rows)
            if number % 10 == 0 or number == communities - 1:
                seconds = time.perf_counter() - begun
                say(f"  {number + 1} of {communities} communities, {count:,} rows, {count / seconds:,.0f} a second")
    say("Signing the logs ...")
    kept, app.extensions["qiding.clock"] = app.extensions["qiding.clock"], FixedClock(template.TODAY)
    try:
        with app.app_context():
            checkpoints.make_due()
            db.session.remove()
            db.engine.dispose()
    finally:
        app.extensions["qiding.clock"] = kept
    return count
