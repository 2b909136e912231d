"""Public notices in the archive, from the day they hang."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Select, select

from app.core.database import db
from app.engine.phrase import phrase
from app.notices.models import Complaint, Notice
from app.people.places import Community
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.published import Dates, Day, Document, Searchable, own_id


def _posted() -> ColumnElement[bool]:
    return Notice.posted_at.is_not(None)


def shown() -> Select[str]:
    """What hangs or hung, overtaken or not; a draft is the desk's own."""
    return select(Notice.public_id).where(_posted())


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Notices as documents, with the complaints and answers that their pages show."""
    query = (
        select(Notice, ActivityRun.public_id, StepRunRow.step)
        .join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(_posted())
        .order_by(Notice.id)
    )
    if public_ids is not None:
        query = query.where(Notice.public_id.in_(public_ids))
    rows = db.session.execute(query).all()
    said: dict[int, list[str]] = {}
    complaints = select(Complaint.notice_id, Complaint.text, Complaint.answer).order_by(Complaint.id)
    for notice_id, text, answer in db.session.execute(
        complaints.where(Complaint.notice_id.in_([notice.id for notice, _, _ in rows]))
    ):
        said.setdefault(notice_id, []).extend((text, answer))
    for notice, target, step in rows:
        yield Document(
            public_id=notice.public_id,
            target=target,
            community_id=notice.community_id,
            project_id=notice.project_id,
            step=step,
            title=notice.title,
            text="\n".join([notice.text, notice.conclusion, notice.basis, notice.scope, *said.get(notice.id, ())]),
            at=notice.posted_at or 0,
        )


def _of_complaint(row: Complaint) -> list[str]:
    return list(db.session.scalars(select(Notice.public_id).where(Notice.id == row.notice_id)))


def days(here: Community, since: int, now: int) -> Iterator[Day]:
    """The periods in which notices hang."""
    query = (
        select(Notice, ActivityRun.public_id, Project.title)
        .join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
        .join(Project, Project.id == Notice.project_id)
        .where(Notice.community_id == here.id, _posted(), Notice.until_at >= since)
    )
    for notice, target, project in db.session.execute(query):
        yield Day(
            key=f"notice/{notice.public_id}",
            says=phrase("Public notice: “%(title)s”", title=notice.title),
            about=project,
            endpoint=SEARCHABLE.endpoint,
            target=target,
            starts_at=notice.posted_at or 0,
            ends_at=notice.until_at,
            changed_at=notice.overtaken_at or notice.posted_at or 0,
            cancelled=notice.overtaken_at is not None,
        )


SEARCHABLE = Searchable(
    kind="notice",
    title=phrase("Public notices"),
    one=phrase("Public notice"),
    endpoint="notices.activity",
    shown=shown,
    documents=documents,
    watches={Notice: own_id, Complaint: _of_complaint},
    official=True,
)
DATES = Dates(days)
