"""Photos and documents: files named by their content under MEDIA_DIR, written before the commit that names them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.config import Config
from app.core.database import Base, Instant, Key, PublicId, db
from app.core.transaction import Tx
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import Phrase, phrase

MOST_BYTES = 10 * 1024 * 1024
SIZES = {"large": 1600, "small": 480}
VISIBILITIES = ("public", "members", "staff")
EXTENSIONS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


class Media(Base):
    """A stored file. A photo has a large and a small form; a document only its own."""

    __tablename__ = "media"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str] = mapped_column(String(10))  # photo | document
    mime: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    small_sha256: Mapped[str | None] = mapped_column(String(64))
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    size: Mapped[int]
    name: Mapped[str] = mapped_column(String(120), default="")
    visibility: Mapped[str] = mapped_column(String(10), default="public")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]


@dataclass(frozen=True)
class Upload:
    """A file made safe and already on the disk, to be named in a transaction by :func:`name_upload`."""

    kind: str
    mime: str
    sha256: str
    small_sha256: str | None
    width: int
    height: int
    size: int
    name: str


def mark_of(file: Upload | str | None) -> list[str]:
    """What tells a sent file apart, for the key of its form: other words are refused under a used key, and so is another file."""
    return [] if not file else [file.sha256 if isinstance(file, Upload) else file]


def path_of(sha256: str) -> Path:
    """Where a file with this hash lies."""
    config: Config = current_app.config["QIDING"]
    return config.media_dir / sha256[:2] / sha256[2:]


def keep(data: bytes) -> str:
    """Put bytes on the disk under their SHA-256, durably, and return it. The same bytes twice are one file."""
    sha256 = hashlib.sha256(data).hexdigest()
    target = path_of(sha256)
    if target.exists():
        return sha256
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)  # a full disk is not filled further by what could not be kept
        raise
    directory = os.open(target.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return sha256


def read(sha256: str) -> bytes:
    """The bytes kept under this hash."""
    try:
        return path_of(sha256).read_bytes()
    except FileNotFoundError:
        raise NotFound from None


def let_go(tx: Tx, sha256: str) -> None:
    """Delete a kept file, unless it is named in the database."""
    named = select(Media.id).where((Media.sha256 == sha256) | (Media.small_sha256 == sha256)).limit(1)
    if tx.session.scalar(named) is None:
        path_of(sha256).unlink(missing_ok=True)


def _wrong(field: str, sentence: Phrase) -> Invalid:
    return Invalid(sentence, {field: sentence})


def receive_photo(data: bytes, field: str = "photo") -> Upload:
    """Re-encode a photo in a child process: turned upright, scaled, without metadata. Call before the transaction.

    ``field`` is where the form shows a refusal.
    """
    if not data:
        raise _wrong(field, phrase("The photo is empty. Choose another one."))
    if len(data) > MOST_BYTES:
        raise _wrong(field, phrase("The photo is larger than 10 MB. Choose a smaller one."))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        source.write_bytes(data)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "app.core.photo", str(source), folder, json.dumps(SIZES)],
                capture_output=True,
                timeout=20,
                check=False,
                cwd=Path(__file__).resolve().parents[2],
            )
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode != 0:
            raise _wrong(field, phrase("This file can't be read as a photo. Send a JPEG, PNG or WebP picture."))
        width, height = json.loads(done.stdout)
        large, small = ((Path(folder) / f"{name}.jpg").read_bytes() for name in SIZES)
    return Upload("photo", "image/jpeg", keep(large), keep(small), width, height, len(large), "")


def receive_document(data: bytes, filename: str) -> Upload:
    """Keep a PDF, or a photo of a paper, as a document."""
    if data.startswith(b"%PDF-") and len(data) <= MOST_BYTES:
        name = "".join(c for c in Path(filename.replace("\\", "/")).name if c.isprintable() and c not in '/"\u202e')
        return Upload("document", "application/pdf", keep(data), None, 0, 0, len(data), name.lstrip(".")[-120:])
    if data.startswith(b"%PDF-"):
        raise _wrong("document", phrase("The document is larger than 10 MB. Choose a smaller one."))
    return receive_photo(data, "document")


def name_upload(
    tx: Tx, upload: Upload, *, community_id: int | None, person_id: int | None, visibility: str = "public"
) -> Media:
    """Name a received file in the database, within the transaction that needs it."""
    if visibility not in VISIBILITIES:
        raise ValueError(visibility)
    row = Media(
        community_id=community_id,
        person_id=person_id,
        visibility=visibility,
        at=tx.now,
        kind=upload.kind,
        mime=upload.mime,
        sha256=upload.sha256,
        small_sha256=upload.small_sha256,
        width=upload.width,
        height=upload.height,
        size=upload.size,
        name=upload.name,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def extensions_of(public_ids: Iterable[str]) -> dict[str, str]:
    """The extension of each stored file, as its address needs it."""
    query = select(Media.public_id, Media.mime).where(Media.public_id.in_(set(public_ids)))
    return {public_id: EXTENSIONS[mime] for public_id, mime in db.session.execute(query)}


def find(public_id: str) -> Media:
    """A stored file by its public id."""
    row = db.session.scalar(select(Media).where(Media.public_id == public_id))
    if row is None:
        raise NotFound
    return row
