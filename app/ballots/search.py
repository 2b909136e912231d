"""Votes in the archive: the text that was announced, from the announcement on. No count and no stance enters it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Select, func, select

from app.ballots.models import Decision, Poll, TextVersion
from app.core.database import db
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.published import Dates, Day, Document, Searchable, own_id


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


def days(here: Community, since: int, now: int) -> Iterator[Day]:
    """The hours in which people vote, with the close that holds."""
    query = (
        select(Poll, TextVersion.title, Project.title)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Project, Project.id == Poll.project_id)
        .where(Poll.community_id == here.id)
        .where(func.coalesce(Poll.prolonged_until, Poll.closes_at) >= since)
    )
    for poll, title, project in db.session.execute(query):
        prolonged = poll.closes_at if poll.prolonged_until is not None else None
        yield Day(
            key=f"vote/{poll.public_id}",
            says=phrase("Vote: “%(title)s”", title=title),
            about=project,
            endpoint=SEARCHABLE.endpoint,
            target=poll.public_id,
            starts_at=poll.opens_at,
            ends_at=poll.prolonged_until or poll.closes_at,
            changed_at=poll.voided_at or prolonged or poll.announced_at,
            cancelled=poll.voided_at is not None,
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
DATES = Dates(days)
