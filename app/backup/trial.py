"""Whether a backup can be put back: its sums, and then a restore elsewhere, counted, audited and thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

from app.audit.verify import slugs, verify, verify_links
from app.backup import postgresql
from app.backup.archive import DATABASE, MANIFEST, MEDIA, Backup, Unsound, opened
from app.backup.snapshot import engine_for, named_files, read_snapshot
from app.config import Config
from app.core.database import db

Create = Callable[[Config], Flask]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """Where a restore goes: the settings of this program, and how an application for other settings is made."""

    config: Config
    create: Create
    newest: str  # the revision of this program's tables
    known: frozenset[str]  # all revisions that it can migrate from


def check(file: Path, place: Place, tell: Tell) -> dict[str, Any]:
    """Check a backup and try it; returns its list, or raises Unsound with the first wrong thing."""
    with opened(file) as backup:
        manifest = backup.manifest
        _check_sums(backup)
        parts = len(backup.parts)
        tell(f"{file.name}: {parts} parts, made {manifest['made']} from {manifest['versions']['database']}; sums hold")
        if manifest["revision"] not in place.known:
            raise Unsound(f"it is of a newer program: revision {manifest['revision']}, this one ends at {place.newest}")
        with _elsewhere(backup, place.config) as (url, folder):
            _compare(backup, url)
            tell(f"restored elsewhere: {sum(manifest['counts'].values())} rows, as many in each table as it says")
            audit_there(place, replace(place.config, database_url=url, media_dir=folder), manifest, tell)
    return manifest


def _check_sums(backup: Backup) -> None:
    if backup.summed():
        return
    wrong = list(backup.wrong_parts())
    if wrong:
        raise Unsound("; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""))
    raise Unsound(f"{MANIFEST} or what holds the parts together was changed: the sum at the end doesn't hold")


@contextmanager
def _elsewhere(backup: Backup, config: Config) -> Iterator[tuple[str, Path]]:
    """The database of a backup, put into a temporary file or a temporary database; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="qiding-trial-") as name:
        folder = Path(name)
        part = DATABASE[backup.engine]
        backup.extract(part, folder / part)
        if backup.engine == "sqlite":
            yield f"sqlite:///{folder / part}", folder
            return
        if config.is_sqlite:
            raise Unsound(
                "it is of PostgreSQL: set DATABASE_URL to a database on a server, where it is tried beside it"
            )
        with postgresql.trial_database(config.database_url) as url:
            postgresql.load(folder / part, url)
            yield url, folder


def _compare(backup: Backup, url: str) -> None:
    """Compare what was put back with what the list tells: revision, rows of each table, logs, files that rows name."""
    manifest, engine = backup.manifest, engine_for(url)
    try:
        with engine.connect() as connection:
            snapshot, named = read_snapshot(connection), named_files(connection)
    except DBAPIError as error:
        raise Unsound(f"the database in it can't be read: {str(error.orig).splitlines()[0]}") from None
    finally:
        engine.dispose()
    if snapshot is None:
        raise Unsound("the database in it has no tables of Qiding")
    told = snapshot.told()
    if told["revision"] != manifest["revision"]:
        raise Unsound(f"its tables are of revision {told['revision']}, not {manifest['revision']}")
    for table in sorted({*told["counts"], *manifest["counts"]}):
        there, wanted = told["counts"].get(table), manifest["counts"].get(table)
        if there != wanted:
            raise Unsound(f"table {table}: {there} rows, expected {wanted}")
    for there, wanted in zip(told["communities"], manifest["communities"], strict=True):
        for name, value in wanted.items():
            if there[name] != value:
                raise Unsound(f"the log of {wanted['slug']}: {name} is not what was noted when the backup was made")
    lost = sorted(file for file in named - set(manifest["missing"]) if MEDIA + file not in backup.parts)
    if lost:
        raise Unsound(f"{MEDIA}{lost[0]}: is named by a row and not in the backup")


def audit_there(place: Place, config: Config, manifest: dict[str, Any], tell: Tell) -> None:
    """Bring a restored database up to this program, and audit it; each log must begin as it was noted."""
    app = place.create(config)
    noted = {told["slug"]: (told["size"], told["root"]) for told in manifest["communities"]}
    with app.app_context():
        try:
            if manifest["revision"] != place.newest:
                upgrade()
                db.session.remove()
                tell(f"migrated from revision {manifest['revision']} to {place.newest}")
            _audit(noted, tell)
        finally:
            db.session.remove()
            db.engine.dispose()


def _audit(noted: dict[str, tuple[int, str]], tell: Tell) -> None:
    broken = verify_links()
    if broken is not None:
        raise Unsound(f"the audit found: {broken}")
    for slug in slugs():
        report = verify(slug, [noted[slug]] if slug in noted else [])
        if report.finding is not None:
            raise Unsound(f"the audit of {slug} found: {report.finding}")
        tell(f"{slug}: {report.size} entries, {report.ballots} ballots, {report.records} records; the audit is sound")
