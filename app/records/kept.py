"""What records give to a project's dossier: each as a page, as a sheet to print, and as the bytes that were hashed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import render_template, url_for
from sqlalchemy import select

from app.core.database import db
from app.core.removals import GROUNDS, Removal, stored_mark
from app.core.transaction import Tx
from app.core.web import site_url
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict
from app.engine.phrase import phrase
from app.engine.words import Word, commitment_in, spots
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import PAGE, DossierFile, DossierItem, DossierPart
from app.records import printed
from app.records.check import COMMAND
from app.records.corrections import correction_of, lawful
from app.records.models import Record
from app.records.phrases import text_from_data
from app.records.words import Kept, file_of, said, store, verify, words_of

JSON = "record"
FILE = "qiding/record-file/v2"


def records_of(project_id: int) -> list[Record]:
    """The records of a project, the oldest first; Conflict when one is no longer what was published."""
    found = list(db.session.scalars(select(Record).where(Record.project_id == project_id).order_by(Record.id)))
    words = words_of([record.id for record in found])
    for record in found:
        if not verify(record, words[record.id]):
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
    found = records_of(project.id)
    ids = [record.id for record in found]
    words, corrected = words_of(ids), correction_of(ids)
    for record in found:
        body = said(json.loads(record.body), words[record.id])
        folder, superseded = folder_of(record), corrected.get(record.id)
        removed = sorted(hashed for hashed, kept in words[record.id].items() if kept.removal is not None)
        mark = sha256_hex(canon([record.sha256, removed, superseded.sha256 if superseded is not None else ""]))
        number = phrase("No. %(year)s-%(n)s", year=record.year, n=f"{record.number:03d}")
        yield DossierItem(
            title=text_from_data(body["step"]["leaves"]),
            about=number if superseded is None else phrase("%(number)s, corrected since", number=number),
            files=(
                DossierFile(
                    f"{folder}/record.html",
                    PAGE,
                    phrase("Read"),
                    mark,
                    partial(_page, project, here, record, body, superseded),
                ),
                DossierFile(
                    f"{folder}/record.pdf",
                    "sheet",
                    phrase("Print (PDF)"),
                    mark,
                    partial(_sheet, here, record, body),
                ),
                DossierFile(
                    f"{folder}/record.json",
                    JSON,
                    phrase("The record with its words, to check (JSON)"),
                    mark,
                    partial(file_of, record),
                ),
            ),
            at=record.published_at,
            step=record.step,
            address=url_for("records.show", slug=here.slug, public_id=record.public_id),
        )


def _page(project: Project, here: Community, record: Record, body: dict[str, Any], superseded: Record | None) -> bytes:
    address = site_url("records.show", slug=here.slug, public_id=record.public_id)
    return render_template(
        "records/kept.html",
        community=here,
        project=project,
        record=record,
        body=body,
        superseded=superseded,
        address=address,
        beside=("record.json", "record.pdf"),
        command=COMMAND if next(spots(json.loads(record.body)), None) is not None else "sha256sum record.json",
    ).encode()


def _sheet(here: Community, record: Record, body: dict[str, Any]) -> bytes:
    return render(printed.paper(here, record, body))


@dataclass(frozen=True)
class Told:
    """What a record's file says of it: what was hashed with its words, and under which number and title it stands.

    ``removed`` are commitments whose words the law bade remove, each with the removal there and its ground; ``title`` is
    None where it was among them.
    """

    sha256: str
    body: Any
    words: Mapping[str, Word]
    removed: Mapping[str, tuple[str, str]]
    project: str
    title: str | None
    step: str
    attempt: int
    seal: str
    year: int
    number: int
    corrects: str | None


def read(raw: bytes) -> Told:
    """A record from its file; ValueError when it can't be one, or its words don't give what was hashed."""
    try:
        value = json.loads(raw)
        if canon(value) != raw:
            raise ValueError("not written in its one form")
        body, words, removed = value, {}, {}
        if value["format"] == FILE:
            body, words, removed = value["body"], value["words"], value["removed"]
            if value.keys() != {"format", "sha256", "body", "words", "removed"}:
                raise ValueError("something beside what was hashed and its words")
        hashed = canon(body)
        if value is not body and value["sha256"] != sha256_hex(hashed):
            raise ValueError("it says another hash than its own")
        kept = {name: Word(item["text"], bytes.fromhex(item["salt"])) for name, item in words.items()}
        gone = {name: (str(item["removal"]), str(item["ground"])) for name, item in removed.items()}
        bound = {spot.hash for spot in spots(body)}
        if bound != {*kept, *gone} or {*kept} & {*gone} or any(word.hash != name for name, word in kept.items()):
            raise ValueError("its words don't give the commitments that were hashed")
        if not all(ground in GROUNDS for _, ground in gone.values()):
            raise ValueError("a ground that is not known here")
        step, title = body["step"], body["project"]["title"]
        bound_title = commitment_in(title)
        told = Told(
            sha256=sha256_hex(hashed),
            body=body,
            words=kept,
            removed=gone,
            project=body["project"]["id"],
            title=title if bound_title is None else kept[bound_title].text if bound_title in kept else None,
            step=step["key"],
            attempt=step["attempt"],
            seal=step["seal"],
            year=body["record"]["year"],
            number=body["record"]["number"],
            corrects=body["correction"]["of"]["id"] if "correction" in body else None,
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a record: {error}") from None
    numbers = (told.attempt, told.year, told.number)
    if not all(type(number) is int for number in numbers) or not isinstance(told.title, (str, type(None))):
        raise ValueError("not a record: a number or the title is none")
    return told


def bring(
    tx: Tx,
    project: Project,
    run_id: int,
    raw: bytes,
    public_id: str,
    published_at: int,
    by: int,
    removals: Mapping[str, Removal],
) -> Record:
    """Put a record of another installation beside the project that was brought from there, byte by byte as it was.

    ``removals`` are the removals here by their names there.
    """
    told = read(raw)
    first = None
    if told.corrects is not None:
        first = tx.session.scalars(select(Record).where(Record.public_id == told.corrects)).one_or_none()
        if first is None or first.project_id != project.id:
            raise ValueError("the record that it corrects is not here")
        of = told.body["correction"]["of"]
        named = (of["sha256"], of["year"], of["number"]) == (first.sha256, first.year, first.number)
        if not named or first.step_run_id != run_id or not lawful(json.loads(first.body), told.body):
            raise ValueError("it corrects another record than it names, or what can't be corrected")
    gone = {hashed: removals[name] for hashed, (name, _) in told.removed.items()}
    title = told.title
    if title is None:
        removal = gone[commitment_in(told.body["project"]["title"]) or ""]
        title = stored_mark(removal.ground, removal.at)
    record = Record(
        public_id=public_id,
        community_id=project.community_id,
        project_id=project.id,
        step_run_id=run_id,
        corrects_id=first.id if first is not None else None,
        year=told.year,
        number=told.number,
        step=told.step,
        attempt=told.attempt,
        title=title,
        seal=told.seal,
        published_at=published_at,
        published_by_id=by,
    )
    words = {hashed: Kept(word) for hashed, word in told.words.items()}
    words |= {hashed: Kept(None, removal) for hashed, removal in gone.items()}
    store(tx, record, told.body, words)
    if not verify(record, words):
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
