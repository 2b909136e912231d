"""The objection desk, the law, paper: each stored value changed, rows taken away and put in, entries of the log replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from flask import Flask
from sqlalchemy import UniqueConstraint, select
from sqlalchemy.exc import IntegrityError

from app.audit.log import KEPT
from app.core.clock import HOUR
from app.core.events import Event, LogEntry, LogHead, record_event
from app.core.ids import new_public_id
from app.core.transaction import transaction
from tests.audit.columns import KEY, PUT, bound_at, free_of
from tests.audit.hall import furnish
from tests.audit.place import TABLES, Row, by_hand, changed, deleted, inserted, look, rows_of
from tests.audit.tamper import is_named, others, tampered
from tests.ballots.world import World
from tests.conftest import emptied

HERE = [table for table, put in PUT.items() if put.at == "hall"]
# Columns of tables that stand in the other community too, of which only this one has such rows.
MORE = [("roll_entry", "owner_id"), ("roll_entry", "source"), ("roll_entry", "entered_by_id")]
MORE += [("roll_entry", "disputed_at"), ("decision", "narrowed_at"), ("decision", "state_at"), ("poll", "final_at")]
BOUND = bound_at("hall") + MORE
FREE = [(table, name) for table in HERE for name, why in free_of(table).items() if why != KEY]
# Of these each one is told anew by the town's own programs, or there is none of them here.
AGAIN = {"paper.helper_named", "paper.helper_ended"}
REPLAYED = sorted(KEPT - AGAIN)


@pytest.fixture(scope="module")
def hall(installation: Flask, database_url: str) -> Iterator[World]:
    """The second furnished community, shared by the tests of this file."""
    with emptied(installation, database_url) as app:
        yield furnish(app, app.extensions["qiding.clock"])


def test_what_nobody_touched_verifies(hall: World) -> None:
    report = look(hall)
    assert report.finding is None, report.finding
    assert {table for table in HERE if not rows_of(hall, table)} == set()


@pytest.mark.parametrize(("table", "column"), BOUND, ids=[".".join(pair) for pair in BOUND])
def test_a_changed_value_is_found_and_named(hall: World, table: str, column: str) -> None:
    done, finding, row = tampered(hall, table, column)
    if not done:
        return
    assert finding is not None, f"{table}.{column} was changed, and nothing was found"
    assert is_named(finding, table, column, row), str(finding)


def test_a_reading_that_is_no_choice_holds_none(hall: World) -> None:
    unread = rows_of(hall, "paper_entry", "kind <> 'valid'")
    assert unread
    unit = rows_of(hall, "roll_entry")[0]["id"]
    for row in unread:
        for change in ({"choice": '{"stance":"consent"}'}, {"roll_entry_id": unit}):
            with changed(hall, "paper_entry", row, **change):
                finding = look(hall).finding
                assert finding is not None, (row, change)
                assert (finding.table, finding.row) == ("paper_entry", str(row["id"]))


def test_a_seat_whose_number_was_changed_is_the_one_that_is_named(hall: World) -> None:
    for row in rows_of(hall, "panel_seat"):
        with changed(hall, "panel_seat", row, number=row["number"] + 1000):
            finding = look(hall).finding
            assert finding is not None
            assert (finding.table, finding.row) == ("panel_seat", str(row["id"]))


@pytest.mark.parametrize(("table", "column"), FREE, ids=[".".join(pair) for pair in FREE])
def test_what_is_bound_to_nothing_is_known(hall: World, table: str, column: str) -> None:
    _, finding, _ = tampered(hall, table, column)
    nowhere = finding is not None and finding.expected.startswith("expected a row of")
    assert finding is None or nowhere, f"{table}.{column} is bound after all: {finding}"


@pytest.mark.parametrize("table", HERE)
def test_a_row_that_was_deleted_is_missed(hall: World, table: str) -> None:
    row = rows_of(hall, table)[-1]
    with deleted(hall, table, row):
        assert look(hall).finding is not None, row


def copies(world: World, table: str, row: Row) -> Iterator[Row]:
    """A row once more, with keys of its own and other values where the database lets no two stand."""
    made = TABLES[table]
    copy = {**row, **({"id": 90_000} if "id" in row else {})}
    if "public_id" in row:
        copy["public_id"] = new_public_id()
    yield copy
    alone = [list(item.columns) for item in made.constraints if isinstance(item, UniqueConstraint)]
    alone += [list(index.columns) for index in made.indexes if index.unique]
    names = {columns[-1].name for columns in alone} - {"id", "public_id"}
    for name in names or {made.columns.keys()[-1]}:
        for value in others(world, table, name, row):
            yield {**copy, name: value}
            yield {**copy, **{each: next(others(world, table, each, row)) for each in names}, name: value}


@pytest.mark.parametrize("table", [table for table in HERE if table != "slot_link"])
def test_a_row_that_was_put_in_is_not_believed(hall: World, table: str) -> None:
    for copy in copies(hall, table, rows_of(hall, table)[-1]):
        with suppress(IntegrityError), inserted(hall, table, copy):
            assert look(hall).finding is not None, copy
            return
    raise AssertionError(f"no copy of a row of {table} could be put in")


@pytest.mark.parametrize("kind", REPLAYED)
def test_an_entry_told_once_more_is_found(hall: World, kind: str) -> None:
    """By somebody who can write to the log: with an event of its own, a salt of its own, and a head that fits."""
    with hall.here() as session:
        event = session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc())).first()
        if event is None:
            return
        bodies = session.scalars(select(LogEntry.body).where(LogEntry.community_id == hall.community_id))
        body = [body for body in map(json.loads, bodies) if body["kind"] == kind][-1]
        public = {key: value for key, value in body.items() if key not in ("kind", "event", "seq", "at")}
    hall.clock.advance(HOUR)
    with hall.here(), transaction() as tx:
        seq = record_event(
            tx,
            kind,
            community_id=event.community_id,
            project_id=event.project_id,
            person_id=event.person_id,
            data=event.data,
            public=public,
        )
    with ExitStack() as stack:
        stack.callback(_forget, hall, seq)
        finding = look(hall).finding
    assert finding is not None, f"{kind} was replayed, and nothing was found"


def _forget(world: World, seq: int | None) -> None:
    newest = rows_of(world, "event")[-1]["id"]
    with by_hand(world) as connection:
        connection.execute(LogEntry.__table__.delete().where(LogEntry.seq == seq))
        connection.execute(Event.__table__.delete().where(Event.id == newest))
        head = LogHead.__table__.update().where(LogHead.community_id == world.community_id)
        connection.execute(head.values(size=seq))
