"""Which backups stay: the newest of each of so many days and of so many weeks. Nothing else is ever deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.backup.archive import Unsound, opened

NAME = re.compile(r"qiding-(\d{8}-\d{6})Z(?:-\d+)?\.zip")


@dataclass(frozen=True)
class Kept:
    """A backup in a folder: what its list says; or, in ``wrong``, why it is none."""

    file: Path
    manifest: dict[str, Any]
    wrong: str = ""


def name_at(at: int) -> str:
    """What a backup of this instant is called."""
    return f"qiding-{datetime.fromtimestamp(at / 1000, UTC):%Y%m%d-%H%M%S}Z.zip"


def time_of(file: Path) -> datetime | None:
    """When a file with such a name was made; None for other names."""
    found = NAME.fullmatch(file.name)
    try:
        return datetime.strptime(found[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def staying(times: Iterable[datetime], keep: int) -> set[datetime]:
    """Of these moments those that stay: the newest of each of the last ``keep`` days, and weeks, that have one."""
    days: dict[object, datetime] = {}
    weeks: dict[object, datetime] = {}
    for moment in sorted(times, reverse=True):
        if len(days) < keep:
            days.setdefault(moment.date(), moment)
        if len(weeks) < keep:
            weeks.setdefault(moment.isocalendar()[:2], moment)
    return {*days.values(), *weeks.values()}


def listed(folder: Path) -> list[Kept]:
    """The backups of a folder, the oldest first; those that are cut short or changed in their list among them."""
    found = []
    for file in sorted(folder.glob("*.zip")) if folder.is_dir() else ():
        try:
            with opened(file) as backup:
                found.append(Kept(file, backup.manifest))
        except (Unsound, OSError) as error:
            if time_of(file) is not None:
                found.append(Kept(file, {}, str(error)))
    return found


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete old backups that :func:`name_at` named and whose list can be read; returns which."""
    made = {kept.file: moment for kept in listed(folder) if not kept.wrong and (moment := time_of(kept.file))}
    stay = staying(made.values(), keep)
    gone = [file for file, moment in made.items() if moment not in stay]
    for file in gone:
        file.unlink()
    return gone
