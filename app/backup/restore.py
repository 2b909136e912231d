"""Putting a backup back: tried first, with a backup kept of what is there, and what was erased since erased again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.backup import postgresql, sqlite
from app.backup.archive import DATABASE, MEDIA, Backup, Unsound, opened, sync_folder
from app.backup.make import make
from app.backup.snapshot import Snapshot, engine_for, is_filled, read_snapshot
from app.backup.trial import Place, Tell, audit_there, check
from app.config import Config
from app.core.database import db


def restore(file: Path, place: Place, at: int, tell: Tell, *, replacing: bool = False) -> dict[str, Any]:
    """Put a backup in the place that the settings name; Unsound says why not, and then nothing was changed."""
    config = place.config
    with opened(file) as backup:
        if backup.engine != ("sqlite" if config.is_sqlite else "postgresql"):
            raise Unsound(f"it is of {backup.engine}, and DATABASE_URL names a database of another kind")
    before = _present(config)
    if before is not None and not replacing:
        raise Unsound("the database that DATABASE_URL names is not empty; --replace keeps a backup of it first")
    check(file, place, tell)
    tell("the backup is sound")
    if before is not None:
        kept = make(config, config.backup_dir, at, name=f"before-restore-{at}.zip")
        tell(f"what was there is kept in {kept.file}")
    with opened(file) as backup:
        _put_media(backup, config.media_dir)
        _put_database(backup, config)
        manifest = backup.manifest
    tell(f"put back: the database, and media in {config.media_dir}")
    audit_there(place, config, manifest, tell)
    _again(place.create(config), tell)
    audit_there(place, config, {**manifest, "revision": place.newest}, lambda _line: None)
    _tell_of_the_lost(before, manifest, tell)
    return manifest


def _present(config: Config) -> Snapshot | None:
    """What the place holds now; None where it is empty."""
    if config.is_sqlite and not sqlite.file_of(config.database_url).exists():
        return None
    engine = engine_for(config.database_url)
    try:
        with engine.connect() as connection:
            if not is_filled(connection):
                return None
            found = read_snapshot(connection)
    except DBAPIError as error:
        said = str(error.orig).splitlines()[0]
        raise Unsound(f"what is there can't be read ({said}), so no backup of it can be kept: move it away") from None
    finally:
        engine.dispose()
    if found is None:
        raise Unsound("the database that DATABASE_URL names holds tables that are not Qiding's")
    return found


def _put_media(backup: Backup, media: Path) -> None:
    """Files first, then the rows that name them. What is there and not in the backup stays."""
    for name in backup.parts:
        if not name.startswith(MEDIA):
            continue
        target = media / name.removeprefix(MEDIA)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.restoring")
        try:
            backup.extract(name, aside)
            os.chmod(aside, 0o644)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(target.parent)


def _put_database(backup: Backup, config: Config) -> None:
    part = DATABASE[backup.engine]
    with tempfile.TemporaryDirectory(prefix="qiding-restore-") as name:
        folder = Path(name)
        backup.extract(part, folder / part)
        if config.is_sqlite:
            sqlite.put(folder / part, sqlite.file_of(config.database_url))
        else:
            postgresql.put(folder / part, config.database_url, folder)


def _again(app: Flask, tell: Tell) -> None:
    """Let each feature do again what must not come back with a backup: erasures."""
    with app.app_context():
        try:
            done = sum(function() for module in app.extensions["qiding.modules"] for function in module.restored)
        finally:
            db.session.remove()
            db.engine.dispose()
    tell(f"erased again, since it was after this backup: {done}")


def _tell_of_the_lost(before: Snapshot | None, manifest: dict[str, Any], tell: Tell) -> None:
    """Say what the logs of before had more: signed sizes may be in other hands, and are no longer reached."""
    told = {item["origin"]: item["size"] for item in manifest["communities"]}
    for head in before.heads if before is not None else ():
        if head.size > told.get(head.origin, 0):
            tell(
                f"{head.slug}: its log had {head.size} entries and has {told.get(head.origin, 0)}. "
                "Checkpoints and receipts of later ones are out in the world: say publicly what was put back, and why"
            )
