"""How a dossier is made: streamed to a file on the disk, listed, signed, checked, and only then given out."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app, render_template
from sqlalchemy import func, select

from app.config import ROOT, Config
from app.core.database import db
from app.core.events import LogEntry
from app.core.removals import Removal
from app.dossier import manifest as names
from app.dossier.check import check
from app.dossier.contents import Contents, as_public, base_url, collect
from app.engine.canonical import canon
from app.people.places import Community
from app.projects import board, queries
from app.projects.parts import PAGE
from app.projects.posters import drawing_of
from app.proof import checkpoints, keys
from app.proof.models import Checkpoint
from app.records.words import words_of

CHUNK = 1 << 16
PACKED = {".pdf", ".jpg", ".zip", ".xlsx"}  # pressed already
LOOK = Path(__file__).parent / "dossier.css"
Progress = Callable[[int, int], None]


@dataclass
class Writing:
    """An archive being written: one file after the other, each put on the list as it is."""

    archive: zipfile.ZipFile
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, path: str, kind: str, content: bytes | Path) -> None:
        """Put one file in, and on the list."""
        self.listed[path] = {"kind": kind, **self.put(path, content)}

    def put(self, path: str, content: bytes | Path) -> dict[str, Any]:
        """Put one file in; its hash and size."""
        digest, size = hashlib.sha256(), 0
        with self.archive.open(_info(path), "w", force_zip64=True) as out:
            for part in _parts(content):
                digest.update(part)
                out.write(part)
                size += len(part)
        return {"sha256": digest.hexdigest(), "size": size}


def _parts(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, names.FIXED)
    info.compress_type = zipfile.ZIP_STORED if Path(path).suffix in PACKED else zipfile.ZIP_DEFLATED
    info.external_attr, info.create_system = 0o644 << 16, 3
    return info


@dataclass(frozen=True)
class Made:
    """A dossier on the disk."""

    path: Path
    mark: str
    sha256: str
    length: int
    files: int
    removals: int  # of its project, before it was begun


def folder() -> Path:
    """Where dossiers lie."""
    config: Config = current_app.config["QIDING"]
    return config.media_dir / "dossiers"


def make(public_id: str, lang: str, base: str, progress: Progress = lambda _done, _total: None) -> Made:
    """Make the dossier of a project, check it, and leave it under a name of its own beside the media."""
    project, here = queries.find_project(public_id)
    removals = removals_of(project.id)
    keys.introduce(here.id)
    checkpoints.make(here.id)  # so that a signed checkpoint covers all that is in it
    folder().mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder(), prefix=".dossier-")
    try:
        with os.fdopen(handle, "w+b") as out, as_public(lang, base):
            contents = collect(public_id, lang)
            files = write(out, contents, progress)
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            sha256, length = hashlib.file_digest(out, "sha256").hexdigest(), out.tell()
        check(Path(name), bundles=False).raise_if_wrong()  # a bundle was checked when it was built
        target = folder() / f"{public_id}-{lang}-{sha256[:16]}.zip"
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
    return Made(target, contents.mark, sha256, length, files, removals)


def removals_of(project_id: int) -> int:
    """How often words of a project were removed."""
    return db.session.scalar(select(func.count()).where(Removal.project_id == project_id)) or 0


def write(out: Any, contents: Contents, progress: Progress) -> int:
    """Write a dossier into an open file, fixed times and order; returns how many files are in it."""
    here, point = contents.here, checkpoints.latest(contents.here.id)
    assert point is not None
    files = contents.files()
    with zipfile.ZipFile(out, "w", compresslevel=6) as archive:
        archive.comment = b""
        writing = Writing(archive)
        writing.add(names.INDEX, "index", _index(contents, point))
        writing.add(names.README, "readme", _read_me(contents))
        writing.add(names.STYLE, "look", LOOK.read_bytes())
        writing.add("look/mark.svg", "look", (ROOT / "app/static/img/mark.svg").read_bytes())
        drawing = drawing_of(contents.project.picture)
        if drawing is not None:
            writing.add(f"look/{drawing.name}", "look", drawing)
        writing.add(names.PROJECT, "project", canon(contents.facts))
        writing.add(names.METHOD, "method", contents.version.source.encode())
        writing.add(names.CHECKPOINT, "checkpoint", point.note.encode())
        writing.add(names.KEY, "key", f"{keys.signer_of(here).key}\n".encode())
        for record in contents.records:
            seq = checkpoints.of_poll(here.id, record.public_id)["record.published"][0]
            way = _inclusion(here, "record", record.public_id, seq, point)
            writing.add(names.inclusion_path(record.public_id), "inclusion", way)
        for removal, seq in _removals(contents):
            way = _inclusion(here, "removal", removal, seq, point)
            writing.add(names.removal_path(removal), "inclusion", way)
        for n, file in enumerate(files):
            progress(n, len(files))
            content = file.make()
            if file.kind == PAGE:
                assert isinstance(content, bytes)
                content = contents.local(content.decode(), file.path).encode()
            writing.add(file.path, file.kind, content)
        listed = canon(_manifest(contents, point, writing.listed))
        writing.put(names.MANIFEST, listed)
        signer = keys.signer_of(here)
        note = signer.sign(names.signed_text(signer.key.name, contents.project.public_id, listed))
        writing.put(names.SIGNATURE, note.encode())
    progress(len(files), len(files))
    return len(writing.listed) + 2


def _manifest(contents: Contents, point: Checkpoint, listed: dict[str, Any]) -> dict[str, Any]:
    key = keys.signer_of(contents.here).key
    return {
        "format": names.FORMAT,
        "origin": key.name,
        "key": str(key),
        "keys": [row.key for row in keys.keys_of(contents.here.id)],
        "checkpoint": {"size": point.size, "root": point.root, "at": point.at},
        "language": contents.lang,
        "site": base_url(),
        "community": contents.facts["community"],
        "project": {"id": contents.project.public_id, "title": contents.project.title},
        "files": listed,
    }


def _removals(contents: Contents) -> Iterator[tuple[str, int]]:
    """What removed words of the records, each with its place in the log."""
    words = words_of(record.id for record in contents.records).values()
    wanted = {kept.removal.public_id for of_it in words for kept in of_it.values() if kept.removal is not None}
    if not wanted:
        return
    query = select(LogEntry.seq, LogEntry.body).where(
        LogEntry.community_id == contents.here.id, LogEntry.body.contains('"words.redacted"')
    )
    for seq, body in db.session.execute(query.order_by(LogEntry.seq)).all():
        removal = json.loads(body).get("removal")
        if removal in wanted:
            yield removal, seq


def _inclusion(here: Community, what: str, public_id: str, seq: int, point: Checkpoint) -> bytes:
    """An entry of the log that tells of something, and the hashes that lead from it to the checkpoint."""
    entry, hashes = checkpoints.inclusion(here.id, seq, point)
    lines = [names.INCLUSION_FORMAT, f"{what} {public_id}", f"index {seq}", f"entry {entry}"]
    return "\n".join([*lines, *(f"hash {item.hex()}" for item in hashes), "", point.note]).encode()


def _index(contents: Contents, point: Checkpoint) -> bytes:
    project, here = contents.project, contents.here
    method = queries.method_of(project)
    stages = board.path(here.slug, project, method, board.runs_of([project])[project.id])
    key = str(keys.signer_of(here).key)
    page = render_template(
        "dossier/index.html",
        community=here,
        project=project,
        facts=contents.facts,
        method=method,
        stages=stages,
        steps={step.key: step for step in method.steps},
        of_step=contents.of_step,
        sections=contents.sections,
        picture=_picture(contents),
        point=point,
        command=names.command(contents.project.public_id, key),
        checkpoint=names.CHECKPOINT,
        base=base_url(),
    )
    return contents.local(page, names.INDEX).encode()


def _picture(contents: Contents) -> str:
    drawing = drawing_of(contents.project.picture)
    if drawing is not None:
        return f"look/{drawing.name}"
    wanted = contents.facts["project"]["picture"]
    return wanted if any(file.path == wanted for file in contents.files()) else ""


def _read_me(contents: Contents) -> bytes:
    return render_template("dossier/read_me.txt", project=contents.project, community=contents.here).encode()
