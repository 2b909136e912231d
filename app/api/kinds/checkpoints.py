"""Checkpoints of the communities' logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.proof.models import Checkpoint

COLUMNS = (
    COMMUNITY,
    Column("size", "number", phrase("How many entries the log had.")),
    Column("root", "hash", phrase("The root of its Merkle tree.")),
    Column("at", "moment", phrase("When it was signed.")),
    Column("note", "address", phrase("The checkpoint as it was signed.")),
)


def _select() -> Query:
    return select(Checkpoint, Community.slug).join(Community, Community.id == Checkpoint.community_id)


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "community": slug,
            "size": row.size,
            "root": row.root,
            "at": when(row.at),
            "note": site_url("proof.checkpoint", slug=slug, size=row.size),
        }
        for row, slug, *_ in found
    ]


RESOURCE = Resource(
    key="checkpoints",
    title=phrase("Checkpoints of the logs"),
    about=phrase("The signed sizes and roots of each community's log. Keep one, and nothing can disappear unseen."),
    columns=COLUMNS,
    select=_select,
    order=(Checkpoint.id,),
    community=Checkpoint.community_id,
    year=Checkpoint.at,
    shown=_shown,
)
