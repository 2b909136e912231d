"""What records give to a project's dossier: each as a page, as a sheet to print, and as the bytes that were hashed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import render_template, url_for
from sqlalchemy import select

from app.core.database import db
from app.core.transaction import Tx
from app.core.web import site_url
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict
from app.engine.phrase import phrase
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import PAGE, DossierFile, DossierItem, DossierPart
from app.records import printed
from app.records.models import Record
from app.records.phrases import text_from_data
from app.records.service import verify

JSON = "record"


def records_of(project_id: int) -> list[Record]:
    """The records of a project, the oldest first; Conflict when one is no longer what was published."""
    found = list(db.session.scalars(select(Record).where(Record.project_id == project_id).order_by(Record.id)))
    for record in found:
        if not verify(record):
            raise Conflict(
                phrase(
                    "Record %(year)s-%(n)s no longer matches its fingerprint, so no dossier is made. Tell the town.",
                    year=record.year,
                    n=f"{record.number:03d}",
                )
            )
    return found


def folder_of(record: Record) -> str:
    """Where the files of a record lie in a dossier."""
    return f"records/{record.year}-{record.number:03d}-{record.public_id}"


def _records(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    for record in records_of(project.id):
        body = json.loads(record.body)
        folder, mark = folder_of(record), record.sha256
        yield DossierItem(
            title=text_from_data(body["step"]["leaves"]),
            about=phrase("No. %(year)s-%(n)s", year=record.year, n=f"{record.number:03d}"),
            files=(
                DossierFile(
                    f"{folder}/record.html", PAGE, phrase("Read"), mark, partial(_page, project, here, record, body)
                ),
                DossierFile(
                    f"{folder}/record.pdf",
                    "sheet",
                    phrase("Print (PDF)"),
                    mark,
                    partial(_sheet, here, record, body),
                ),
                DossierFile(
                    f"{folder}/record.json", JSON, phrase("As it was hashed (JSON)"), mark, partial(_raw, record)
                ),
            ),
            at=record.published_at,
            step=record.step,
            address=url_for("records.show", slug=here.slug, public_id=record.public_id),
        )


def _page(project: Project, here: Community, record: Record, body: dict[str, Any]) -> bytes:
    address = site_url("records.show", slug=here.slug, public_id=record.public_id)
    return render_template(
        "records/kept.html",
        community=here,
        project=project,
        record=record,
        body=body,
        address=address,
        beside=("record.json", "record.pdf"),
    ).encode()


def _sheet(here: Community, record: Record, body: dict[str, Any]) -> bytes:
    return render(printed.paper(here, record, body))


def _raw(record: Record) -> bytes:
    return record.body.encode()


@dataclass(frozen=True)
class Told:
    """What a record's bytes say of it: where it belongs, and under which number and title it was published."""

    sha256: str
    project: str
    title: str
    step: str
    attempt: int
    seal: str
    year: int
    number: int
    closed_at: int
    closed_by: str


def read(raw: bytes) -> Told:
    """A record from the bytes that were hashed; ValueError when they can't be those of one."""
    try:
        body = json.loads(raw)
        if canon(body) != raw:
            raise ValueError("not written in its one form")
        step = body["step"]
        told = Told(
            sha256=sha256_hex(raw),
            project=body["project"]["id"],
            title=body["project"]["title"],
            step=step["key"],
            attempt=step["attempt"],
            seal=step["seal"],
            year=body["record"]["year"],
            number=body["record"]["number"],
            closed_at=body["closed_at"],
            closed_by=body["closed_by"],
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a record: {error}") from None
    numbers = (told.attempt, told.year, told.number, told.closed_at)
    if not all(type(number) is int for number in numbers):
        raise ValueError("not a record: a number is none")
    return told


def bring(tx: Tx, project: Project, run_id: int, raw: bytes, public_id: str, published_at: int, by: int) -> Record:
    """Put a record of another installation beside the project that was brought from there, byte by byte as it was."""
    told = read(raw)
    record = Record(
        public_id=public_id,
        community_id=project.community_id,
        project_id=project.id,
        step_run_id=run_id,
        year=told.year,
        number=told.number,
        step=told.step,
        attempt=told.attempt,
        title=told.title,
        seal=told.seal,
        body=raw.decode(),
        sha256=told.sha256,
        published_at=published_at,
        published_by_id=by,
    )
    tx.session.add(record)
    tx.session.flush()
    if not verify(record):
        raise ValueError("it would not verify here")
    return record


def taken(community_id: int, numbers: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """The first of some years and numbers that a community has given to a record already."""
    query = select(Record.year, Record.number).where(Record.community_id == community_id)
    known = {(year, number) for year, number in db.session.execute(query)}
    return min((item for item in numbers if item in known), default=None)


def known_record(public_ids: Iterable[str]) -> str | None:
    """The first of some records that is here already."""
    query = select(Record.public_id).where(Record.public_id.in_(list(public_ids))).order_by(Record.public_id)
    return db.session.scalar(query.limit(1))


RECORDS = DossierPart(
    title=phrase("Records"),
    says=phrase("What each step fixed. A record is never changed; its fingerprint shows it."),
    order=10,
    items=_records,
)
