"""Backups that are no longer what they were, a disk without room, a kill: what is wrong is named, and nothing looks whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backup.archive import MANIFEST, opened
from app.backup.keep import listed, name_at, prune, staying, time_of
from app.backup.postgresql import program
from app.config import ROOT
from app.core.clock import DAY
from tests.backup.conftest import Run
from tests.backup.files import PART, again, backup_of
from tests.ballots.world import World


def flipped(file: Path, at: int) -> Path:
    """A copy with one byte changed."""
    data = bytearray(file.read_bytes())
    data[at] ^= 0x20
    changed = file.with_name("flipped.zip")
    changed.write_bytes(data)
    return changed


def test_a_byte_changed_in_any_part_is_named(world: World, run: Run) -> None:
    made = backup_of(run)
    with zipfile.ZipFile(made) as zipped:
        places = {
            info.filename: info.header_offset + 30 + len(info.filename) + 20 + info.compress_size // 2
            for info in zipped.infolist()
        }
        directory = zipped.start_dir
    assert {PART, MANIFEST} < set(places)
    for name, at in places.items():
        result = run("restore", "--check", flipped(made, at))
        assert result.exit_code == 1, name
        assert f"{name}: its bytes were changed" in result.output, result.output
    for at in (4, directory + 12, directory + 16, made.stat().st_size - 80, made.stat().st_size - 5):
        result = run("restore", "--check", flipped(made, at))
        assert result.exit_code == 1, at
        assert "Error: flipped.zip: " in result.output
        assert "changed" in result.output, result.output


def test_what_is_cut_short_or_longer_or_something_else_is_no_backup(world: World, run: Run, tmp_path: Path) -> None:
    made = backup_of(run)
    data = made.read_bytes()
    wrong = made.with_name("wrong.zip")
    for share in (0.1, 0.5, 0.99):
        wrong.write_bytes(data[: int(len(data) * share)])
        result = run("restore", "--check", wrong)
        assert (result.exit_code, "is cut short" in result.output) == (1, True), result.output
    wrong.write_bytes(data + b"\0")
    assert run("restore", "--check", wrong).exit_code == 1
    wrong.write_bytes(b"a letter to the town")
    assert "is no backup of Qiding" in run("restore", "--check", wrong).output
    with zipfile.ZipFile(wrong, "w") as zipped:
        zipped.writestr("photo.jpg", b"x")
    assert "it has no list of parts" in run("restore", "--check", wrong).output
    assert run("restore", "--check", tmp_path / "none.zip").exit_code == 2


@pytest.mark.sqlite
def test_rows_that_are_not_those_of_the_list_are_found_though_all_sums_hold(world: World, run: Run) -> None:
    made = backup_of(run)
    copied = made.with_name("copied.db")
    tries = (
        ("delete from ballot where id = (select min(id) from ballot)", "table ballot: "),
        ("update log set body = body || ' ' where seq = 2", "the log of ziteng: root"),
        (
            "update ballot set choice = choice || ' ' where id = (select min(id) from ballot)",
            "the audit of ziteng found: ",
        ),
        ("update project set community_id = 99", "the audit found: "),
        ("update alembic_version set version_num = '0019'", "its tables are of revision 0019"),
        ("update log_key set key = upper(key)", "the log of ziteng: key"),
    )
    for statement, says in tries:
        copied.unlink(missing_ok=True)
        with opened(made) as backup:
            backup.extract(PART, copied)
        with closing(sqlite3.connect(copied)) as connection:
            connection.execute(statement)
            connection.commit()
        result = run("restore", "--check", again(made, copied))
        assert (result.exit_code, says in result.output) == (1, True), (statement, result.output)
    copied.write_bytes(b"no database")
    assert "can't be read" in run("restore", "--check", again(made, copied)).output


def test_a_backup_of_a_newer_program_is_refused(world: World, run: Run) -> None:
    made = backup_of(run)
    with opened(made) as backup:
        backup.extract(PART, made.with_name("part2"))
    result = run("restore", "--check", again(made, made.with_name("part2"), revision="9999"))
    assert (result.exit_code, "of a newer program: revision 9999" in result.output) == (1, True), result.output


def command(world: World, *words: object) -> list[str]:
    """The command line of a real process."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, words)]


def environment(world: World) -> dict[str, str]:
    """What such a process is told, so that it works on the test's database."""
    config = world.app.config["QIDING"]
    told = {"DATABASE_URL": config.database_url, "MEDIA_DIR": config.media_dir, "QIDING_BACKUPS": config.backup_dir}
    told |= {"SECRET_KEY": "for-tests", "QIDING_SIGNING_KEY": "for-tests"}
    return {**os.environ, **{key: str(value) for key, value in told.items()}}


