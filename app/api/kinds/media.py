"""Photos that public pages show. A public file that no such page names is not listed: it may belong to a draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, when
from app.core.media import EXTENSIONS, Media
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import Project
from app.proposals.models import Proposal
from app.proposals.queries import visible

COLUMNS = (
    ID,
    COMMUNITY,
    Column("width", "number", phrase("Its width in pixels.")),
    Column("height", "number", phrase("Its height in pixels.")),
    Column("length", "number", phrase("How many bytes it has.")),
    Column("sha256", "hash", phrase("The SHA-256 of its bytes.")),
    Column("at", "moment", phrase("When it was sent.")),
    Column("file", "address", phrase("The photo.")),
    Column("small", "address", phrase("A small form of it.")),
)


def named_by_pages() -> Any:
    """The public ids of the photos that pages name which everybody may see; a further kind of page adds its own here."""
    return union(
        select(Proposal.photo).where(visible(), Proposal.photo != ""),
        select(Project.picture).where(Project.picture != ""),
        select(Community.plan).where(Community.plan != ""),
    )


def _select() -> Query:
    return (
        select(Media, Community.slug)
        .join(Community, Community.id == Media.community_id)
        .where(Media.visibility == "public", Media.kind == "photo", Media.public_id.in_(named_by_pages()))
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    rows = []
    for row, slug, *_ in found:
        file = site_url("site.file", public_id=row.public_id, extension=EXTENSIONS[row.mime])
        rows.append(
            {
                "id": row.public_id,
                "community": slug,
                "width": row.width,
                "height": row.height,
                "length": row.size,
                "sha256": row.sha256,
                "at": when(row.at),
                "file": file,
                "small": f"{file}?size=small",
            }
        )
    return rows


RESOURCE = Resource(
    key="photos",
    title=phrase("Photos"),
    about=phrase("Photos that public pages show: of proposals, projects and site plans."),
    columns=COLUMNS,
    select=_select,
    order=(Media.id,),
    community=Media.community_id,
    year=Media.at,
    shown=_shown,
    find=Media.public_id,
)
