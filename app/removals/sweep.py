"""Where words stand, in all the tables that repeat them: rows, records, events, messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select

from app.core.database import db
from app.core.events import Event, event_hash
from app.core.outbox import Message
from app.core.removals import Holds, Removal, is_mark, stored_mark
from app.core.seals import opened
from app.engine.phrase import Phrase
from app.records.models import Record, RecordWord

EXCERPT = 20  # a message quotes the beginning of what it tells of


@dataclass(frozen=True)
class Passage:
    """Words in one place of a thing: the name of the field, its label (the words themselves in a record), the words."""

    key: str
    label: Phrase | None
    text: str


@dataclass
class Places:
    """Where some words stand beside the place in which they were found first."""

    rows: list[tuple[Holds, Any, str]] = field(default_factory=list)
    words: list[RecordWord] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    @property
    def records(self) -> set[int]:
        """The records in which they stand."""
        return {word.record_id for word in self.words}

    @property
    def hashes(self) -> list[str]:
        """What the log names of them: commitments of words, and hashes of events."""
        sealed = {one["hash"] for holds, row, key in self.rows if (one := sealed_by(holds, row, key)) is not None}
        return sorted({word.hash for word in self.words} | {event_hash(event) for event in self.events} | sealed)


def passages_of(holds: Holds, row: Any) -> list[Passage]:
    """The words of a row that are still there."""
    found = [Passage(name, label, getattr(row, name) or "") for name, label in holds.columns.items()]
    if holds.json and holds.within is not None:
        data = getattr(row, holds.json)
        found += [
            Passage(f"{holds.json}.{key}", label, str(data.get(key) or "")) for key, label in holds.within(row).items()
        ]
    return [passage for passage in found if passage.text and not is_mark(passage.text)]


def sealed_by(holds: Holds, row: Any, key: str) -> Mapping[str, str] | None:
    """The commitment of the words in a place; None where they have none."""
    if not holds.seals:
        return None
    found: Mapping[str, str] | None = getattr(row, holds.seals).get(key.removeprefix(f"{holds.seals}."))
    return found


def hold_sealed(holdings: Iterable[Holds], project_id: int) -> None:
    """Hold the rows of a project that have commitments: somebody may be about to write some."""
    for holds in holdings:
        if holds.seals:
            model: Any = holds.model
            db.session.execute(select(model.id).where(holds.project == project_id).with_for_update(key_share=True))


def find_places(holdings: Sequence[Holds], project_id: int, texts: Collection[str]) -> Places:
    """Where some texts stand in a project, word for word: what the page shows beforehand, and what is blanked."""
    places = Places()
    for holds in holdings:
        query = select(holds.model).where(holds.project == project_id)
        if not holds.json and not holds.seals:
            columns = [getattr(holds.model, name) for name in holds.columns]
            query = query.where(or_(*(column.in_(texts) for column in columns)))
        for row in db.session.scalars(query):
            places.rows += [(holds, row, item.key) for item in passages_of(holds, row) if item.text in texts]
            sealed = getattr(row, holds.seals) if holds.seals else {}
            places.rows += [
                (holds, row, f"{holds.seals}.{name}") for name, one in sealed.items() if one.get("text") in texts
            ]
    places.words = list(
        db.session.scalars(
            select(RecordWord)
            .join(Record, Record.id == RecordWord.record_id)
            .where(Record.project_id == project_id, RecordWord.text.in_(texts))
            .order_by(RecordWord.id)
        )
    )
    places.events = list(events_with(holdings, project_id, texts))
    places.messages = [
        row
        for row in db.session.scalars(select(Message).where(Message.project_id == project_id))
        if any(_quotes(leaf, texts) for leaf in leaves(row.data))
    ]
    return places


def events_with(holdings: Iterable[Holds], project_id: int, texts: Collection[str]) -> Iterator[Event]:
    """The events of a project that repeat one of some texts, of the kinds that can be emptied."""
    kinds = set().union(*(holds.events for holds in holdings))
    for event in db.session.scalars(select(Event).where(Event.project_id == project_id, Event.kind.in_(kinds))):
        if any(leaf in texts for leaf in leaves(event.data)):
            yield event


def same_words(hashes: Collection[str]) -> list[RecordWord]:
    """The words of some commitments: a correction keeps those of the record that it corrects."""
    return list(db.session.scalars(select(RecordWord).where(RecordWord.hash.in_(hashes)).order_by(RecordWord.id)))


def leaves(value: Any) -> Iterator[str]:
    """The texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)


def _quotes(leaf: str, texts: Collection[str]) -> bool:
    return leaf in texts or (len(leaf) >= EXCERPT and any(text.startswith(leaf) for text in texts))


def blank(places: Places, removal: Removal, texts: Collection[str]) -> None:
    """Blank all of it: a mark in rows and messages, nothing in records and events, which keep their hashes."""
    mark = stored_mark(removal.ground, removal.at)
    for holds, row, key in places.rows:
        one = sealed_by(holds, row, key)
        if one is not None:
            name = key.removeprefix(f"{holds.seals}.")
            setattr(row, holds.seals, {**getattr(row, holds.seals), name: opened(one, mark)})
        column, _, inner = key.partition(".")
        if column != holds.seals:
            setattr(row, column, {**getattr(row, column), inner: mark} if inner else mark)
    for word in places.words:
        word.text, word.salt, word.removal_id = None, None, removal.id
    for event in places.events:
        event.hash = event_hash(event)
        event.data, event.salt = {}, b""
    for message in places.messages:
        message.data = _marked(message.data, texts, mark)


def _marked(value: Any, texts: Collection[str], mark: str) -> Any:
    if isinstance(value, str):
        return mark if _quotes(value, texts) else value
    if isinstance(value, Mapping):
        return {key: _marked(inner, texts, mark) for key, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner, texts, mark) for inner in value]
    return value
