"""What was said in talk, in the archive's search; never by whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Select, select

from app.comments.models import Comment, Talk
from app.comments.queries import visible
from app.core.database import db
from app.engine.phrase import phrase
from app.projects.kinds import kinds
from app.projects.models import ActivityRun, StepRunRow
from app.projects.published import Document, Searchable, Unlisted, own_id


def _findable() -> list[ColumnElement[bool]]:
    return [visible(), *(~unlisted.is_out(Talk.subject.expression) for unlisted in kinds().every(Unlisted))]


def shown() -> Select[str]:
    """What nobody hid, under a subject that is still listed."""
    return select(Comment.public_id).join(Talk, Talk.id == Comment.talk_id).where(*_findable())


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Comments as documents, each headed by what it is about."""
    query = (
        select(Comment, Talk, StepRunRow.step)
        .join(Talk, Talk.id == Comment.talk_id)
        .join(ActivityRun, ActivityRun.id == Talk.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(*_findable())
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
