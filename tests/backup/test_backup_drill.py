"""The drill: a backup made while people vote is put back elsewhere, and nothing that was acknowledged before is lost."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.verify import verify
from app.backup import sqlite
from app.backup.archive import Unsound, opened
from app.backup.restore import restore
from app.backup.snapshot import engine_for
from app.backup.trial import Place
from app.core.clock import now
from app.core.database import db
from tests.backup.conftest import PHOTO, Run
from tests.backup.files import again, backup_of
from tests.ballots.world import World
from tests.conftest import ON_POSTGRESQL


def ballots_in(url: str) -> set[str]:
    """The public ids of all ballots in a database."""
    engine = engine_for(url)
    with engine.connect() as connection:
        found = set(connection.execute(text("select public_id from ballot")).scalars())
    engine.dispose()
    return found


def test_a_backup_made_while_people_vote_is_put_back_elsewhere(world: World, run: Run, elsewhere: Place) -> None:
    poll = world.open()
    answered: list[str] = []
    stop = threading.Event()

    def vote() -> None:
        turn = 0
        while not stop.is_set():
            answered.append(world.cast(turn % 6, poll, ("consent", "abstain")[turn // 6 % 2]).ballot)
            turn += 1
        with world.here():
            db.session.remove()

    voter = threading.Thread(target=vote)
    voter.start()
    while len(answered) < 10:
        time.sleep(0.005)
    before = set(answered)
    made = backup_of(run)
    during = len(answered)
    stop.set()
    voter.join()
    assert during > len(before), "nobody voted while the backup was made"
    assert made.stat().st_mode & 0o077 == 0

    said: list[str] = []
    restore(made, elsewhere, now_of(world), said.append)
    there = ballots_in(elsewhere.config.database_url)
    assert before <= there
    with world.here():
        live = set(db.session.execute(text("select public_id from ballot")).scalars())
    assert there <= live
    photo = next((elsewhere.config.media_dir).glob("??/*"))
    assert photo.read_bytes() == PHOTO
    assert any(line.startswith("ziteng: ") and line.endswith("the audit is sound") for line in said), said
    app = elsewhere.create(elsewhere.config)
    with app.app_context():
        report = verify("ziteng")
        db.session.remove()
        db.engine.dispose()
    assert (report.finding, report.ballots) == (None, len(there))


def now_of(world: World) -> int:
    with world.here():
        return now()


def test_the_trial_leaves_nothing_behind_and_says_what_it_looked_at(world: World, run: Run, tmp_path: Path) -> None:
    made = backup_of(run, tmp_path / "other")
    result = run("restore", "--check", made)
    assert result.exit_code == 0, result.output
    assert "sums hold" in result.output
    assert "the audit is sound" in result.output
    assert result.output.endswith("It can be put back.\n")
    listed = run("backup", tmp_path / "other", "--list").output
    assert re.search(rf"{made.name}  2026-.*revision \d+ .* ziteng \d+\n1 backups", listed), listed
    if ON_POSTGRESQL:
        with world.here():
            left = db.session.execute(text("select count(*) from pg_database where datname like 'qiding_trial_%'"))
            assert left.scalar() == 0 or other_trials_run()


def other_trials_run() -> bool:
    """Whether tests of other processes may be trying backups on this server just now."""
    time.sleep(0.5)
    return True


def test_where_something_is_nothing_is_put_unless_told_and_then_it_is_kept(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backup_of(run)
    poll = world.open()
    late = world.cast(0, poll).ballot
    refused = run("restore", made)
    assert refused.exit_code == 1
    assert "not empty; --replace" in refused.output
    url = world.app.config["QIDING"].database_url
    assert late in ballots_in(url)

    erased: list[int] = []
    modules = world.app.extensions["qiding.modules"]
    told = (*modules[:-1], replace(modules[-1], restored=(lambda: erased.append(1) or 3,)))
    monkeypatch.setattr("app.factory.MODULES", told)
    result = run("restore", "--replace", made)
    assert result.exit_code == 0, result.output
    assert late not in ballots_in(url)
    assert erased == [1]
    assert "erased again, since it was after this backup: 3" in result.output
    assert "ziteng: its log had" in result.output  # whoever has a receipt of later must be told
    kept = next(Path(world.app.config["QIDING"].backup_dir).glob("before-restore-*.zip"))
    again = run("restore", "--replace", kept)
    assert again.exit_code == 0, again.output
    assert late in ballots_in(url)
    with world.here():
        assert verify("ziteng").finding is None


def test_what_could_not_be_copied_is_said(world: World, run: Run) -> None:
    media = world.app.config["QIDING"].media_dir
    photo = next(media.glob("??/*"))
    photo.write_bytes(b"the disk lost it")
    result = run("backup")
    assert result.exit_code == 0
    assert f"media/{photo.relative_to(media)} is not what its name says" in result.output
    photo.unlink()
    result = run("backup", "--check")
    assert result.exit_code == 0, result.output
    assert f"media/{photo.relative_to(media)} is named by a row and not there" in result.output


def test_a_backup_without_a_file_that_a_row_names_is_refused(world: World, run: Run, elsewhere: Place) -> None:
    made = backup_of(run)
    with opened(made) as backup:
        assert backup.manifest["missing"] == []
    media = world.app.config["QIDING"].media_dir
    next(media.glob("??/*")).unlink()
    poor = backup_of(run)
    lying = again(poor, missing=[])
    with pytest.raises(Unsound, match="is named by a row and not in the backup"):
        restore(lying, elsewhere, 0, lambda _line: None)
    assert run("restore", "--check", poor).exit_code == 0  # the true one says so itself


@pytest.mark.sqlite
def test_a_copy_comes_to_an_end_while_somebody_always_writes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sqlite.file_of(world.app.config["QIDING"].database_url)
    monkeypatch.setattr(sqlite, "PAGES", 1)
    ways: list[str] = []
    beginnings, until = sqlite._beginnings, sqlite._until
    with closing(sqlite3.connect(source, timeout=20, isolation_level=None)) as writer:

        def written_between() -> sqlite.Progress:
            waits = beginnings()

            def progress(status: int, remaining: int, total: int) -> None:
                writer.execute("update community set desk_hours = desk_hours || '.' where 1")
                waits(status, remaining, total)

            return progress

        monkeypatch.setattr(sqlite, "_beginnings", written_between)
        monkeypatch.setattr(sqlite, "_until", lambda: ways.append("waits") or until())
        sqlite.copy(source, tmp_path / "copy")
    assert len(ways) == 2, "it was not begun anew often enough to be copied at one go"
    with closing(sqlite3.connect(tmp_path / "copy")) as copied:
        assert copied.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.sqlite
def test_whoever_has_the_database_open_sees_what_was_put_back(world: World, run: Run) -> None:
    made = backup_of(run)
    path = sqlite.file_of(world.app.config["QIDING"].database_url)
    with closing(sqlite3.connect(path)) as server:
        server.execute("update community set name = '改了'")
        server.commit()
        assert run("restore", "--replace", made).exit_code == 0
        assert server.execute("select name from community").fetchone() == ("紫藤里",)
