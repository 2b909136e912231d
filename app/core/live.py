"""What changes too often to raise a version, as ballots do in a closing hour: a kept page that shows it asks again each time.

A statement that writes so says ``execution_options(quiet=True)``, and what it writes is named in QUIET. Whoever reads that for a
page reads with :func:`live`, or says that what they read is :func:`settled`; a page that does neither is not kept. A number
that a page only shows has a place in it, which is filled anew for each reader; what it was compared with must still hold.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import current_app, g, request
from sqlalchemy.engine import Connection

from app.core.database import db
from app.core.ids import new_public_id
from app.core.moments import Watch

# Tables that are written quietly, and of one the columns: its others are not.
QUIET = ("ballot", "objection"), ("roll_entry", ("last_person_id", "online_at", "voted"))
_ROWS = re.compile(
    rf"(?:FROM|JOIN|,)\s+\"?(?:{'|'.join(QUIET[0])})\b|{QUIET[1][0]}(?:_\d+)?\.(?:{'|'.join(QUIET[1][1])})\b"
)
_SETTLED = "settled"
PLACE = b"\0live%d.%d\0"  # no page holds a NUL
TESTS: dict[str, Callable[[int, int], bool]] = {
    name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")
}


@dataclass(frozen=True)
class Live:
    """A query that a page asked, and what the page makes of its rows.

    The last column of each row is a number that is told in steps of ``step``. Where it has a place in the page, ``seen`` holds
    the rows without it, and ``tests`` what it was compared with: row, comparison, other, outcome.
    """

    statement: str
    parameters: Any
    step: int
    placed: bool
    seen: list[list[Any]]
    tests: list[list[Any]] = field(default_factory=list)

    def numbers(self, connection: Connection, known: dict[Any, Sequence[Any]]) -> list[int] | None:
        """What to fill in, row by row, if the page would else be the same now. ``known`` holds what was asked already."""
        called = (self.statement, repr(self.parameters))
        if called not in known:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(self.statement, self.parameters)
                known[called] = cursor.fetchall()
            finally:
                cursor.close()
        rows = told(known[called], self.step)
        if not self.placed:
            return [] if rows == self.seen else None
        found = [row[-1] for row in rows]
        if [row[:-1] for row in rows] != self.seen:
            return None
        holds = all(TESTS[test](found[row], other) is outcome for row, test, other, outcome in self.tests)
        return found if holds else None


def told(rows: Sequence[Sequence[Any]], step: int) -> list[list[Any]]:
    """Rows as a page tells them, in an order of their own."""
    return sorted(([*row] if step == 1 else [*row[:-1], row[-1] - row[-1] % step] for row in rows), key=repr)


class Shown(int):
    """A number that a page shows, rounded: the page has a place for it, and what it is compared with is noted."""

    live: Live
    row: int
    mark: str | None

    def __new__(cls, value: int, live: Live, row: int) -> Shown:
        self = super().__new__(cls, value)
        self.live, self.row, self.mark = live, row, None
        return self

    def _note(self) -> None:
        """From now on the page depends on this number."""
        watch: Watch | None = g.get("watch")
        if watch is not None and not any(one is self.live for one in watch.live):
            watch.live.append(self.live)

    def __str__(self) -> str:
        self._note()
        if self.mark is None:
            self.mark = new_public_id()
            g.setdefault("live_marks", {})[self.mark] = self
        return self.mark

    def __format__(self, spec: str) -> str:
        return str(self) if not spec else self._lost(int.__format__, spec)

    def __mod__(self, other: int) -> int:
        return 0 if other == self.live.step else self._lost(int.__mod__, other)

    def __sub__(self, other: int) -> int:
        return self if other == 0 else self._lost(int.__sub__, other)

    def __bool__(self) -> bool:
        return self != 0

    def __hash__(self) -> int:
        not_kept()
        return int.__hash__(self)

    def _meets(self, test: str, other: Any) -> Any:
        if isinstance(other, Shown) or not isinstance(other, int):
            return self._lost(getattr(int, f"__{test}__"), other)
        self._note()
        outcome = TESTS[test](int.__int__(self), int(other))
        self.live.tests.append([self.row, test, int(other), outcome])
        return outcome

    def _lost(self, operation: Any, *others: Any) -> Any:
        not_kept()
        return operation(self, *others)


def _met(test: str) -> Any:
    return lambda self, other: self._meets(test, other)


def _untold(name: str) -> Any:
    def lost(self: Shown, *others: Any) -> Any:
        return self._lost(getattr(int, name), *others)

    return lost


for _name in TESTS:
    setattr(Shown, f"__{_name}__", _met(_name))
for _name in (
    *("__add__", "__radd__", "__rsub__", "__mul__", "__rmul__", "__rmod__", "__divmod__", "__rdivmod__"),
    *("__truediv__", "__rtruediv__", "__floordiv__", "__rfloordiv__", "__pow__", "__rpow__", "__neg__", "__abs__"),
    *("__and__", "__rand__", "__or__", "__ror__", "__xor__", "__rxor__", "__invert__", "__lshift__", "__rshift__"),
    *("__int__", "__index__", "__float__", "__round__", "__repr__"),
):
    setattr(Shown, _name, _untold(_name))


def live(query: Any, step: int = 1) -> Sequence[Any]:
    """The rows of a query that commits may change without a version. ``step``: what of its last column is told at all.

    While a page is made to be kept, the query is noted, and asked again before the page is shown to anybody.
    """
    watch: Watch | None = g.get("watch")
    asked: list[tuple[str, Any]] = []
    rows = _asking(query, asked)
    if watch is not None:
        ((statement, parameters),) = asked
        watch.live.append(Live(statement, parameters, step, False, told(rows, step)))
    return rows


def live_counts(all_of: Any, one: Any, keys: Collection[int], step: int) -> Mapping[int, int]:
    """How many there are of each key, told in steps: ``all_of`` finds keys and counts, ``one`` the count of ``:key`` alone.

    On views that make pages and nothing else the numbers have places in a kept page. Of many counts that were read, those
    are asked again that the page shows or compares.
    """
    watch: Watch | None = g.get("watch")
    if watch is None or not getattr(current_app.view_functions[request.endpoint or ""], "kept_by_kind", False):
        return dict(live(all_of, step))
    found = dict(_asking(all_of, []))
    compiled = one.compile(dialect=db.engine.dialect)
    numbers = {}
    for key in keys:
        named = compiled.construct_params({"key": key})
        parameters = [named[name] for name in compiled.positiontup] if compiled.positional else named
        n = found.get(key, 0)
        numbers[key] = Shown(n - n % step, Live(str(compiled), parameters, step, True, [[]]), 0)
    return numbers


def _asking(query: Any, asked: list[tuple[str, Any]]) -> Sequence[Any]:
    before = g.get("live")
    g.live = asked
    try:
        return db.session.execute(query).all()
    finally:
        g.live = before


@contextmanager
def settled(really: bool = True) -> Iterator[None]:
    """What is read within is changed by no quiet statement any more: the votes that it is of were counted."""
    before = g.get("live")
    g.live = _SETTLED if really else before
    try:
        yield
    finally:
        g.live = before


def not_kept() -> None:
    """Let the page under way be kept for nobody: what it shows may still change by a quiet statement."""
    watch: Watch | None = g.get("watch")
    if watch is not None:
        watch.cannot_tell()


def note(watch: Watch, statement: str, parameters: Any) -> None:
    """Follow a statement that a page sends, or let the page be kept no longer."""
    asked = g.get("live")
    if isinstance(asked, list):
        asked.append((statement, dict(parameters) if isinstance(parameters, Mapping) else list(parameters)))
    elif asked != _SETTLED and reads_quiet(statement):
        watch.cannot_tell()


@lru_cache(maxsize=2000)
def reads_quiet(statement: str) -> bool:
    """Whether a statement reads what is written quietly."""
    return _ROWS.search(statement) is not None


def with_marks(body: bytes, lives: Sequence[Live]) -> tuple[bytes, bytes]:
    """A page as it was made, for its reader with the numbers, and to be kept with their places."""
    plain = placed = body
    marks: dict[str, Shown] = g.pop("live_marks", {})
    for mark, number in marks.items():
        plain = plain.replace(mark.encode(), int.__repr__(number).encode())
        place = next((n for n, one in enumerate(lives) if one is number.live), 0)
        placed = placed.replace(mark.encode(), PLACE % (place, number.row))
    return plain, placed


def with_numbers(body: bytes, numbers: Sequence[Sequence[int]]) -> bytes:
    """A kept page with its numbers."""
    for n, rows in enumerate(numbers):
        for row, number in enumerate(rows):
            body = body.replace(PLACE % (n, row), str(number).encode())
    return body


def numbers_of(
    lives: Sequence[Live], connection: Callable[[], Connection], known: dict[Any, Any]
) -> list[list[int]] | None:
    """What to fill into a page that asked all this; None where it would be another page now."""
    found = []
    for one in lives:
        numbers = one.numbers(connection(), known)
        if numbers is None:
            return None
        found.append(numbers)
    return found
