"""Projects: what they are about, and in which step they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import IMPORTED, Project
from app.projects.queries import methods_of

PARENT = aliased(Project)
COLUMNS = (
    ID,
    COMMUNITY,
    Column("title", "text", phrase("What it is called.")),
    Column("place", "text", phrase("Where it is.")),
    Column("summary", "text", phrase("What it is about.")),
    Column("state", "word", phrase("How it stands."), choices=("running", "paused", "ended", "completed", IMPORTED)),
    Column("state_reason", "text", phrase("Why it is paused or was ended; else empty.")),
    Column("step", "text", phrase("The key of the step in which it stands; empty once it is over.")),
    Column("step_zh", "text", phrase("The title of this step in Chinese.")),
    Column("step_en", "text", phrase("The title of this step in English.")),
    Column("method", "text", phrase("The key of the method that it follows.")),
    Column("method_version", "text", phrase("The version of the method with which it started.")),
    Column("parent", "id", phrase("The project of which it is a part, where there is one."), empty=True),
    Column("started_at", "moment", phrase("When it started.")),
    Column("moved_at", "moment", phrase("When it last went from step to step, or stopped.")),
    Column("over_at", "moment", phrase("When it was over."), empty=True),
    PAGE,
)


def _select() -> Query:
    return (
        select(Project, Community.slug, PARENT.public_id)
        .join(Community, Community.id == Project.community_id)
        .outerjoin(PARENT, PARENT.id == Project.parent_id)
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    methods = methods_of(row[0] for row in found)
    return [_row(project, slug, parent, methods[project.id]) for project, slug, parent, *_ in found]


def _row(project: Project, slug: str, parent: str | None, method: Any) -> Row:
    step = method.step(project.step) if project.step else None
    return {
        "id": project.public_id,
        "community": slug,
        "title": project.title,
        "place": project.place,
        "summary": project.summary,
        "state": project.state,
        "state_reason": project.state_reason,
        "step": project.step,
        "step_zh": step.title.zh_Hans if step else "",
        "step_en": step.title.en if step else "",
        "method": method.key,
        "method_version": method.version,
        "parent": parent,
        "started_at": when(project.started_at),
        "moved_at": when(project.moved_at),
        "over_at": when(project.over_at),
        "page": site_url("projects.show", slug=slug, public_id=project.public_id),
    }


RESOURCE = Resource(
    key="projects",
    title=phrase("Projects"),
    about=phrase("What is being renewed, and in which step it stands."),
    columns=COLUMNS,
    select=_select,
    order=(Project.id,),
    community=Project.community_id,
    year=Project.started_at,
    shown=_shown,
    project=Project.id,
    find=Project.public_id,
)
