"""Whose time decides (R6): one source, read under the locks; a deadline to the millisecond; clocks that differ or go back."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app.ballots import service
from app.ballots.models import Ballot, Poll
from app.core import clock as clocks
from app.core.clock import DAY, MINUTE, FixedClock, SystemClock
from app.core.database import db
from app.core.transaction import Lock, transaction
from app.engine.errors import Closed
from app.factory import create_app
from app.people.places import Community
from tests.ballots.world import World

OFF = (-10 * MINUTE, 0, 10 * MINUTE)


def closes(world: World) -> int:
    with world.here() as session:
        return session.scalars(select(Poll.closes_at)).one()


def settled(world: World) -> int:
    with world.here():
        return service.settle_due()


@pytest.mark.parametrize(("by", "taken"), [(-1, True), (0, False), (1, False)])
def test_a_deadline_holds_to_the_millisecond(world: World, by: int, taken: bool) -> None:
    poll = world.open()
    world.clock.set(closes(world) + by)
    if taken:
        world.cast(0, poll)
        assert settled(world) == 0
        return
    with pytest.raises(Closed):
        world.cast(0, poll)
    assert settled(world) == 1


@pytest.mark.parametrize(("by", "taken"), [(-1, False), (0, True), (1, True)])
def test_an_opening_holds_to_the_millisecond(world: World, by: int, taken: bool) -> None:
    poll = world.open()
    world.clock.advance(by)
    if taken:
        world.cast(0, poll)
    else:
        with pytest.raises(Closed):
            world.cast(0, poll)


@pytest.mark.parametrize("back", [1, 10 * MINUTE, 3 * DAY])
def test_a_counted_vote_stays_closed_when_the_clock_is_put_back(world: World, back: int) -> None:
    """A host that counted was ahead of another one, or of itself: what comes after the count is refused."""
    poll = world.open()
    world.cast(0, poll)
    world.close(poll)
    assert settled(world) == 1
    world.clock.advance(-back)
    with pytest.raises(Closed, match="closed"):
        world.cast(1, poll)
    assert settled(world) == 0
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 1
        assert session.scalars(select(Poll.tally)).one()["cast"] == 1


def hosts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Flask, Callable[[], None]]]:
    """Three hosts at one database, their clocks apart by ten minutes: each with the command that makes it the one here."""
    config = dataclasses.replace(app.config["QIDING"], media_dir=app.config["QIDING"].media_dir)
    one = create_app(config, SystemClock())
    real = time.time_ns

    def stand_at(off: int) -> Callable[[], None]:
        return lambda: monkeypatch.setattr(clocks._time, "time_ns", lambda: real() + off * 1_000_000)

    return [(one, stand_at(off)) for off in OFF]


@pytest.mark.postgresql
def test_on_postgresql_the_time_is_the_databases(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    query = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    for host, here in hosts(app, monkeypatch):
        here()
        with host.app_context():
            before = db.session.execute(query).scalar_one()
            with transaction(lock=[Lock(Community, world.community_id)]) as tx:
                assert before <= tx.now <= db.session.execute(query).scalar_one()
                assert tx.now <= tx.later().now
            db.session.remove()
    with host.app_context():
        db.engine.dispose()


@pytest.mark.postgresql
def test_hosts_whose_clocks_differ_decide_alike(
    app: Flask, world: World, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three minutes before a deadline every host takes a ballot, three minutes after it none, whatever its clock says."""
    poll = world.open()
    present = time.time_ns() // 1_000_000
    for until, taken in ((3 * MINUTE, True), (-3 * MINUTE, False)):
        with app.app_context(), transaction() as tx:
            # By a statement of its own: the models let nobody change what was announced.
            tx.session.execute(update(Poll).values(opens_at=present - DAY, closes_at=present + until))
        for number, (host, here) in enumerate(hosts(app, monkeypatch)):
            here()
            with host.app_context():
                try:
                    service.cast(world.residents[number], poll, {"stance": "consent"}, once=f"{until}{number}")
                    decided = True
                except Closed:
                    decided = False
                db.session.remove()
                db.engine.dispose()
            assert decided is taken, (until, number)
