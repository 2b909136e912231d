"""Activities of steps: where neighbours propose, talk, vote and write down; and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, PROJECT, title_in, titles, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.kinds import kind_of
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.queries import activity_refs

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    Column("step_run", "id", phrase("The run of the step that it belongs to.")),
    Column("step", "text", phrase("The key of this step in the method.")),
    Column("key", "text", phrase("The key of the activity in the method.")),
    Column("kind", "text", phrase("What kind of activity it is, like proposals, ballot, notice.")),
    *titles(phrase("Its title in Chinese.")),
    Column("state", "word", phrase("How it stands."), choices=("waiting", "open", "over")),
    Column("opens_at", "moment", phrase("From when it is open, where that is known."), empty=True),
    Column("closes_at", "moment", phrase("Until when it is open, where that is known."), empty=True),
    PAGE,
)


def _select() -> Query:
    return (
        select(ActivityRun, Project, Community.slug, StepRunRow.public_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .join(Project, Project.id == ActivityRun.project_id)
        .join(Community, Community.id == ActivityRun.community_id)
    )


def _shown(found: Sequence[Any], now: int) -> list[Row]:
    projects = {row[1].id: row[1] for row in found}
    refs = {ref.id: ref for ref in activity_refs(list(projects.values()), now)}
    rows = []
    for run, project, slug, step_run, *_ in found:
        ref = refs[run.id]
        rows.append(
            {
                "id": run.public_id,
                "community": slug,
                "project": project.public_id,
                "step_run": step_run,
                "step": ref.step,
                "key": run.key,
                "kind": run.kind,
                **title_in(ref.activity.title),
                "state": ref.window.state,
                "opens_at": when(ref.window.opens_at),
                "closes_at": when(ref.window.closes_at),
                "page": site_url(kind_of(ref).endpoint, slug=slug, public_id=run.public_id),
            }
        )
    return rows


RESOURCE = Resource(
    key="activities",
    title=phrase("Activities"),
    about=phrase("What people do within a step: propose, talk, vote, write down; each with its times."),
    columns=COLUMNS,
    select=_select,
    order=(ActivityRun.id,),
    community=ActivityRun.community_id,
    year=StepRunRow.opened_at,
    shown=_shown,
    project=ActivityRun.project_id,
    find=ActivityRun.public_id,
)
