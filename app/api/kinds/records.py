"""Records of steps, each with its hash and the address of the bytes that were hashed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, PROJECT, when
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import Project, StepRunRow
from app.records.models import Record

EARLIER = aliased(Record)
COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    Column("step_run", "id", phrase("The run of a step that left it.")),
    Column("step", "text", phrase("The key of this step in the method.")),
    Column("attempt", "number", phrase("Which run of the step it was.")),
    Column("year", "number", phrase("The year of its number.")),
    Column("number", "number", phrase("Its number in this year and community.")),
    Column("title", "text", phrase("What it is called.")),
    Column("seal", "text", phrase("The character of its seal.")),
    Column("sha256", "hash", phrase("The SHA-256 of what it says, with people’s words as salted hashes.")),
    Column("corrects", "id", phrase("The record that it corrects, if it corrects one."), empty=True),
    Column("published_at", "moment", phrase("When it was published.")),
    Column(
        "body",
        "address",
        phrase("Its file: what was hashed, and beside it the words with their salts. Canonical JSON."),
    ),
    PAGE,
)


def _select() -> Query:
    return (
        select(Record, Community.slug, Project.public_id, StepRunRow.public_id, EARLIER.public_id)
        .join(Community, Community.id == Record.community_id)
        .join(Project, Project.id == Record.project_id)
        .join(StepRunRow, StepRunRow.id == Record.step_run_id)
        .outerjoin(EARLIER, EARLIER.id == Record.corrects_id)
    )


def _shown(found: Sequence[Any], _now: int) -> list[Row]:
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "step_run": step_run,
            "step": row.step,
            "attempt": row.attempt,
            "year": row.year,
            "number": row.number,
            "title": row.title,
            "seal": row.seal,
            "sha256": row.sha256,
            "corrects": corrects,
            "published_at": when(row.published_at),
            "body": site_url("api.record_body", public_id=row.public_id),
            "page": site_url("records.show", slug=slug, public_id=row.public_id),
        }
        for row, slug, project, step_run, corrects, *_ in found
    ]


RESOURCE = Resource(
    key="records",
    title=phrase("Records"),
    about=phrase("What each step left when it closed: number, hash, and where the bytes are that were hashed."),
    columns=COLUMNS,
    select=_select,
    order=(Record.id,),
    community=Record.community_id,
    year=Record.published_at,
    shown=_shown,
    project=Record.project_id,
    find=Record.public_id,
)
