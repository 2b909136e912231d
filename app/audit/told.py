"""Rows that an entry of the log tells of, each with its own: none is without one, none is missing, all fields agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app.audit.finding import Wrong, same
from app.audit.log import Told, place

Rows = Iterable[Any]


def paired(
    table: str, rows: Rows, told: Mapping[str, Told], key: Callable[[Any], str], field: str = "public_id"
) -> Iterator[tuple[Any, Told]]:
    """Each row with the entry that tells of it; raises where one has none, and at the end where an entry has no row."""
    left = dict(told)
    for row in rows:
        entry = left.pop(key(row), None)
        if entry is None:
            raise Wrong(table, name_of(row), field, "expected an entry of the log that tells of it; there is none")
        yield row, entry
    for name, entry in left.items():
        raise Wrong(table, f"of {name}", field, f"expected the row that {place(entry.body)} of the log tells of")


def name_of(row: Any) -> str:
    """A row as it is named: by its public id where it has one."""
    return str(getattr(row, "public_id", None) or row.id)


def agree(table: str, row: Any, told: Told, wanted: Mapping[str, Any]) -> None:
    """Raise at the first field of a row that isn't as an entry or its event tells."""
    for field, value in wanted.items():
        same(table, name_of(row), field, getattr(row, field), value, f"{place(told.body)} of the log tells")


def done_by(table: str, row: Any, field: str, public_id: str | None, told: Told) -> None:
    """Who did it: as the event says, and as its hash holds, which those of before don't."""
    agree(table, row, told, {field: told.event.person_id})
    if public_id != told.event.data.get("person", public_id):
        raise Wrong(table, name_of(row), field, f"expected the person whom the event of {place(told.body)} names")


def ended_by(table: str, row: Any, told: Told | None, at: str, by: str, public_id: str | None, **more: Any) -> None:
    """What ended or answered a row, by an entry of its own; all of it empty where there is no such entry.

    ``more`` are the words that the event holds, by the names of the row's fields.
    """
    if told is None:
        for field, empty in ((at, None), (by, None), *((name, "") for name in more)):
            same(table, name_of(row), field, getattr(row, field), empty, "no entry of the log tells of it")
        return
    agree(table, row, told, {at: told.event.at, **more})
    done_by(table, row, by, public_id, told)
