"""Other communities made of the first one: new ids, names and addresses, and every hash made again of them.

A row of a copy is the row of the first community in which each key is another, each public id is another, and each hash
that was made of them (see tape.py) is the one that the same function makes of the new ones. Where a copy has words of its
own, they have the same length: the hashes bind the lengths of their parts.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Text

from app.archive.words import facets
from app.core.database import Base
from app.engine.canonical import encode32
from scripts.dataset.people import NAME, NAME_EN, SLUG
from scripts.dataset.template import Rows, Template, columns, tables
from scripts.dataset.words import community

ID, CODE, HASH = r"[0-9A-HJKMNP-TV-Z]{16}", r"[0-9a-f]{32}", r"[0-9a-f]{64}"
RANDOM_KEYS = frozenset({"slot", "ballot", "objection"})  # these tell no order
BETWEEN = "\x1e"  # stands in no text
BALLOTS = hashlib.sha256(b"qiding/ballots/v1").digest()


def escaped(text: str) -> str:
    """How JSON as SQLAlchemy stores it writes a text."""
    return text.encode("unicode_escape").decode()


def latin(text: str) -> str:
    """How bytes of UTF-8 look when each is read as a character: hashes are made of bytes."""
    return text.encode().decode("latin-1")


WORDS = (NAME, escaped(NAME), NAME_EN, SLUG)
TOKEN = re.compile(rf"(?<![0-9A-Za-z])({HASH}|{CODE}|{ID})(?![0-9A-Za-z])|({'|'.join(map(re.escape, WORDS))})")


@dataclass(frozen=True)
class Cells:
    """The texts of a column, cut where something becomes another: every second part is that."""

    column: int
    parts: list[str]


@dataclass(frozen=True)
class Known:
    """What becomes of a table's rows: which columns are keys, of which table, and which hold texts to renew."""

    name: str
    keys: dict[int, str]
    cells: list[Cells]
    unique: list[int]


class Copies:
    """The rows of the first community, ready to be copied."""

    def __init__(self, played: Template, committees: int) -> None:
        self._played, self._committees = played, committees
        usual = played.usual
        self._highest = {table: _highest(played, table) for table in tables()}
        self._least = {table: max((row[0] for row in played.base[table]), default=0) for table in tables()}
        self._ids = _public_ids(usual)
        self._codes = [row[columns("slot").index("code")] for row in usual["slot"]]
        self._words: set[str] = {*self._ids, *self._codes}
        self._tape = self._kept_tape()
        self._known = [self._look(table, usual) for table in tables() if usual[table]]

    def first(self) -> Rows:
        """The first community as it was played."""
        return self._played.first

    def copy(self, number: int) -> Rows:
        """The rows of another community."""
        dice = random.Random(f"community {number}")
        new = self._renamed(number, dice)
        masks = {table: dice.getrandbits(62) for table in sorted(RANDOM_KEYS)}
        return {known.name: self._rows(known, number, new, masks) for known in self._known}

    def _renamed(self, number: int, dice: random.Random) -> dict[str, str]:
        """What becomes of each token. New ids stand in the order of the old ones, so that what was sorted stays so."""
        fresh = sorted({dice.getrandbits(80) for _ in range(len(self._ids) + 64)})[: len(self._ids)]
        new = {old: encode32(value, 16) for old, value in zip(sorted(self._ids), fresh, strict=True)}
        codes = sorted(dice.randbytes(16).hex() for _ in self._codes)
        new |= dict(zip(sorted(self._codes), codes, strict=True))
        name, slug = community(number)
        new |= {NAME: name, escaped(NAME): escaped(name), NAME_EN: f"Compound {number + 1:04d}", SLUG: slug}
        new[latin(NAME)] = latin(name)
        raw: dict[bytes, bytes] = {}
        for old, parts, sorted_parts in self._tape:
            whole = _ballots(parts[0], raw) if sorted_parts else _joined(parts, new)
            made = hashlib.sha256(whole).digest()
            new[old.hex()] = made.hex()
            raw[old] = made
        return new

    def _kept_tape(self) -> list[tuple[bytes, list[str] | list[bytes], bool]]:
        """The hashes that depend on what becomes another, in their order, cut as cells are."""
        kept: list[Any] = []
        seen: set[bytes] = set()
        for whole, made in self._played.tape:
            if made in seen:
                continue
            if whole.startswith(BALLOTS):
                kept.append((made, [whole], True))
            else:
                parts = _cut(whole.decode("latin-1"), LATIN)
                if not any(part in self._words or part in LATIN_WORDS for part in parts[1::2]):
                    continue
                kept.append((made, parts, False))
            seen.add(made)
            self._words.add(made.hex())
        return kept

    def _look(self, table: str, rows: Rows) -> Known:
        shape = Base.metadata.tables[table]
        keys = {n: found for n, column in enumerate(shape.columns) if (found := _key(column)) is not None}
        cells = []
        for n, column in enumerate(shape.columns):
            if n in keys or not any(isinstance(row[n], str) for row in rows[table][:50] + rows[table][-50:]):
                continue
            if any("\x1e" in (row[n] or "") for row in rows[table] if isinstance(row[n], str)):
                raise ValueError(f"{table}.{column.name} holds a separator")
            parts = _cut(BETWEEN.join(row[n] if row[n] is not None else NOTHING for row in rows[table]), TOKEN)
            if any(part in self._words or part in WORDS for part in parts[1::2]):
                cells.append(Cells(n, parts))
        unique = [
            n
            for n, column in enumerate(shape.columns)
            if column.unique and isinstance(column.type, (String, Text)) and n not in {cell.column for cell in cells}
        ]
        return Known(table, keys, cells, unique)

    def _rows(self, known: Known, number: int, new: dict[str, str], masks: dict[str, int]) -> list[tuple[Any, ...]]:
        rows = self._played.usual[known.name]
        parts: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
        for n, table in known.keys.items():
            parts[n] = self._moved(parts[n], table, number, masks)
        for cell in known.cells:
            texts = list(cell.parts)
            texts[1::2] = [new.get(part, part) for part in texts[1::2]]
            parts[cell.column] = [None if text == NOTHING else text for text in "".join(texts).split(BETWEEN)]
        for n in known.unique:
            parts[n] = [
                value and hashlib.sha256(f"{number} {value}".encode()).hexdigest()[: len(value)] for value in parts[n]
            ]
        if known.name == "log":
            at = columns("log").index("body")
            parts[at] = [_sorted_commitments(body) for body in parts[at]]
        if known.name == "community":
            parts[columns("community").index("has_owners_committee")] = [int(number < self._committees)]
        if known.name == "search_document":
            at = columns("search_document").index("facets")
            mine = facets(parts[columns("search_document").index("community_id")][0])
            parts[at] = [
                text.replace(facets(rows[0][columns("search_document").index("community_id")]), mine)
                for text in parts[at]
            ]
        return list(zip(*parts, strict=True))

    def _moved(self, keys: list[Any], table: str, number: int, masks: dict[str, int]) -> list[Any]:
        """Keys of a table in a copy: past all that are there; of what everybody shares, the same."""
        if table in RANDOM_KEYS:
            mask = masks[table]
            return [None if key is None else key ^ mask for key in keys]
        least, step = self._least[table], self._highest[table] - self._least[table]
        moved = step * number
        return [key if key is None or key <= least else key + moved for key in keys]


