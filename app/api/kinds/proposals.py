"""Proposals that were sent, with their support and the answer to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.columns import Column
from app.api.named import AUTHOR, named
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import ActivityRun, Project
from app.proposals.models import Proposal
from app.proposals.queries import STATUSES, support_counts, visible

INTO = aliased(Proposal)
COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("title", "text", phrase("What it is called.")),
    Column("text", "text", phrase("What it says.")),
    Column("cost", "fen", phrase("What it would cost, as its author thinks."), empty=True),
    Column("pin_x", "number", phrase("Where it is on the site plan, in thousandths of its width."), empty=True),
    Column("pin_y", "number", phrase("The same, in thousandths of its height."), empty=True),
    Column("photo", "id", phrase("Its photo, one of the list of photos."), empty=True),
    Column("state", "word", phrase("How it stands."), choices=("submitted", "withdrawn", "merged")),
    Column("merged_into", "id", phrase("The proposal into which it was merged."), empty=True),
    Column("supports", "number", phrase("How many support it.")),
    Column("status", "word", phrase("The facilitators' word on it."), empty=True, choices=tuple(STATUSES)),
    Column("answer", "text", phrase("Their answer; empty before they gave one.")),
    Column("answered_at", "moment", phrase("When they answered."), empty=True),
    Column("chosen", "yes", phrase("Whether it was chosen.")),
    Column("submitted_at", "moment", phrase("When it was sent.")),
    *AUTHOR,
    PAGE,
)


def _select() -> Query:
    return (
        select(Proposal, Community.slug, Project.public_id, ActivityRun.public_id, INTO.public_id)
        .join(Community, Community.id == Proposal.community_id)
        .join(Project, Project.id == Proposal.project_id)
        .join(ActivityRun, ActivityRun.id == Proposal.activity_run_id)
        .outerjoin(INTO, INTO.id == Proposal.merged_into_id)
        .where(visible())
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    supports = support_counts(row[0].id for row in found)
    people = named(row[0].person_id for row in found)
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "activity": activity,
            "title": row.title,
            "text": row.text,
            "cost": row.cost,
            "pin_x": row.pin_x,
            "pin_y": row.pin_y,
            "photo": row.photo if len(row.photo) == 16 else None,  # the demonstration's drawings are no photos
            "state": row.state,
            "merged_into": into,
            "supports": supports.get(row.id, 0),
            "status": row.status or None,
            "answer": row.answer,
            "answered_at": when(row.answered_at),
            "chosen": row.chosen,
            "submitted_at": when(row.submitted_at),
            **people.author(row.person_id, row.community_id),
            "page": site_url("proposals.show", slug=slug, public_id=row.public_id),
        }
        for row, slug, project, activity, into, *_ in found
    ]


RESOURCE = Resource(
    key="proposals",
    title=phrase("Proposals"),
    about=phrase("What neighbours propose, and what was answered. Drafts are not among them."),
    columns=COLUMNS,
    select=_select,
    order=(Proposal.submitted_at, Proposal.id),
    community=Proposal.community_id,
    year=Proposal.submitted_at,
    shown=_shown,
    project=Proposal.project_id,
    find=Proposal.public_id,
)
