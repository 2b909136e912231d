"""A sentence that waits for its reader: the rules name it, the page renders it in a language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """An instant inside a phrase (UTC milliseconds), shown as day and hour by the reader's locale."""

    at: int

    def __str__(self) -> str:
        return str(self.at)


@dataclass(frozen=True)
class Money:
    """An amount inside a phrase, in fen."""

    fen: int

    def __str__(self) -> str:
        return f"{self.fen / 100:.2f}"


@dataclass(frozen=True)
class Phrase:
    """One translatable sentence: an English msgid and the values that fill it.

    Values are strings, integers, moments, money, texts of a method, or further phrases. ``plural`` and ``n`` are
    set only through :func:`plural_phrase`.
    """

    msgid: str
    values: tuple[tuple[str, object], ...] = ()
    plural: str | None = None
    n: int | None = None

    def __str__(self) -> str:
        """The English sentence, for logs and tests."""
        text = self.msgid if self.plural is None or self.n == 1 else self.plural
        return text % {name: str(value) for name, value in self.values} if self.values else text


@dataclass(frozen=True)
class Either(Phrase):
    """One of two sentences, told apart when it is said: this one where ``number`` is zero, else ``some``."""

    number: int = 0
    some: Phrase | None = None


def phrase(msgid: str, /, **values: object) -> Phrase:
    """A sentence with named ``%(name)s`` places. Babel extracts the first argument."""
    return Phrase(msgid, tuple(sorted(values.items())))


def plural_phrase(singular: str, plural: str, n: int, /, **values: object) -> Phrase:
    """A sentence whose form depends on the count ``n``, which fills ``%(n)s``."""
    return Phrase(singular, tuple(sorted({**values, "n": n}.items())), plural, n)
