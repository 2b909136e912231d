"""Complaints about notices that stand, without who complained, and the answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.notices.models import Complaint, Notice
from app.people.places import Community
from app.projects.models import ActivityRun, Project

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    Column("notice", "id", phrase("The notice that it is about.")),
    Column("text", "text", phrase("What it says.")),
    Column("at", "moment", phrase("When it was made.")),
    Column("on_paper", "yes", phrase("Whether it came on paper.")),
    Column("answer", "text", phrase("The answer; empty before there is one.")),
    Column("answered_by", "text", phrase("Who answered, and stands for it with their name."), empty=True),
    Column("answered_at", "moment", phrase("When it was answered."), empty=True),
    PAGE,
)


def _select() -> Query:
    return (
        select(Complaint, Notice.public_id, Community.slug, Project.public_id, ActivityRun.public_id)
        .join(Notice, Notice.id == Complaint.notice_id)
        .join(Community, Community.id == Complaint.community_id)
        .join(Project, Project.id == Notice.project_id)
        .join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
        .where(Notice.posted_at.is_not(None), Notice.overtaken_at.is_(None))
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "notice": notice,
            "text": row.text,
            "at": when(row.at),
            "on_paper": bool(row.on_paper_by),
            "answer": row.answer,
            "answered_by": row.answered_by or None,
            "answered_at": when(row.answered_at),
            "page": site_url("notices.activity", slug=slug, public_id=activity),
        }
        for row, notice, slug, project, activity, *_ in found
    ]


RESOURCE = Resource(
    key="complaints",
    title=phrase("Complaints about notices"),
    about=phrase("What was said against notices that stand, and the answers. Who complained is not told."),
    columns=COLUMNS,
    select=_select,
    order=(Complaint.id,),
    community=Complaint.community_id,
    year=Complaint.at,
    shown=_shown,
    project=Notice.project_id,
    find=Complaint.public_id,
)
