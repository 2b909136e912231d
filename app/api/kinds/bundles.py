"""Bundles of closed votes, to be checked at home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, PROJECT, when
from app.ballots.models import Poll
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import Project
from app.proof.models import Bundle

COLUMNS = (
    COMMUNITY,
    PROJECT,
    Column("poll", "id", phrase("The vote of which it is the bundle.")),
    Column("checkpoint", "number", phrase("The size of the log up to which it goes: that of a checkpoint.")),
    Column("length", "number", phrase("How many bytes it has.")),
    Column("sha256", "hash", phrase("The SHA-256 of its bytes.")),
    Column("at", "moment", phrase("When it was made.")),
    Column("file", "address", phrase("The bundle, a zip file that verify.py checks.")),
)


def _select() -> Query:
    newest = select(func.max(Bundle.id)).group_by(Bundle.poll_id)
    return (
        select(Bundle, Poll.public_id, Community.slug, Project.public_id)
        .join(Poll, Poll.id == Bundle.poll_id)
        .join(Community, Community.id == Poll.community_id)
        .join(Project, Project.id == Poll.project_id)
        .where(Bundle.id.in_(newest), Poll.voided_at.is_(None))
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "community": slug,
            "project": project,
            "poll": poll,
            "checkpoint": row.size,
            "length": row.length,
            "sha256": row.sha256,
            "at": when(row.at),
            "file": site_url("proof.download", slug=slug, public_id=poll),
        }
        for row, poll, slug, project, *_ in found
    ]


RESOURCE = Resource(
    key="bundles",
    title=phrase("Bundles of votes"),
    about=phrase("The newest bundle of each closed vote: all that is needed to check it at home."),
    columns=COLUMNS,
    select=_select,
    order=(Bundle.id,),
    community=Poll.community_id,
    year=Bundle.at,
    shown=_shown,
    project=Poll.project_id,
)
