"""What a page asked about its reader, and the answers: whoever would be answered the same is shown the same page.

While a page for somebody signed in is made to be kept, the reader's own keys are :class:`Own` numbers. A query that is given
one, and a comparison with one, is noted with its answer; whatever else is done with one makes the page this reader's alone.
For the next reader the same questions are asked anew, with that reader's keys: only if every answer is the same is the page.
What a page only shows, such as an address, is asked for apart: it has a place in the page, filled for each reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

MOST_ASKED = 40  # more questions than that are hardly answered alike by two


@dataclass(frozen=True)
class Reader:
    """Who reads: of what kind (all that readers may share), and by which keys of their own. ``watched`` hands those out."""

    kind: str
    keys: Mapping[str, int]


@dataclass(frozen=True)
class _Key:
    """In place of a reader's key in a question."""

    name: str


@dataclass(frozen=True)
class Question:
    """A query with places for the reader's keys, and the rows that it found."""

    statement: str
    parameters: Mapping[str, Any] | tuple[Any, ...]
    rows: list[Any]

    def filled(self, keys: Mapping[str, int]) -> Any:
        """The parameters for a reader."""
        if isinstance(self.parameters, Mapping):
            return {name: _fill(value, keys) for name, value in self.parameters.items()}
        return tuple(_fill(value, keys) for value in self.parameters)


def _fill(value: Any, keys: Mapping[str, int]) -> Any:
    return keys.get(value.name) if isinstance(value, _Key) else value


def rows_of(connection: Connection, statement: str, parameters: Any) -> list[Any]:
    """The rows of a query, as the driver gives them."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, parameters)
        return [tuple(row) for row in cursor.fetchall()]
    finally:
        cursor.close()


@dataclass
class Trace:
    """The questions that a page asked about its reader. ``lost`` says that one could not be followed."""

    keys: Mapping[str, int]
    questions: list[Question] = field(default_factory=list)
    shown: list[Question] = field(default_factory=list)  # of one cell each, which stands in the page
    compared: set[tuple[str, int, bool]] = field(default_factory=set)
    lost: bool = False
    _shows: bool = False

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        questions = (*self.questions, *self.shown)
        return sum(200 + len(q.statement) + len(repr(q.rows)) for q in questions) + 100 * len(self.compared)

    def own(self, name: str) -> Own | None:
        """One of the reader's keys, watched."""
        value = self.keys.get(name)
        return None if value is None else Own(value, self, name)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """The one question within asks for what the page shows as it is: its answer may differ, and is filled in."""
        before, self._shows = len(self.shown), True
        try:
            yield
        finally:
            self._shows = False
        if len(self.shown) != before + 1:
            self.lost = True

    def ask(self, connection: Connection, statement: str, parameters: Any) -> Any:
        """Note a query that is given a key; returns its parameters as plain numbers."""
        if isinstance(parameters, Mapping):
            held: Any = {name: _Key(v.name) if isinstance(v, Own) else v for name, v in parameters.items()}
        else:
            held = tuple(_Key(v.name) if isinstance(v, Own) else v for v in parameters)
        question = Question(statement, held, [])
        plain = question.filled(self.keys)
        if not self.lost and len(self.questions) < MOST_ASKED:
            # Before the page's own query: what changes between the two is found by `still_holds`.
            question.rows.extend(rows_of(connection, statement, plain))
            (self.shown if self._shows else self.questions).append(question)
        else:
            self.lost = True
        return plain

    def still_holds(self, connection: Connection) -> bool:
        """Whether every question is answered now as when it was noted."""
        return self.holds_for(connection, self.keys, {})

    def holds_for(self, connection: Connection, keys: Mapping[str, int], known: dict[Any, list[Any]]) -> bool:
        """Whether a reader would be answered the same. ``known`` holds what this reader was answered already."""
        if set(keys) != set(self.keys):
            return False
        if any((keys[name] == other) is not same for name, other, same in self.compared):
            return False
        return all(_answer(connection, question, keys, known) == question.rows for question in self.questions)

    def texts_for(
        self, connection: Connection, keys: Mapping[str, int], known: dict[Any, list[Any]]
    ) -> list[str] | None:
        """What the page shows of a reader, in its order; None where one of it isn't there."""
        found = [_answer(connection, question, keys, known) for question in self.shown]
        return [str(rows[0][0]) for rows in found] if all(rows and rows[0][0] is not None for rows in found) else None


def _answer(
    connection: Connection, question: Question, keys: Mapping[str, int], known: dict[Any, list[Any]]
) -> list[Any]:
    parameters = question.filled(keys)
    called = (question.statement, _frozen(parameters))
    if called not in known:
        known[called] = rows_of(connection, question.statement, parameters)
    return known[called]


def _frozen(parameters: Any) -> Any:
    return repr(sorted(parameters.items()) if isinstance(parameters, dict) else parameters)


class Own(int):
    """A reader's own key: the same number, which tells its trace what it is asked."""

    trace: Trace
    name: str

    def __new__(cls, value: int, trace: Trace, name: str) -> Own:
        self = super().__new__(cls, value)
        self.trace, self.name = trace, name
        return self

    def plain(self) -> int:
        """The number alone, for the trace itself."""
        return int.__int__(self)

    def _is(self, other: object) -> bool:
        if isinstance(other, Own):
            if other.name != self.name:
                self.trace.lost = True
            return int.__eq__(self, other)
        if not isinstance(other, int):
            return False
        same = int.__eq__(self, other)
        self.trace.compared.add((self.name, other, same))
        return same

    def __eq__(self, other: object) -> bool:
        return self._is(other)

    def __ne__(self, other: object) -> bool:
        return not self._is(other)

    def __bool__(self) -> bool:
        return True  # no row has the key 0

    def __hash__(self) -> int:
        self.trace.lost = True  # looked for among others, where no comparison is seen
        return int.__hash__(self)


def _lost(name: str) -> Any:
    def lost(self: Own, *others: Any) -> Any:
        self.trace.lost = True
        return getattr(int, name)(self, *others)

    return lost


for _name in (
    *("__lt__", "__le__", "__gt__", "__ge__", "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__"),
    *("__mod__", "__rmod__", "__floordiv__", "__rfloordiv__", "__truediv__", "__divmod__", "__pow__", "__neg__"),
    *("__and__", "__or__", "__xor__", "__int__", "__index__", "__float__", "__repr__", "__format__", "__abs__"),
):
    setattr(Own, _name, _lost(_name))
Own.__str__ = _lost("__repr__")  # type: ignore[method-assign]


def given(parameters: Sequence[Any] | Mapping[str, Any]) -> bool:
    """Whether a query is given a key of the reader's."""
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    return any(isinstance(value, Own) for value in values)
