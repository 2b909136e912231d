"""Meetings that were called, with who came by number, and the minutes once they are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.meetings.models import Meeting, Minutes
from app.meetings.rules import FORMS
from app.people.places import Community
from app.projects.models import ActivityRun, Project

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("form", "word", phrase("What kind of meeting it is."), choices=FORMS),
    Column("title", "text", phrase("What it is called.")),
    Column("place", "text", phrase("Where it is.")),
    Column("agenda", "text", phrase("What is talked about, a line an item.")),
    Column("starts_at", "moment", phrase("When it begins.")),
    Column("ends_at", "moment", phrase("When it is to end.")),
    Column("cancelled_at", "moment", phrase("When it was cancelled."), empty=True),
    Column("present", "number", phrase("How many were there, as the confirmed minutes have it."), empty=True),
    Column("minutes", "text", phrase("The newest confirmed minutes."), empty=True),
    Column("minutes_version", "number", phrase("Which version they are."), empty=True),
    Column("sha256", "hash", phrase("The fingerprint of what was confirmed."), empty=True),
    Column("confirmed_at", "moment", phrase("When enough of those present had confirmed them."), empty=True),
    PAGE,
)


def _select() -> Query:
    other = aliased(Minutes)
    newest = (
        select(func.max(other.number))
        .where(other.meeting_id == Meeting.id, other.frozen_at.is_not(None))
        .correlate(Meeting)
        .scalar_subquery()
    )
    return (
        select(Meeting, Community.slug, Project.public_id, ActivityRun.public_id, Minutes)
        .select_from(Meeting)
        .join(Community, Community.id == Meeting.community_id)
        .join(Project, Project.id == Meeting.project_id)
        .join(ActivityRun, ActivityRun.id == Meeting.activity_run_id)
        .outerjoin(Minutes, (Minutes.meeting_id == Meeting.id) & (Minutes.number == newest))
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "activity": activity,
            "form": row.form,
            "title": row.title,
            "place": row.place,
            "agenda": row.agenda,
            "starts_at": when(row.starts_at),
            "ends_at": when(row.ends_at),
            "cancelled_at": when(row.cancelled_at),
            "present": minutes.present if minutes is not None else None,
            "minutes": minutes.text if minutes is not None else None,
            "minutes_version": minutes.number if minutes is not None else None,
            "sha256": minutes.sha256 if minutes is not None else None,
            "confirmed_at": when(minutes.frozen_at if minutes is not None else None),
            "page": site_url("meetings.show", slug=slug, public_id=row.public_id),
        }
        for row, slug, project, activity, minutes, *_ in found
    ]


RESOURCE = Resource(
    key="meetings",
    title=phrase("Meetings"),
    about=phrase("Hearings and other meetings: when and where, how many came, and the confirmed minutes. No names."),
    columns=COLUMNS,
    select=_select,
    order=(Meeting.called_at, Meeting.id),
    community=Meeting.community_id,
    year=Meeting.starts_at,
    shown=_shown,
    project=Meeting.project_id,
    find=Meeting.public_id,
)
