"""What an audit finds: the first thing that is not as it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.engine.canonical import canon


@dataclass(frozen=True)
class Finding:
    """Where something is wrong, and in plain words what was expected there."""

    table: str
    row: str
    field: str
    expected: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}, {self.field}: {self.expected}"


class Wrong(Exception):
    """Raised by a check at the first thing that is wrong."""

    def __init__(self, table: str, row: object, field: str, expected: str) -> None:
        self.finding = Finding(table, str(row), field, expected)
        super().__init__(str(self.finding))


def same(table: str, row: object, field: str, found: object, wanted: object, source: str) -> None:
    """Raise when a field isn't what ``source`` tells. Nobody's words or stance are printed, only numbers and keys."""
    if found != wanted or type(found) is not type(wanted):
        said = f"{wanted!r}" if isinstance(wanted, int) or wanted is None else "the same value"
        raise Wrong(table, row, field, f"expected {said}, as {source}")


def read_json(table: str, row: object, field: str, text: str | bytes | None) -> Any:
    """A stored JSON value; raises where it can't be read."""
    try:
        return json.loads(text if text is not None else "null")
    except (ValueError, RecursionError):
        raise Wrong(table, row, field, "expected JSON") from None


def read_canonical(table: str, row: object, field: str, text: str) -> Any:
    """A stored canonical JSON object; raises where it isn't written in its one form."""
    value = read_json(table, row, field, text)
    try:
        sound = isinstance(value, dict) and canon(value) == text.encode()
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise Wrong(table, row, field, "expected a canonical JSON object")
    return value
