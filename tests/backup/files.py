"""Backups made by the command, and such as somebody tampered with and wrote all sums anew."""

from __future__ import annotations

import re
from pathlib import Path

from app.backup.archive import DATABASE, opened, written
from tests.backup.conftest import Run
from tests.conftest import ON_POSTGRESQL

PART = DATABASE["postgresql" if ON_POSTGRESQL else "sqlite"]


def backup_of(run: Run, *words: object) -> Path:
    """Make a backup by the command; the file that it names first."""
    result = run("backup", *words)
    assert result.exit_code == 0, result.output
    found = re.match(r"(\S+\.zip): ", result.output)
    assert found, result.output
    return Path(found[1])


def again(made: Path, database: Path | None = None, **more: object) -> Path:
    """A backup with another database in it, or another list, its sums written anew, as whoever tampers would."""
    lying, part = made.with_name("lying.zip"), made.with_name("part")
    lying.unlink(missing_ok=True)
    with opened(made) as backup, written(lying) as out:
        for name in backup.parts:
            if name == PART and database is not None:
                out.add(name, database)
                continue
            backup.extract(name, part)
            out.add(name, part)
        told = {key: value for key, value in backup.manifest.items() if key not in ("parts", "format")}
        out.end({**told, **more})
    return lying
