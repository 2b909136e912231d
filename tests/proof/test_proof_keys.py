"""The signing key: in a file, never in the database, and what happens when another takes its place."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots.models import Poll
from app.config import Config, read_secret
from app.core.database import db
from app.core.transaction import transaction
from app.proof import checkpoints, keys
from app.proof.keys import rotate
from app.proof.models import Checkpoint, LogKey
from tests.ballots.world import World
from tests.proof.bundles import apart, built, failure, lines, together, voted


@pytest.fixture
def filed(world: World, tmp_path: Path) -> Iterator[Path]:
    """The key in a file, as in a real installation."""
    config: Config = world.app.config["QIDING"]
    path = tmp_path / "signing-key"
    read_secret(path)
    world.app.config["QIDING"] = replace(config, signing_file=path)
    yield path
    world.app.config["QIDING"] = config


def test_the_key_lies_in_a_file_for_its_owner_only_and_never_in_the_database(world: World, filed: Path) -> None:
    assert stat.S_IMODE(filed.stat().st_mode) == 0o600
    poll = voted(world)
    secret, seed = filed.read_text().strip(), None
    with world.here():
        seed = keys.seed().hex()
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                assert secret not in str(row)
                assert seed not in str(row)
    for data in apart(built(world, poll)).values():
        assert secret.encode() not in data
        assert seed.encode() not in data


def test_a_rotated_key_is_signed_by_the_old_one_and_bundles_go_on(world: World, filed: Path) -> None:
    poll = voted(world)
    files = apart(built(world, poll))
    from app.proof import verify as program

    old_key = program.check(together(files))[2].values["key"]
    with world.here():
        before = filed.read_text()
        public = rotate()
        assert filed.read_text() != before
        assert stat.S_IMODE(filed.stat().st_mode) == 0o600
        world.clock.advance(1000)
        from app.ballots import service

        service.withdraw_objection(world.residents[5], poll)
        checkpoints.make(world.community_id)
        assert keys.keys_of(world.community_id)[-1].key == public
        report = verify(world.slug)
        assert report.finding is None, report.finding
    later = apart(built(world, poll))
    assert failure(together(later), key=old_key) == ("", "", {})
    assert [row["kind"] for row in lines(later, "log.jsonl") if row["kind"].startswith("key.")] == [
        "key.introduced",
        "key.rotated",
    ]
    with world.here(), transaction() as tx:
        row = tx.session.scalars(select(LogKey).order_by(LogKey.seq.desc())).first()
        assert row is not None
        assert db.session.scalars(select(Checkpoint).order_by(Checkpoint.size.desc())).first() is not None
        assert db.session.scalars(select(Poll)).one().public_id == poll


def test_a_key_exchanged_without_the_old_one_is_told_by_log_and_check(world: World, filed: Path) -> None:
    poll = voted(world)
    from app.ballots import service
    from app.proof import verify as program

    old_key = program.check(together(apart(built(world, poll))))[2].values["key"]
    filed.write_text("a new secret, and nobody has the old one\n")
    with world.here():
        service.withdraw_objection(world.residents[5], poll)
        checkpoints.make(world.community_id)
        assert verify(world.slug).finding is None
    files = apart(built(world, poll))
    assert failure(together(files)) == ("", "", {})
    assert failure(together(files), key=old_key)[:2] == ("keys", "unsigned_key")
