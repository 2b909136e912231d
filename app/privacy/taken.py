"""One's own data as a zip: data.json for programs, index.html for people, and one's own photos."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from flask import render_template
from sqlalchemy import select

from app.core.database import db
from app.core.i18n import language
from app.core.media import EXTENSIONS, Media, read
from app.core.personal import Personal
from app.engine.errors import NotFound
from app.engine.phrase import Phrase
from app.privacy.fields import FIELDS
from app.privacy.kept import export, kinds


def taken(person_id: int) -> bytes:
    """The zip of a person."""
    found = export(person_id)
    files = photos(person_id)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(found, ensure_ascii=False, indent=2))
        page = render_template(
            "privacy/taken.html",
            parts=parts_of(found),
            fields=FIELDS,
            files=[name for name, _ in files],
            lang="en" if language() == "en" else "zh-Hans",
        )
        archive.writestr("index.html", page)
        for name, sha256 in files:
            archive.writestr(name, read(sha256), zipfile.ZIP_STORED)
    return out.getvalue()


def photos(person_id: int) -> list[tuple[str, str]]:
    """The names in the zip, and the hashes, of the files that somebody sent and that are still there."""
    found = []
    for row in db.session.scalars(select(Media).where(Media.person_id == person_id).order_by(Media.id)):
        try:
            read(row.sha256)
        except NotFound:
            continue
        found.append((f"files/{row.public_id}.{EXTENSIONS[row.mime]}", row.sha256))
    return found


def parts_of(found: dict[str, Any]) -> list[tuple[Personal, Phrase, list[Any]]]:
    """The parts that hold something, as lists of rows: the kind, the part's title, its rows."""
    result: list[tuple[Personal, Phrase, list[Any]]] = []
    for kind in kinds():
        for key, title in (kind.parts or {}).items():
            value = found[key]
            rows = value if isinstance(value, list) else [value] if value else []
            if rows:
                result.append((kind, title, rows))
    return result
