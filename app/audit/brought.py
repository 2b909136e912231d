"""Projects that were brought from another installation, against the entry of the log that brought them.

Their own log lies elsewhere. What is bound here is the project as its signed dossier held it; its rows follow from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, read_canonical, same
from app.audit.log import Log, Told, place
from app.core.database import db
from app.engine.canonical import sha256_hex
from app.engine.workflow import Event, replay
from app.projects.models import IMPORTED, MethodVersion, Project, ProjectOrigin, StepRunRow


@dataclass(frozen=True)
class Published:
    """A record as the dossier it came in published it."""

    project_id: int
    sha256: str
    at: int
    by: int | None
    source: str


def check_brought(community_id: int, log: Log) -> tuple[int, dict[str, Published]]:
    """Check each project of a community that was brought here; returns how many, and the records that came along."""
    told = log.by("dossier.brought", "project")
    rows = db.session.execute(
        select(Project.__table__, ProjectOrigin)
        .outerjoin(ProjectOrigin, ProjectOrigin.project_id == Project.id)
        .where(Project.community_id == community_id, (Project.state == IMPORTED) | ProjectOrigin.id.is_not(None))
        .order_by(Project.id)
        .execution_options(populate_existing=True)
    ).all()
    found: dict[str, Published] = {}
    for row in rows:
        entry = told.pop(row.public_id, None)
        if entry is None:
            raise Wrong("project", row.public_id, "state", "expected an entry of the log that tells whence it came")
        if row.ProjectOrigin is None:
            raise Wrong(
                "project_origin", f"of {row.public_id}", "project_id", f"expected the row of {place(entry.body)}"
            )
        found |= _check(row, row.ProjectOrigin, entry)
    for name, missing in told.items():
        raise Wrong("project", name, "public_id", f"expected the project that {place(missing.body)} of the log brought")
    return len(rows), found


def _check(row: Any, origin: ProjectOrigin, told: Told) -> dict[str, Published]:
    body, event = told
    name, source = f"of {row.public_id}", f"{place(body)} of the log tells"
    same("project", row.public_id, "state", row.state, IMPORTED, source)
    for field, key in (("origin", "origin"), ("key", "key"), ("dossier_sha256", "dossier")):
        same("project_origin", name, field, getattr(origin, field), body.get(key), source)
    for field, key in (("site", "site"), ("community_name", "community"), ("length", "length")):
        same("project_origin", name, field, getattr(origin, field), event.data.get(key), source)
    if sha256_hex(origin.checkpoint.encode()) != body.get("checkpoint"):
        raise Wrong("project_origin", name, "checkpoint", f"expected the one whose hash {place(body)} holds")
    same("project_origin", name, "at", origin.at, event.at, source)
    if sha256_hex(origin.facts.encode()) != body.get("facts"):
        raise Wrong("project_origin", name, "facts", f"expected the facts whose hash {place(body)} holds")
    facts = read_canonical("project_origin", name, "facts", origin.facts)
    _check_rows(row, facts)
    same("project", row.public_id, "facilitator_id", row.facilitator_id, event.person_id, source)
    return {
        item["id"]: Published(row.id, item["sha256"], item["published_at"], event.person_id, source)
        for item in facts["records"]
    }


def _check_rows(row: Any, facts: dict[str, Any]) -> None:
    told, source = facts["project"], "its origin's facts tell"
    for field in ("title", "place", "summary", "started_at", "moved_at", "over_at"):
        same("project", row.public_id, field, getattr(row, field), told[field], source)
    for field in ("state_reason", "step"):
        same("project", row.public_id, field, getattr(row, field), "", "nothing moves it here")
    method = db.session.execute(select(MethodVersion.__table__).where(MethodVersion.id == row.method_version_id)).one()
    same("project", row.public_id, "method_version_id", method.sha256, facts["method"]["sha256"], source)
    if sha256_hex(method.source.encode()) != method.sha256:
        raise Wrong("method_version", method.public_id, "source", "expected the text whose hash stands beside it")
    wanted = replay([Event(move["kind"], move["at"], "elsewhere", move["data"]) for move in facts["moves"]]).runs
    query = select(StepRunRow.__table__).where(StepRunRow.project_id == row.id).order_by(StepRunRow.id)
    runs = db.session.execute(query).all()
    for run, passage in zip(runs, wanted, strict=False):
        for field in ("step", "attempt", "opened_at", "closed_at", "left"):
            same("step_run", run.public_id, field, getattr(run, field), getattr(passage, field), source)
    if len(runs) != len(wanted):
        raise Wrong("step_run", f"of {row.public_id}", "id", f"expected {len(wanted)} runs, as {source}")
