"""Meetings in the archive, once their minutes are confirmed; and in the calendar, from the day they are called."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.core.database import db
from app.engine.phrase import phrase
from app.meetings.kind import form_name
from app.meetings.models import Meeting, Minutes, Presence
from app.people.places import Community
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.published import Dates, Day, Document, Searchable, own_id


def shown() -> Select[str]:
    """Meetings with confirmed minutes; a draft is for those who were there."""
    confirmed = select(Minutes.id).where(Minutes.meeting_id == Meeting.id, Minutes.frozen_at.is_not(None))
    return select(Meeting.public_id).where(confirmed.exists())


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Meetings as documents: the minutes as they stand, and what the meeting was about."""
    each = aliased(Minutes)
    newest = (
        select(func.max(each.number))
        .where(each.meeting_id == Meeting.id, each.frozen_at.is_not(None))
        .correlate(Meeting)
        .scalar_subquery()
    )
    query = (
        select(Meeting, Minutes, StepRunRow.step)
        .select_from(Meeting)
        .join(Minutes, (Minutes.meeting_id == Meeting.id) & (Minutes.number == newest))
        .join(ActivityRun, ActivityRun.id == Meeting.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .order_by(Meeting.id)
    )
    if public_ids is not None:
        query = query.where(Meeting.public_id.in_(public_ids))
    for meeting, minutes, step in db.session.execute(query):
        yield Document(
            public_id=meeting.public_id,
            target=meeting.public_id,
            community_id=meeting.community_id,
            project_id=meeting.project_id,
            step=step,
            title=meeting.title,
            text="\n".join([minutes.text, meeting.agenda, meeting.place]),
            at=minutes.frozen_at or 0,
        )


def _of_minutes(row: Minutes) -> Iterator[str]:
    meeting = db.session.get(Meeting, row.meeting_id)
    if meeting is not None:
        yield meeting.public_id


def days(here: Community, since: int, now: int) -> Iterator[Day]:
    """The hours of meetings, those that were cancelled included: a calendar must learn of it."""
    query = (
        select(Meeting, Project.title)
        .join(Project, Project.id == Meeting.project_id)
        .where(Meeting.community_id == here.id, Meeting.ends_at >= since)
    )
    for meeting, project in db.session.execute(query):
        yield Day(
            key=f"meeting/{meeting.public_id}",
            says=phrase("%(form)s: %(title)s", form=form_name(meeting.form), title=meeting.title),
            about=project,
            endpoint=SEARCHABLE.endpoint,
            target=meeting.public_id,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            place=meeting.place,
            changed_at=meeting.cancelled_at or meeting.called_at,
            cancelled=meeting.cancelled_at is not None,
        )


def spoke(activity_ids: Sequence[int]) -> set[int]:
    """Who was at the meetings of these activities, as far as a person is known."""
    query = select(Presence.person_id).join(Meeting, Meeting.id == Presence.meeting_id)
    where = (Meeting.activity_run_id.in_(activity_ids), Presence.live, Presence.person_id.is_not(None))
    return {person for person in db.session.scalars(query.where(*where)) if person is not None}


SEARCHABLE = Searchable(
    kind="meeting",
    title=phrase("Minutes of meetings"),
    one=phrase("Minutes"),
    endpoint="meetings.show",
    shown=shown,
    documents=documents,
    watches={Meeting: own_id, Minutes: _of_minutes},
    official=True,
)
DATES = Dates(days)
