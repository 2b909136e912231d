"""Votes in the archive: the text that was announced, from the announcement on. No count and no stance enters it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Select, select

from app.ballots.models import Decision, Poll, TextVersion
from app.core.database import db
from app.engine.phrase import phrase
from app.projects.models import ActivityRun, StepRunRow
from app.projects.published import Document, Searchable, own_id


def shown() -> Select[str]:
    """Every vote that was announced; what is drafted has no poll yet."""
    return select(Poll.public_id)


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Votes as documents."""
    query = (
        select(Poll, TextVersion, StepRunRow.step)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(ActivityRun, ActivityRun.id == Decision.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(Poll.public_id.in_(shown()))
        .order_by(Poll.id)
    )
    if public_ids is not None:
        query = query.where(Poll.public_id.in_(public_ids))
    for poll, version, step in db.session.execute(query):
        yield Document(
            public_id=poll.public_id,
            target=poll.public_id,
            community_id=poll.community_id,
            project_id=poll.project_id,
            step=step,
            title=version.title,
            text=version.text,
            at=poll.announced_at,
        )


SEARCHABLE = Searchable(
    kind="vote",
    title=phrase("Votes held"),
    one=phrase("A vote"),
    endpoint="ballots.poll",
    shown=shown,
    documents=documents,
    watches={Poll: own_id},
    official=True,
)
