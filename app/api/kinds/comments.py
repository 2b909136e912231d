"""What was said in discussions and about proposals, but for what was hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from app.api.columns import Column
from app.api.named import AUTHOR, named
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, when
from app.comments.models import Comment, Talk
from app.comments.queries import KINDS, visible
from app.core.web import site_address
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import ActivityRun, Project

ABOVE = aliased(Comment)
ABOUT_PROPOSAL = "proposal:"
COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("proposal", "id", phrase("The proposal that it is about, where it is about one."), empty=True),
    Column(
        "reply_to", "id", phrase("The comment that it replies to; one that was hidden is not in the list."), empty=True
    ),
    Column("kind", "word", phrase("What it is."), choices=tuple(KINDS)),
    Column("text", "text", phrase("What it says.")),
    Column("at", "moment", phrase("When it was written.")),
    Column("edited_at", "moment", phrase("When it was last edited."), empty=True),
    Column("is_answer", "yes", phrase("Whether it is marked as the answer to a question.")),
    *AUTHOR,
    PAGE,
)


def _select() -> Query:
    return (
        select(Comment, Talk, Community.slug, Project.public_id, ActivityRun.public_id, ABOVE.public_id)
        .join(Talk, Talk.id == Comment.talk_id)
        .join(Community, Community.id == Comment.community_id)
        .join(Project, Project.id == Talk.project_id)
        .join(ActivityRun, ActivityRun.id == Talk.activity_run_id)
        .outerjoin(ABOVE, ABOVE.id == Comment.parent_id)
        .where(visible())
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    people = named(row[0].person_id for row in found)
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "activity": activity,
            "proposal": talk.subject.removeprefix(ABOUT_PROPOSAL) if talk.subject.startswith(ABOUT_PROPOSAL) else None,
            "reply_to": above,
            "kind": row.kind,
            "text": row.text,
            "at": when(row.at),
            "edited_at": when(row.edited_at),
            "is_answer": row.is_answer,
            **people.author(row.person_id, row.community_id),
            "page": site_address(f"{talk.href}#c-{row.public_id}"),
        }
        for row, talk, slug, project, activity, above, *_ in found
    ]


def _within(project_id: int) -> ColumnElement[bool]:
    # From the talks to their comments: else all comments of the town would be looked through for those of a quiet project.
    return Comment.talk_id.in_(select(Talk.id).where(Talk.project_id == project_id))


RESOURCE = Resource(
    key="comments",
    title=phrase("Comments"),
    about=phrase("What was said in discussions and about proposals. What facilitators hid is not among it."),
    columns=COLUMNS,
    select=_select,
    order=(Comment.id,),
    community=Comment.community_id,
    year=Comment.at,
    shown=_shown,
    project=Talk.project_id,
    find=Comment.public_id,
    within=_within,
)
