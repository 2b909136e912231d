"""Records against their hashes, and against what the log says was published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.audit.brought import Published
from app.audit.finding import Wrong, same
from app.audit.log import Log, Told, place
from app.core.database import db
from app.engine.canonical import sha256_hex
from app.engine.words import spots
from app.projects.models import Project, StepRunRow
from app.records.corrections import lawful
from app.records.models import Record
from app.records.words import Words, verify, words_of


def check_records(community_id: int, log: Log, brought: Mapping[str, Published]) -> int:
    """Check each record of a community, those that were brought from elsewhere included; returns how many."""
    left = dict(brought)
    told = log.by("record.published", "record")
    ids = db.session.scalars(select(Record.id).where(Record.community_id == community_id).order_by(Record.id)).all()
    for record_id in ids:
        record, project, step = db.session.execute(
            select(Record, Project.public_id, StepRunRow)
            .join(Project, Project.id == Record.project_id)
            .join(StepRunRow, StepRunRow.id == Record.step_run_id)
            .where(Record.id == record_id)
            .execution_options(populate_existing=True)
        ).one()
        name = record.public_id
        came = left.pop(name, None)
        if came is not None:
            _check_brought(record, came)
        elif name not in told:
            raise Wrong("record", name, "public_id", "expected an entry of the log that publishes it; there is none")
        else:
            entry = told.pop(name)
            _check_told(record, entry)
        words = words_of([record_id])[record_id]
        _check_words(record, words)
        if not verify(record, words):
            raise Wrong("record", name, "title, step, year or number", "expected what stands in its body")
        said = json.loads(record.body)
        if said["project"]["id"] != project:
            raise Wrong("record", name, "project_id", "expected the project that its body names")
        if (step.project_id, step.step, step.attempt) != (record.project_id, record.step, record.attempt):
            raise Wrong("record", name, "step_run_id", "expected the run of the step that its body names")
        if came is not None:
            _check_correction(
                record, said, said["correction"]["of"]["id"] if "correction" in said else None, came.source
            )
        else:
            _check_correction(record, said, entry.body.get("corrects"), place(entry.body))
    for name in left:
        raise Wrong("record", name, "public_id", "expected the record that came with its project's dossier")
    for name, missing in told.items():
        raise Wrong("record", name, "public_id", f"expected the record that {place(missing.body)} of the log publishes")
    return len(ids)


def _check_told(record: Record, told: Told) -> None:
    """A record of this community: as the entry of the log says that published it."""
    body, event = told
    name, source = record.public_id, f"{place(body)} of the log tells"
    if sha256_hex(record.body.encode()) != body.get("sha256"):
        raise Wrong("record", name, "body", f"expected the body whose hash {place(body)} of the log holds")
    same("record", name, "sha256", record.sha256, body.get("sha256"), source)
    same("record", name, "published_by_id", record.published_by_id, event.person_id, source)
    same("record", name, "published_at", record.published_at, event.at, source)
    if record.project_id != event.project_id:
        raise Wrong("record", name, "project_id", "expected the project that its body names")


def _check_brought(record: Record, came: Published) -> None:
    """A record of another installation: as the dossier says that it came in."""
    name = record.public_id
    if sha256_hex(record.body.encode()) != came.sha256:
        raise Wrong("record", name, "body", f"expected the body whose hash its dossier holds, as {came.source}")
    same("record", name, "sha256", record.sha256, came.sha256, came.source)
    same("record", name, "published_by_id", record.published_by_id, came.by, came.source)
    same("record", name, "published_at", record.published_at, came.at, came.source)
    same("record", name, "project_id", record.project_id, came.project_id, came.source)


def _check_words(record: Record, words: Words) -> None:
    """Each commitment of a record has its words, which give it, or their removal; and there are no others."""
    row = f"of {record.public_id}"
    wanted = {spot.hash for spot in spots(json.loads(record.body))}
    if wanted != set(words):
        raise Wrong("record_word", row, "hash", "expected the words of each commitment in its body, and no others")
    for hashed, kept in words.items():
        if kept.word is not None and kept.word.hash != hashed:
            raise Wrong("record_word", row, "text or salt", f"expected those that give the commitment {hashed}")


def _check_correction(record: Record, said: Any, corrects: Any, source: str) -> None:
    """A correction changes words of staff in the record that it names, which is of the same run; and no other does."""
    name = record.public_id
    first = db.session.get(Record, record.corrects_id) if record.corrects_id is not None else None
    same("record", name, "corrects_id", first.public_id if first else None, corrects, source)
    if first is None:
        if "correction" in said:
            raise Wrong("record", name, "corrects_id", "expected the record that its body corrects")
        return
    of = said["correction"]["of"]
    if (of["id"], of["sha256"], of["year"], of["number"]) != (first.public_id, first.sha256, first.year, first.number):
        raise Wrong("record", name, "corrects_id", "expected the record that its body corrects")
    if first.step_run_id != record.step_run_id or not lawful(json.loads(first.body), said):
        raise Wrong("record", name, "body", "expected the record that it corrects, but for words that staff entered")
