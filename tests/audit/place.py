"""A community in which something of each audited kind happened, and a hand that changes its database directly."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Table, insert, select, text, update
from sqlalchemy import delete as delete_from

from app.audit.finding import Finding
from app.audit.verify import Report, verify, verify_links
from app.ballots import service as ballots
from app.core.clock import DAY, FixedClock
from app.core.database import Base, db
from app.people.communities import create_community
from app.projects import service as projects
from tests.ballots.world import OBJECTION, TEXT, World, build
from tests.projects.world import REASON, sign_offs

TABLES = Base.metadata.tables


def furnish(app: Flask, clock: FixedClock) -> World:
    """Two rounds of a vote, the second open; a project sent back and paused; one completed, with records."""
    world = build(app, clock)
    lead = world.facilitator
    with world.here():
        create_community(None, "guixiang", name="桂香苑")
        method = store(sign_offs("one", "two"))
        first, second = (
            projects.start_project(
                lead, world.community_id, title=title, place="", summary="。", method_public_id=method
            )
            for title in ("车棚", "路灯")
        )
    poll = world.open()
    for who in range(5):
        world.cast(who, poll, **(OBJECTION if who < 3 else {"stance": "consent"}))
    world.cast(2, poll, "abstain")
    world.cast(2, poll, "consent")
    world.cast(3, poll, "concern", concern="钥匙归谁管？")
    world.close(poll)
    with app.test_request_context():  # what a gate misses has an address
        ballots.withdraw_objection(world.residents[0], poll)
        for project in (first, second):
            projects.sign_off(lead, project, "one_seen", holds=True, note=REASON)
            clock.advance(DAY)
            projects.close_step(lead, project)
        projects.waive_gate(lead, second, "two_seen", REASON)
        projects.close_step(lead, second)
        projects.send_back(lead, first, "one", REASON)
        projects.pause(lead, first, REASON)
    world.answer(TEXT + "\n三、先做防水。")
    later = world.open(TEXT + "\n三、先做防水。")
    for _ in range(4):  # ten at least are sealed together while a vote is open
        for who in range(3):
            world.cast(who, later)
    with world.here():
        assert ballots.seal_due() == 12
    world.resident("701")  # on no roll yet
    return world


def store(source: str) -> str:
    """Store a method and return its public id."""
    return projects.store_method(source)


def found(world: World, *heads: tuple[int, str]) -> Finding:
    """The first wrong thing in the community, which there must be."""
    finding = look(world, *heads).finding
    assert finding is not None, "nothing was found"
    return finding


def look(world: World, *heads: tuple[int, str]) -> Report:
    """The audit of the community."""
    with world.here():
        broken = verify_links()
        return Report(world.slug, 0, broken) if broken is not None else verify(world.slug, heads)


@contextmanager
def by_hand(world: World) -> Iterator[Connection]:
    """A connection on which no foreign key is asked, committed at the end."""
    with world.here(), db.engine.connect() as connection:
        _ask(connection, False)
        yield connection
        connection.commit()
        _ask(connection, True)


def _ask(connection: Connection, on: bool) -> None:
    raw = connection.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        raw.execute(f"PRAGMA foreign_keys = {int(on)}")
        raw.execute(f"PRAGMA synchronous = {2 * on}")
    else:
        connection.execute(text(f"SET session_replication_role = {'origin' if on else 'replica'}"))
        connection.commit()


Row = dict[str, Any]


def rows_of(world: World, table: str, where: str = "1=1") -> list[Row]:
    """Rows of a table, in the order of their keys, with JSON as stored."""
    with world.here(), db.engine.connect() as connection:
        made = select(TABLES[table]).where(text(where)).order_by(*TABLES[table].primary_key.columns)
        return [dict(row._mapping) for row in connection.execute(made)]


def key_of(table: Table, row: Row) -> Any:
    """The condition that names a row."""
    column = next(iter(table.primary_key.columns))
    return column == row[column.name]


@contextmanager
def changed(world: World, table: str, row: Row, **values: Any) -> Iterator[None]:
    """A row with other values, put back at the end."""
    made = TABLES[table]
    with by_hand(world) as connection:
        connection.execute(update(made).where(key_of(made, row)).values(values))
    now = {**row, **values}
    try:
        yield
    finally:
        with by_hand(world) as connection:
            connection.execute(update(made).where(key_of(made, now)).values({name: row[name] for name in values}))


@contextmanager
def deleted(world: World, table: str, *rows: Row) -> Iterator[None]:
    """A table without some rows, put back at the end."""
    made = TABLES[table]
    with by_hand(world) as connection:
        for row in rows:
            connection.execute(delete_from(made).where(key_of(made, row)))
    try:
        yield
    finally:
        with by_hand(world) as connection:
            connection.execute(insert(made), list(rows))


@contextmanager
def inserted(world: World, table: str, row: Row) -> Iterator[None]:
    """A table with one more row, taken out at the end."""
    made = TABLES[table]
    with by_hand(world) as connection:
        connection.execute(insert(made), [row])
    try:
        yield
    finally:
        with by_hand(world) as connection:
            connection.execute(delete_from(made).where(key_of(made, row)))