NOTHING = "\x1d"
LATIN_WORDS = {latin(word) for word in WORDS}
LATIN = re.compile(
    rf"(?<![0-9A-Za-z])({HASH}|{CODE}|{ID})(?![0-9A-Za-z])|({'|'.join(map(re.escape, sorted(LATIN_WORDS)))})"
)


def _cut(text: str, pattern: re.Pattern[str]) -> list[str]:
    parts, at = [], 0
    for found in pattern.finditer(text):
        parts += [text[at : found.start()], found[0]]
        at = found.end()
    return [*parts, text[at:]]


def _joined(parts: list[str], new: dict[str, str]) -> bytes:
    """What a hash is made of, with its tokens replaced."""
    texts = list(parts)
    texts[1::2] = [new.get(part, part) for part in texts[1::2]]
    return "".join(texts).encode("latin-1")


def _ballots(whole: bytes, raw: dict[bytes, bytes]) -> bytes:
    """The ballots of a count are hashed in the order of their commitments, which are others now."""
    found = [whole[at + 8 : at + 40] for at in range(32, len(whole), 40)]
    return BALLOTS + b"".join((32).to_bytes(8, "big") + one for one in sorted(raw.get(one, one) for one in found))


def _sorted_commitments(body: str) -> str:
    head, mark, rest = body.partition('"commitments":[')
    if not mark:
        return body
    inner, _, tail = rest.partition("]")
    return f"{head}{mark}{','.join(sorted(inner.split(',')))}]{tail}"


def _key(column: Column[Any]) -> str | None:
    """The table whose row a column names: its own, or the one at the end of the foreign keys that begin with it."""
    if column.name == "id":
        return column.table.name
    for key in column.foreign_keys:
        return _key(key.column)
    named = column.name.removesuffix("_id")  # such as a poll's project, which its decision holds fast
    return named if named != column.name and named in Base.metadata.tables else None


def _highest(played: Template, table: str) -> int:
    found = [*played.base[table], *played.first[table]]
    return max((row[0] for row in found if isinstance(row[0], int)), default=0)


def _public_ids(rows: Rows) -> list[str]:
    found: set[str] = set()
    for table, there in rows.items():
        names = columns(table)
        if "public_id" in names and there and table != "search_document":
            at = names.index("public_id")
            found.update(row[at] for row in there)
    return sorted(found)
