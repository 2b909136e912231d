"""What was said in talk, in the archive's search; never by whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Select, select

from app.comments.models import Comment, Talk
from app.comments.queries import visible
from app.core.database import db
from app.engine.phrase import phrase
from app.projects.kinds import kinds
from app.projects.models import ActivityRun, StepRunRow
from app.projects.published import Document, Searchable, own_id


def shown() -> Select[str]:
    """What nobody hid, under a subject that is still listed."""
    query = select(Comment.public_id).join(Talk, Talk.id == Comment.talk_id).where(visible())
    for unlisted in kinds().unlisted:
        query = query.where(Talk.subject.not_in(unlisted.subjects()))
    return query


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Comments as documents, each headed by what it is about."""
    query = (
        select(Comment, Talk, StepRunRow.step)
        .join(Talk, Talk.id == Comment.talk_id)
        .join(ActivityRun, ActivityRun.id == Talk.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(Comment.public_id.in_(shown()))
        .order_by(Comment.id)
    )
    if public_ids is not None:
        query = query.where(Comment.public_id.in_(public_ids))
    for comment, talk, step in db.session.execute(query):
        yield Document(
            public_id=comment.public_id,
            target=comment.public_id,
            community_id=comment.community_id,
            project_id=talk.project_id,
            step=step,
            title=talk.title,
            text=comment.text,
            at=comment.at,
            own_title=False,
        )


SEARCHABLE = Searchable(
    kind="comment",
    title=phrase("Comments"),
    one=phrase("Comment"),
    endpoint="comments.show",
    shown=shown,
    documents=documents,
    watches={Comment: own_id},
)
