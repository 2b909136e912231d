"""Making a backup: the database as one moment shows it, then the media, in one file that is there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.backup import postgresql, sqlite
from app.backup.archive import DATABASE, MEDIA, PART, Unsound, Writer, written
from app.backup.keep import name_at
from app.backup.snapshot import Snapshot, engine_for, named_files, read_snapshot
from app.config import Config

NOTHING = "there is no database of Qiding here. Make one: flask --app wsgi db upgrade"
LEAST_ROOM = 64 << 20
_HASHED = re.compile(r"([0-9a-f]{2})/([0-9a-f]{62})")


@dataclass(frozen=True)
class Made:
    """A backup that was made. ``missing`` are files that a row names, ``changed`` those whose name says another hash."""

    file: Path
    manifest: dict[str, Any]
    missing: tuple[str, ...]
    changed: tuple[str, ...]


def make(config: Config, folder: Path, at: int, *, name: str = "") -> Made:
    """Make a backup in ``folder``. Database first, then media: every file that a row names was written before the row."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700) if not any(folder.iterdir()) else None
    try:
        with _alone(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as work:
            target = _free(folder, name or name_at(at))
            copied = Path(work) / "database"
            snapshot, named, versions = _copy_database(config, copied)
            kind = "sqlite" if config.is_sqlite else "postgresql"
            with written(target) as out:
                out.add(DATABASE[kind], copied, packed=kind == "sqlite")
                changed = _add_media(out, config.media_dir)
                missing = tuple(sorted(file for file in named if MEDIA + file not in out.parts))
                manifest = {
                    "at": at,
                    "made": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds"),
                    "engine": kind,
                    "versions": versions,
                    **snapshot.told(),
                    "missing": missing,
                }
                out.end(manifest)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise Unsound(f"no room in {folder}: nothing was kept, earlier backups are as they were") from None
        raise
    return Made(target, manifest, missing, tuple(changed))


def _copy_database(config: Config, target: Path) -> tuple[Snapshot, set[str], dict[str, str]]:
    """Copy the database; what it held at that moment, the files that it names, and the versions of what was there."""
    if config.is_sqlite:
        source = sqlite.file_of(config.database_url)
        if not source.exists():
            raise Unsound(NOTHING)
        _room(target.parent, source.stat().st_size)
        sqlite.copy(source, target)
    engine = engine_for(f"sqlite:///{target}" if config.is_sqlite else config.database_url)
    try:
        with engine.connect() as connection:
            if not config.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            snapshot = read_snapshot(connection)
            if snapshot is None:
                raise Unsound(NOTHING)
            if not config.is_sqlite:
                postgresql.dump(connection, config.database_url, target)
            version = connection.execute(
                text("select sqlite_version()" if config.is_sqlite else "show server_version")
            ).scalar()
            versions = {"python": platform.python_version(), "database": f"{engine.dialect.name} {version}"}
            return snapshot, named_files(connection), versions
    finally:
        engine.dispose()


def _add_media(out: Writer, media: Path) -> list[str]:
    """Add all files under MEDIA_DIR but those that are being written; returns those that aren't what their name says."""
    changed = []
    for folder, below, names in os.walk(media):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            place = file.relative_to(media).as_posix()
            if name.startswith((".", "tmp")) or PART.fullmatch(MEDIA + place) is None:
                continue
            try:
                sha256 = out.add(MEDIA + place, file)
            except FileNotFoundError:
                continue  # removed meanwhile; if a row of the copy names it, it is said to be missing
            hashed = _HASHED.fullmatch(place)
            if hashed and hashed[1] + hashed[2] != sha256:
                changed.append(place)
    return changed


def _room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + LEAST_ROOM:
        raise OSError(errno.ENOSPC, "no room")


def _free(folder: Path, name: str) -> Path:
    stem, number, target = name.removesuffix(".zip"), 1, folder / name
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}.zip"
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; what a killed one left is removed."""
    handle = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unsound(f"another backup is being made in {folder}") from None
        for rest in (*folder.glob(".qiding-*.part"), *folder.glob(".before-*.part"), *folder.glob(".making-*")):
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        yield
    finally:
        os.close(handle)
