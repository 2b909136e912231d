"""Records against their hashes, and against what the log says was published."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import select

from app.audit.brought import Published
from app.audit.finding import Wrong, same
from app.audit.log import Log, Told, place
from app.core.database import db
from app.engine.canonical import sha256_hex
from app.projects.models import Project, StepRunRow
from app.records.models import Record
from app.records.service import verify


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
            _check_told(record, told.pop(name))
        if not verify(record):
            raise Wrong("record", name, "title, step, year or number", "expected what stands in its body")
        said = json.loads(record.body)
        if said["project"]["id"] != project:
            raise Wrong("record", name, "project_id", "expected the project that its body names")
        if (step.project_id, step.step, step.attempt) != (record.project_id, record.step, record.attempt):
            raise Wrong("record", name, "step_run_id", "expected the run of the step that its body names")
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
