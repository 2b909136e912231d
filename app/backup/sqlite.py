"""SQLite: copied while it is written to, and put back into the file that a server may have open."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from app.backup.archive import Unsound

PAGES = 2048
MOST_BEGINNINGS = 5
PATIENCE = 20.0
MOST_WAITS = 2000


class _Overtaken(Exception):
    """Somebody wrote so often that the copy began again and again."""


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise Unsound("DATABASE_URL names no file, so there is nothing to copy or to put back")
    return Path(name)


def copy(source: Path, target: Path) -> None:
    """Copy a live database as one moment shows it.

    Piece by piece, so that nobody waits; each time somebody writes in between, SQLite begins the copy anew. After a few
    beginnings it is copied at one go: readers go on, writers wait for as long as the disk takes to read the file.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(source, timeout=PATIENCE)) as live, closing(sqlite3.connect(target)) as made:
            made.execute("pragma synchronous = off")  # it is read again and synced as part of the backup
            try:
                live.backup(made, pages=PAGES, progress=_beginnings(), sleep=0.002)
            except _Overtaken:
                live.backup(made, pages=-1, progress=_until(), sleep=0.01)
            found = made.execute("pragma quick_check").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise OSError(errno.ENOSPC, str(error)) from None
        raise Unsound(f"the database can't be copied: {error}") from None
    except sqlite3.DatabaseError as error:
        raise Unsound(f"the database is damaged: {error}") from None
    if found != "ok":
        raise Unsound(f"the database is damaged: {found}")


Progress = Callable[[int, int, int], object]


def _beginnings() -> Progress:
    """End a copy that began anew too often."""
    least, begun = None, 1
    waits = _until()

    def progress(status: int, remaining: int, total: int) -> None:
        nonlocal least, begun
        waits(status, remaining, total)
        if status == sqlite3.SQLITE_OK:
            if least is not None and remaining >= least:
                begun += 1
            least = remaining
        if begun > MOST_BEGINNINGS:
            raise _Overtaken

    return progress


def _until() -> Progress:
    """End a copy that waits for a lock for too long: by itself SQLite's copy would wait forever."""
    waited = 0

    def progress(status: int, _remaining: int, _total: int) -> None:
        nonlocal waited
        waited = waited + 1 if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else 0
        if waited > MOST_WAITS:
            raise Unsound("the database is locked by somebody else, for too long")

    return progress


def put(source: Path, target: Path) -> None:
    """Write a database over another in one transaction: a crash leaves the one or the other, and who has it open sees it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target, timeout=PATIENCE)) as live:
        live.execute("pragma journal_mode = truncate")
        live.execute("pragma synchronous = full")
        kept.backup(live, pages=-1, progress=_until(), sleep=0.01)
        found = live.execute("pragma integrity_check").fetchone()[0]
    if found != "ok":
        raise Unsound(f"{target} is damaged: {found}. Move it away and restore again")
