"""A project in plain values, as its dossier holds them: what another installation needs to show it."""

from __future__ import annotations

from typing import Any

from app.core.events import events_of
from app.dossier.manifest import PROJECT_FORMAT
from app.people.actor import NOBODY
from app.people.places import Community
from app.people.queries import names_for, scope_labels
from app.projects.models import MethodVersion, Project
from app.projects.posters import PHOTO
from app.projects.queries import PREFIX, step_runs
from app.records.kept import folder_of
from app.records.models import Record


def facts_of(project: Project, here: Community, version: MethodVersion, records: list[Record]) -> dict[str, Any]:
    """All that pages show of a project to anybody, but for what its records say themselves."""
    leads = dict(names_for([project.facilitator_id], NOBODY, here.id)[project.facilitator_id].values)
    return {
        "format": PROJECT_FORMAT,
        "community": {"id": here.public_id, "slug": here.slug, "name": here.name, "name_en": here.name_en},
        "project": {
            "id": project.public_id,
            "title": project.title,
            "place": project.place,
            "summary": project.summary,
            "state": project.state,
            "reason": project.state_reason,
            "step": project.step,
            "started_at": project.started_at,
            "moved_at": project.moved_at,
            "over_at": project.over_at,
            "scope": scope_labels(project.scope),
            "picture": f"photos/{project.picture}.jpg" if PHOTO.fullmatch(project.picture) else project.picture,
            "led_by": str(leads.get("name", "")),
        },
        "method": {"key": version.key, "version": version.version, "sha256": version.sha256},
        "runs": [
            {
                "step": run.step,
                "attempt": run.attempt,
                "opened_at": run.opened_at,
                "closed_at": run.closed_at,
                "left": run.left,
            }
            for run in step_runs([project.id])[project.id]
        ],
        "moves": [
            {"kind": row.kind.removeprefix(PREFIX), "at": row.at, "data": row.data["data"]}
            for row in events_of(project.id)
            if row.kind.startswith(PREFIX)
        ],
        "records": [
            {
                "id": record.public_id,
                "path": f"{folder_of(record)}/record.json",
                "sha256": record.sha256,
                "published_at": record.published_at,
            }
            for record in records
        ],
    }
