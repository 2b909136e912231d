"""Communities: their names, their desk, how many households and projects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import PAGE, when
from app.core.database import db
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.models import Household
from app.people.places import Community
from app.projects.models import Project

COLUMNS = (
    Column("slug", "slug", phrase("Its short name, as in addresses.")),
    Column("name", "text", phrase("Its name.")),
    Column("name_en", "text", phrase("Its name in English; often empty.")),
    Column("address", "text", phrase("Where it is.")),
    Column("about", "text", phrase("What is said about it.")),
    Column("desk_place", "text", phrase("Where its desk is.")),
    Column("desk_hours", "text", phrase("When its desk is open.")),
    Column("desk_phone", "text", phrase("The desk's telephone.")),
    Column("households", "number", phrase("How many households are on its roll.")),
    Column("projects", "number", phrase("How many projects are under way.")),
    Column("has_owners_committee", "yes", phrase("Whether it has an owners' committee.")),
    Column("created_at", "moment", phrase("When it was set up here.")),
    PAGE,
)


def _select() -> Query:
    return select(Community)


def _counts(community: Any, ids: list[int], *where: Any) -> dict[int, int]:
    query = select(community, func.count()).where(community.in_(ids), *where).group_by(community)
    return dict(db.session.execute(query).all())


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    ids = [row[0].id for row in found]
    households = _counts(Household.community_id, ids, Household.ended_at.is_(None))
    running = _counts(Project.community_id, ids, Project.state == "running")
    return [
        {
            "slug": here.slug,
            "name": here.name,
            "name_en": here.name_en,
            "address": here.address,
            "about": here.about,
            "desk_place": here.desk_place,
            "desk_hours": here.desk_hours,
            "desk_phone": here.desk_phone,
            "households": households.get(here.id, 0),
            "projects": running.get(here.id, 0),
            "has_owners_committee": here.has_owners_committee,
            "created_at": when(here.created_at),
            "page": site_url("projects.community", slug=here.slug),
        }
        for here, *_ in found
    ]


RESOURCE = Resource(
    key="communities",
    title=phrase("Communities"),
    about=phrase("The residential compounds of the town, with their desks."),
    columns=COLUMNS,
    select=_select,
    order=(Community.id,),
    community=Community.id,
    year=Community.created_at,
    shown=_shown,
    find=Community.slug,
)
