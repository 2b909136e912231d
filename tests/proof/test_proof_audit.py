"""The audit of what the proof stores: keys, checkpoints, tiles and marks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.audit.verify import verify
from app.core.clock import FixedClock
from app.core.database import db
from app.engine.merkle import TILE
from app.proof import checkpoints
from scripts.bench.audit import fill
from tests.audit.columns import PUT
from tests.audit.place import changed, deleted, found, rows_of
from tests.ballots.world import World, build
from tests.conftest import emptied
from tests.proof.bundles import voted


@pytest.fixture(scope="module")
def town(installation: Flask, database_url: str) -> Iterator[World]:
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        world = build(app, clock)
        voted(world)
        with world.here():
            fill(world.community_id, 2 * TILE)
            checkpoints.make(world.community_id)
        yield world


def test_what_is_stored_of_the_proof_is_bound(town: World) -> None:
    with town.here():
        report = verify(town.slug)
        assert report.finding is None, report.finding
        assert report.checkpoints == 4
    tables = [table for table, put in PUT.items() if put.at == "proof"]
    assert len(tables) == 4
    for table in tables:
        for row in (rows_of(town, table)[0], rows_of(town, table)[-1]):
            for column in PUT[table].bound.split():
                value = row[column]
                other = value + 1000 if isinstance(value, int) else ("0" if value[:1] != "0" else "1") + value[1:]
                with changed(town, table, row, **{column: other}):
                    assert found(town).table in (table, "log"), (table, column)
            if table != "checkpoint":
                with deleted(town, table, row):
                    assert found(town).table == table


def test_a_signature_by_another_key_is_found(town: World) -> None:
    from app.engine.notes import Signer, parse

    row = rows_of(town, "checkpoint")[-1]
    note = Signer(row["note"].split("\n")[0], bytes(32)).sign(parse(row["note"]).text)
    with changed(town, "checkpoint", row, note=note):
        assert (found(town).table, found(town).field) == ("checkpoint", "note")


def test_a_log_cut_back_before_a_checkpoint_is_found(town: World) -> None:
    last = rows_of(town, "log", f"community_id = {town.community_id}")[-1]
    with town.here():
        head = rows_of(town, "log_head")[0]
        events = rows_of(town, "event")
    with (
        deleted(town, "log", last),
        deleted(town, "event", events[-1]),
        changed(town, "log_head", head, size=last["seq"]),
    ):
        assert (found(town).table, found(town).field) == ("checkpoint", "size")


def test_inclusion_is_proved_from_tiles(town: World) -> None:
    from app.engine.merkle import is_included

    with town.here():
        point = checkpoints.latest(town.community_id)
        assert point is not None
        assert point.size > 2 * TILE
        for seq in (0, 5, TILE, point.size - 1):
            entry, proof = checkpoints.inclusion(town.community_id, seq, point)
            assert is_included(entry.encode(), seq, point.size, proof, bytes.fromhex(point.root))
        db.session.rollback()
