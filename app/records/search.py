"""Records in the archive: what everybody may read of them, as words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, select

from app.core.database import db
from app.core.i18n import force_locale, say, with_years
from app.engine.method import Text
from app.engine.phrase import Phrase, phrase
from app.projects.published import Document, Searchable, own_id
from app.records.corrections import correction_of
from app.records.models import Record, RecordWord
from app.records.phrases import from_data, text_from_data
from app.records.words import read

_NO_WORDS = re.compile(r"[A-Za-z0-9_.:/+-]*")  # keys, public ids, hashes, addresses
_SAID = ("parts", "gates", "who")


def shown() -> Select[str]:
    """Every record is published."""
    return select(Record.public_id)


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Records as documents."""
    query = select(Record).order_by(Record.id)
    if public_ids is not None:
        query = query.where(Record.public_id.in_(public_ids))
    for record in db.session.scalars(query):
        names, text = _words(record)
        yield Document(
            public_id=record.public_id,
            target=record.public_id,
            community_id=record.community_id,
            project_id=record.project_id,
            step=record.step,
            title=record.title,
            text=text,
            at=record.published_at,
            names=names,
            number=f"{record.year}-{record.number:03d}",
        )


def _words(record: Record) -> tuple[list[str], str]:
    """What names a record besides its title, and its text; a record that was tampered with is listed without either."""
    body = read(record)
    if body is None:
        return [], ""
    names = [*body["step"]["title"].values(), *body["step"]["leaves"].values()]
    return names, "\n".join([body["project"]["place"], *(line for key in _SAID for line in lines(body[key]))])


def lines(data: Any) -> Iterator[str]:
    """The words of a part of a record: people's own, and its sentences in Chinese; no keys and no hashes."""
    if isinstance(data, dict):
        if "zh_Hans" in data or "say" in data:
            with force_locale("zh_Hans"), with_years():
                sentence = text_from_data(data) if "zh_Hans" in data else from_data(data)
                yield sentence.zh_Hans if isinstance(sentence, Text) else say(sentence)
            return
        for value in data.values():
            yield from lines(value)
    elif isinstance(data, list):
        for value in data:
            yield from lines(value)
    elif isinstance(data, str) and not _NO_WORDS.fullmatch(data):
        yield data


def _record_of(row: RecordWord) -> Iterator[str]:
    """Words that are removed change the record that they stood in."""
    record = db.session.get(Record, row.record_id)
    if record is not None:
        yield record.public_id


def notes(public_ids: Collection[str]) -> dict[str, list[Phrase]]:
    """Of some records, that they correct another one, and by which they were corrected."""
    rows = list(db.session.scalars(select(Record).where(Record.public_id.in_(public_ids))))
    later = correction_of([record.id for record in rows])
    found: dict[str, list[Phrase]] = {}
    for record in rows:
        if record.corrects_id is not None:
            found.setdefault(record.public_id, []).append(CORRECTS)
        if (newer := later.get(record.id)) is not None:
            number = f"{newer.year}-{newer.number:03d}"
            found.setdefault(record.public_id, []).append(phrase("Corrected by No. %(number)s", number=number))
    return found


CORRECTS = phrase("A correction of an earlier record")
SEARCHABLE = Searchable(
    kind="record",
    title=phrase("Records of steps"),
    one=phrase("Record"),
    endpoint="records.show",
    shown=shown,
    documents=documents,
    watches={Record: own_id, RecordWord: _record_of},
    notes=notes,
    official=True,
    leaves=True,
)