def test_a_disk_without_room_keeps_nothing_and_leaves_earlier_ones(world: World, run: Run) -> None:
    made = backup_of(run)
    big = world.app.config["QIDING"].media_dir / "dossiers"
    big.mkdir()
    (big / "large.zip").write_bytes(os.urandom(3 << 20))
    limited = ["sh", "-c", 'ulimit -f 4096 && exec "$@"', "sh", *command(world, "backup")]  # 2 MB a file
    done = subprocess.run(limited, cwd=ROOT, env=environment(world), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no room in" in done.stderr or "pg_dump failed" in done.stderr, done.stderr
    folder = made.parent
    assert sorted(file.name for file in folder.iterdir()) == [".lock", made.name]
    assert run("restore", "--check", made).exit_code == 0


def test_a_killed_backup_leaves_nothing_that_looks_whole_and_the_next_one_clears_up(world: World, run: Run) -> None:
    folder = world.app.config["QIDING"].backup_dir
    pipe = world.app.config["QIDING"].media_dir / "aa"
    pipe.mkdir(parents=True)
    os.mkfifo(pipe / "never-ends")  # whoever reads it waits: the kill comes in the middle of a backup
    process = subprocess.Popen(
        command(world, "backup"), cwd=ROOT, env=environment(world), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 60
    while not list(folder.glob(".qiding-*.part")) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    busy = run("backup")
    assert (busy.exit_code, "another backup is being made" in busy.output) == (1, True), busy.output
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(folder.glob(".qiding-*.part"))
    assert listed(folder) == []
    shutil.rmtree(pipe)
    backup_of(run)
    assert len(list(folder.iterdir())) == 2, list(folder.iterdir())  # the backup and the lock
    assert len(listed(folder)) == 1


def test_the_newest_of_each_day_and_each_week_stay() -> None:
    first = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    times = [first + timedelta(hours=12 * n) for n in range(120)]  # twice a day, for sixty days
    stay = sorted(staying(times, 7))
    last = times[-1]
    assert stay[-7:] == [last - timedelta(days=n) for n in reversed(range(7))]
    assert len(stay) == 7 + 5  # of seven weeks, two are among the seven days
    assert staying(times[-1:], 1) == {last}
    # Pruned each day, the same rule keeps the same: it does not eat up its own weeks.
    kept: set[datetime] = set()
    for moment in times:
        kept = staying({*kept, moment}, 7)
    assert len({moment.isocalendar()[:2] for moment in kept}) == 7


def test_only_what_it_made_itself_is_deleted(world: World, run: Run) -> None:
    made = backup_of(run)
    folder = made.parent
    names = [name_at(1_700_000_000_000 + day * 86_400_000) for day in range(4)]
    for name in names:
        shutil.copy(made, folder / name)
    strange = ("qiding-20200101-000000Z.zip", "holiday.zip", "qiding-20210101-000000Z.txt", "before-restore-1.zip")
    for name in strange:
        (folder / name).write_bytes(b"mine")
    with zipfile.ZipFile(folder / "qiding-20220101-000000Z.zip", "w") as zipped:
        zipped.writestr(MANIFEST, json.dumps({"format": "something else"}))
    shutil.copy(made, folder / "before-restore-2.zip")
    gone = {file.name for file in prune(folder, 1)}
    assert gone == set(names)
    for name in (*strange, made.name, "before-restore-2.zip", "qiding-20220101-000000Z.zip"):
        assert (folder / name).exists(), name
    world.clock.advance(DAY)
    assert f"deleted {made.name}" in run("backup", "--keep", "1").output
    assert "WRONG" in run("backup", "--list").output
    assert time_of(Path("qiding-20261340-000000Z.zip")) is None


def test_the_right_programs_are_looked_for_and_how_to_get_them_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.backup import postgresql

    versions = {"/usr/bin/pg_dump": 13, "/new/17/bin/pg_dump": 17, "/new/15/bin/pg_dump": 15}
    monkeypatch.setattr(postgresql.shutil, "which", lambda _name: "/usr/bin/pg_dump")
    monkeypatch.setattr(postgresql, "_version", versions.get)
    monkeypatch.setattr(postgresql.Path, "glob", lambda _self, _pattern: iter(map(Path, list(versions)[1:])))
    assert program("pg_dump", 15) == "/new/15/bin/pg_dump"
    assert program("pg_dump", 16) == "/new/17/bin/pg_dump"
    with pytest.raises(postgresql.Unsound, match="pg_dump 17 is too old: .* sudo apt install postgresql-client-18"):
        program("pg_dump", 18)
