"""Public notices that were posted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.notices.models import Notice
from app.people.places import Community
from app.projects.models import ActivityRun, Project

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("title", "text", phrase("What it is called.")),
    Column("basis", "text", phrase("On what it rests.")),
    Column("text", "text", phrase("What is made public.")),
    Column("scope", "text", phrase("Whom it concerns.")),
    Column("conclusion", "text", phrase("What came out.")),
    Column("objecting", "text", phrase("How to object.")),
    Column("contact", "text", phrase("Whom to ask.")),
    Column("signatory", "text", phrase("In whose name it hangs.")),
    Column("text_hash", "hash", phrase("The fingerprint of all that it says; of the text alone where hash_form is 1.")),
    Column("hash_form", "number", phrase("What the fingerprint covers.")),
    Column("posted_at", "moment", phrase("When it was posted.")),
    Column("until_at", "moment", phrase("Until when it hangs, or hung.")),
    Column("signed_by", "text", phrase("Who signed it.")),
    Column("provisional", "yes", phrase("Whether the holidays of its days were not published yet.")),
    Column("overtaken_at", "moment", phrase("When what it told of was found to hold no more."), empty=True),
    PAGE,
)


def _select() -> Query:
    return (
        select(Notice, Community.slug, Project.public_id, ActivityRun.public_id)
        .join(Community, Community.id == Notice.community_id)
        .join(Project, Project.id == Notice.project_id)
        .join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
        .where(Notice.posted_at.is_not(None))
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "activity": activity,
            "title": row.title,
            "basis": row.basis,
            "text": row.text,
            "scope": row.scope,
            "conclusion": row.conclusion,
            "objecting": row.objecting,
            "contact": row.contact,
            "signatory": row.signatory,
            "text_hash": row.text_hash,
            "hash_form": row.hash_form,
            "posted_at": when(row.posted_at),
            "until_at": when(row.until_at),
            "signed_by": row.by_name,
            "provisional": row.provisional,
            "overtaken_at": when(row.overtaken_at),
            "page": site_url("notices.activity", slug=slug, public_id=activity),
        }
        for row, slug, project, activity, *_ in found
    ]


RESOURCE = Resource(
    key="notices",
    title=phrase("Public notices"),
    about=phrase("Notices that were posted, with the days for which they hang. Drafts are not among them."),
    columns=COLUMNS,
    select=_select,
    order=(Notice.posted_at, Notice.id),
    community=Notice.community_id,
    year=Notice.posted_at,
    shown=_shown,
    project=Notice.project_id,
    find=Notice.public_id,
)
