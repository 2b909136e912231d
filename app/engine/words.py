"""People's words in a hashed body: a salted commitment stands there, and the words with their salt lie beside it.

What a body says in strings is taken for people's words, unless it is marked as one of our own keys: who forgets a mark
salts a key, which harms nothing; the other way round, somebody's name would stand in a hash for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.canonical import check_text, tagged

SALT_BYTES = 16
_HASH = re.compile("[0-9a-f]{64}")
Path = tuple[str | int, ...]


class Key(str):
    """A key, an id, a hash, a text of a method or a sentence of the program: nobody's words. It stands in the body as it is."""

    __slots__ = ()


class Staff(str):
    """Words that staff entered, such as a price or who is on duty: a facilitator may correct a slip in them."""

    __slots__ = ()


@dataclass(frozen=True)
class Word:
    """Somebody's words with the salt of their commitment."""

    text: str
    salt: bytes

    @property
    def hash(self) -> str:
        """The commitment, as it stands in a body."""
        return tagged("qiding/words/v1", self.text.encode(), self.salt).hex()


@dataclass(frozen=True)
class Spot:
    """Where words stand in a body: their commitment, and whether staff entered them."""

    path: Path
    hash: str
    staff: bool


def split(value: Any, new_salt: Callable[[], bytes]) -> tuple[Any, dict[str, Word]]:
    """A value with commitments in the place of words, and the words by their commitments; ValueError unless they are NFC."""
    words: dict[str, Word] = {}

    def put(item: Any, place: str) -> Any:
        if isinstance(item, Key):
            return str(item)
        if isinstance(item, str):
            if not item:
                return ""
            check_text(item, place)
            word = Word(str(item), new_salt())
            words[word.hash] = word
            return {"words": word.hash, "staff": True} if isinstance(item, Staff) else {"words": word.hash}
        if isinstance(item, Mapping):
            if isinstance(item.get("words"), Key) and set(item) <= {"words", "staff"}:
                raise ValueError(f"{place}: a key that would be taken for a commitment")
            return {name: put(inner, f"{place}.{name}") for name, inner in item.items()}
        if isinstance(item, (list, tuple)):
            return [put(inner, f"{place}[{n}]") for n, inner in enumerate(item)]
        return item

    return put(value, "$"), words


def commitment_in(value: Any) -> str | None:
    """The commitment that a value of a body is, or None where it is something else."""
    if not isinstance(value, Mapping) or not (value.keys() == {"words"} or value.keys() == {"words", "staff"}):
        return None
    hashed = value["words"]
    return hashed if isinstance(hashed, str) and _HASH.fullmatch(hashed) else None


def spots(body: Any, path: Path = ()) -> Iterator[Spot]:
    """Where words stand in a body, in its order."""
    hashed = commitment_in(body)
    if hashed is not None:
        yield Spot(path, hashed, body.get("staff") is True)
    elif isinstance(body, Mapping):
        for name, inner in body.items():
            yield from spots(inner, (*path, name))
    elif isinstance(body, list):
        for n, inner in enumerate(body):
            yield from spots(inner, (*path, n))


def put_back(body: Any, lookup: Callable[[str], Any]) -> Any:
    """A body as it is read: each commitment replaced by what ``lookup`` gives for it."""
    hashed = commitment_in(body)
    if hashed is not None:
        return lookup(hashed)
    if isinstance(body, Mapping):
        return {name: put_back(inner, lookup) for name, inner in body.items()}
    if isinstance(body, list):
        return [put_back(inner, lookup) for inner in body]
    return body


def exchanged(body: Any, path: Path, value: Any) -> Any:
    """A body with another value in one place; KeyError or IndexError where there is no such place."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(body, list) and isinstance(first, int):
        return [exchanged(inner, rest, value) if n == first else inner for n, inner in enumerate(body)]
    return {**body, first: exchanged(body[first], rest, value)}
