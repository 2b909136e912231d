"""The list of erasures beside the database: whoever restores an old copy erases again what was erased since."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.core.database import db
from app.privacy.models import Erasure
from app.privacy.service import erase_again


def path_here() -> Path | None:
    """Where this installation keeps the list; None where it keeps none."""
    found: Path | None = current_app.config["QIDING"].erasures_file
    return found


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a list. A last line that a crash cut off counts as not written."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("person"), str):
            yield found


def write_due() -> int:
    """Add to the list what the database has more; returns how many. Ids and the hour only, no name and no word."""
    path = path_here()
    if path is None:
        return 0
    known = {line["person"] for line in read(path)}
    # As many as there, or more, tells nothing: after an old copy was put back the list may name whom the database never had.
    rows = [row for row in db.session.scalars(select(Erasure).order_by(Erasure.id)) if row.person not in known]
    if not rows:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(
        json.dumps({"erasure": row.public_id, "person": row.person, "at": row.at, "words": row.words}) + "\n"
        for row in rows
    )
    whole = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, (text if whole else "\n" + text).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    return len(rows)


def reapply(path: Path | None = None) -> int:
    """Erase again everybody whom a list names and this database still knows; returns how many.

    To be called after an old copy was restored, within the application's context and before anybody is let in.
    """
    source = path if path is not None else path_here()
    if source is None:
        return 0
    return sum(
        erase_again(str(line.get("erasure", "")), line["person"], words=line.get("words") is True)
        for line in read(source)
    )
