"""Entries of registers, but for the fields that only members of the community read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.named import AUTHOR, named
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import ActivityRun, Project
from app.registers.models import RegisterEntry
from app.registers.queries import public_fields

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("kind", "text", phrase("What kind of register it is in, like roster, money, outreach.")),
    Column("section", "text", phrase("The list of the register that it is in.")),
    Column("fields", "data", phrase("What was entered, by field: amounts in fen, days as ISO 8601.")),
    Column("live", "yes", phrase("Whether it holds: false once it was corrected or removed.")),
    Column("removed_because", "text", phrase("Why it was removed; else empty.")),
    Column("at", "moment", phrase("When it was entered.")),
    *AUTHOR,
    PAGE,
)


def _select() -> Query:
    return (
        select(RegisterEntry, Community.slug, Project.public_id, ActivityRun)
        .join(Community, Community.id == RegisterEntry.community_id)
        .join(Project, Project.id == RegisterEntry.project_id)
        .join(ActivityRun, ActivityRun.id == RegisterEntry.activity_run_id)
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    people = named(row[0].person_id for row in found)
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "activity": activity.public_id,
            "kind": activity.kind,
            "section": row.section,
            "fields": public_fields(activity.kind, row),
            "live": row.live,
            "removed_because": row.removed_reason,
            "at": when(row.at),
            **people.author(row.person_id, row.community_id),
            "page": site_url("registers.activity", slug=slug, public_id=activity.public_id),
        }
        for row, slug, project, activity, *_ in found
    ]


RESOURCE = Resource(
    key="entries",
    title=phrase("Entries of registers"),
    about=phrase("Team, outreach, costs, milestones and other lists of a step; without what only members may read."),
    columns=COLUMNS,
    select=_select,
    order=(RegisterEntry.id,),
    community=RegisterEntry.community_id,
    year=RegisterEntry.at,
    shown=_shown,
    project=RegisterEntry.project_id,
    find=RegisterEntry.public_id,
)
