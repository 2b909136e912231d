"""What a column of a list is: its name, type and meaning, said once for JSON, CSV, the description and the page about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.engine.phrase import Phrase, phrase

Type = Literal[
    "id", "slug", "text", "word", "number", "fen", "area", "yes", "moment", "day", "address", "hash", "list", "words",
    "counts", "data", "rows",
]  # fmt: skip

SCHEMAS: Mapping[Type, Mapping[str, Any]] = {
    "id": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{16}$"},
    "slug": {"type": "string", "pattern": "^[a-z0-9-]{1,40}$"},
    "text": {"type": "string"},
    "word": {"type": "string"},
    "number": {"type": "integer"},
    "fen": {"type": "integer"},
    "area": {"type": "integer"},
    "yes": {"type": "boolean"},
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "address": {"type": "string", "format": "uri"},
    "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "list": {"type": "array", "items": {"type": "string"}},
    "words": {
        "type": "object",
        "properties": {"zh_Hans": {"type": "string"}, "en": {"type": "string"}},
        "required": ["zh_Hans", "en"],
        "additionalProperties": False,
    },
    "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    "data": {"type": "object"},
    "rows": {"type": "array"},
}
SAYS: Mapping[Type, Phrase] = {
    "id": phrase("identifier"),
    "slug": phrase("short name"),
    "text": phrase("text"),
    "word": phrase("one word of a list"),
    "number": phrase("whole number"),
    "fen": phrase("whole number, in fen (0.01 yuan)"),
    "area": phrase("whole number, in 0.01 m²"),
    "yes": phrase("yes or no (true, false)"),
    "moment": phrase("moment (ISO 8601)"),
    "day": phrase("day (ISO 8601)"),
    "address": phrase("address"),
    "hash": phrase("SHA-256, 64 hexadecimal digits"),
    "list": phrase("list of texts"),
    "words": phrase("text in Chinese and English"),
    "counts": phrase("whole numbers by name"),
    "data": phrase("values by name"),
    "rows": phrase("list of entries"),
}
# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "'"


@dataclass(frozen=True)
class Column:
    """One column. ``empty`` says that it may have no value; ``parts`` are the columns of a list of entries."""

    key: str
    type: Type
    meaning: Phrase
    empty: bool = False
    choices: tuple[str, ...] = ()
    parts: tuple[Column, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The column as JSON Schema."""
        found = dict(SCHEMAS[self.type])
        if self.parts:
            found["items"] = schema_of(self.parts)
        if self.choices:
            found["enum"] = [*self.choices, *([None] if self.empty else [])]
        if self.empty:
            found["type"] = [found["type"], "null"]
        return found | {"description": str(self.meaning)}


def schema_of(columns: tuple[Column, ...]) -> dict[str, Any]:
    """A row of some columns as JSON Schema: all of them, and no others."""
    return {
        "type": "object",
        "properties": {column.key: column.schema() for column in columns},
        "required": [column.key for column in columns],
        "additionalProperties": False,
    }


def cell(value: object) -> str:
    """A value as a cell of CSV, which no spreadsheet runs; :func:`app.api.columns.uncell` gives the text back."""
    if value is None:
        return ""
    if isinstance(value, str):
        return MARK + value if value.startswith((*FORMULA, MARK)) else value
    # Numbers, true and false, and what is nested, as JSON has them.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def uncell(text: str) -> str:
    """The text of a cell: without the mark before it."""
    return text.removeprefix(MARK)
