"""A filled database goes back, and comes again: nothing that the log tells of is lost on the way, or the step is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.ballots import service
from app.core.clock import FixedClock
from app.core.database import db
from app.projects import service as projects
from app.proof import checkpoints
from tests.audit.place import look
from tests.ballots.world import World, build
from tests.projects.world import REASON, sign_offs
from tests.projects.world import build as build_garden
from tests.proof.bundles import voted
from tests.proof.test_proof_kinds import bundle


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Iterator[World]:
    """A database with a closed vote, an open one and a withdrawn objection; at the newest tables again afterwards."""
    made = build(app, clock)
    poll = voted(made)
    with made.here():
        service.withdraw_objection(made.residents[5], poll)
    made.start(title="另一个")
    for who in range(4):
        made.cast(who, made.open() if who == 0 else newest(made))
    with made.here():
        checkpoints.make(made.community_id)
    yield made
    move(made, "head")


def newest(world: World) -> str:
    with world.here() as session:
        return str(session.execute(text("select public_id from poll order by id desc limit 1")).scalar_one())


def move(world: World, to: str, *, down: bool = False) -> None:
    with world.here():
        db.session.remove()
        (downgrade if down else upgrade)(revision=to)
        db.session.remove()
        db.engine.dispose()


def test_down_to_the_shared_ground_and_up_again(world: World) -> None:
    before = look(world)
    assert before.finding is None
    move(world, "0002", down=True)
    move(world, "head")
    after = look(world)
    assert after.finding is None
    assert (after.root, after.ballots, before.checkpoints > after.checkpoints) == (before.root, before.ballots, True)
    with world.here():
        assert checkpoints.make(world.community_id)
    with world.here() as session:
        first = session.execute(text("select public_id from poll order by id limit 1")).scalar_one()
    bundle(world, first)


def test_what_can_not_go_back_is_refused_and_nothing_is_lost(world: World, caplog: pytest.LogCaptureFixture) -> None:
    move(world, "0002", down=True)
    with pytest.raises(SystemExit):
        move(world, "0001", down=True)
    assert "sealed in batches" in caplog.text
    move(world, "head")
    assert look(world).finding is None


def test_words_beside_records_are_not_lost_on_the_way_back(
    app: Flask, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    garden = build_garden(app, clock, sign_offs("one", "two"))
    garden.do(projects.waive_gate, garden.lead, garden.project, "one_seen", REASON)
    garden.do(projects.close_step, garden.lead, garden.project)
    world = World(app, clock)
    with pytest.raises(SystemExit):
        move(world, "0013", down=True)
    assert "words beside records" in caplog.text
    move(world, "head")
    assert look(world).finding is None


def test_a_database_without_votes_goes_all_the_way_back(app: Flask, clock: FixedClock) -> None:
    made = build(app, clock)
    try:
        move(made, "0001", down=True)
    finally:
        move(made, "head")
    assert look(made).finding is None
    made.cast(0, made.open())


@pytest.mark.postgresql
def test_a_migration_that_would_make_everybody_wait_gives_up_with_nothing_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIDING_MIGRATION_PATIENCE", "1")
    with world.here():
        db.session.remove()
        with db.engine.connect() as reader:
            at = reader.execute(text("select version_num from alembic_version")).scalar_one()
            reader.execute(text("select 1 from project limit 1"))  # a long read holds the table
            with pytest.raises(OperationalError, match="lock timeout"):
                downgrade(revision="0019")
            db.session.remove()
            assert reader.execute(text("select version_num from alembic_version")).scalar_one() == at
    assert look(world).finding is None
    assert world.cast(2, newest(world)).ballot
