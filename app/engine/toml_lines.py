"""Where each table and key of a TOML text stands: the standard reader gives values without lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")


@dataclass(frozen=True)
class Lines:
    """Paths such as ("steps", 3, "gates", 0, "kind") with their lines, counted from 1."""

    found: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest table around it; 1 when nothing of it is written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.found:
                return self.found[path[:length]]
        return 1


def find_lines(source: str) -> Lines:
    """The lines of all tables and keys in a TOML text that the standard reader accepts.

    Keys inside an inline table have the line on which that table begins.
    """
    found: dict[Path, int] = {}
    sizes: dict[Path, int] = {}
    table: Path = ()
    inside = _Value()
    for number, text in enumerate(source.split("\n"), 1):
        if inside.unfinished:
            inside.read(text)
            continue
        header = _HEADER.match(text) if text.lstrip().startswith("[") else None
        if header is not None:
            table = _entered(_names(header[2]), sizes, again=header[1] == "[[")
            _note(found, table, number)
            continue
        names = _names(text)
        if names:
            _note(found, (*table, *names), number)
            inside.read(text[_end_of_names(text) :])
    return Lines(found)


def _note(found: dict[Path, int], path: Path, number: int) -> None:
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def _entered(names: tuple[str, ...], sizes: dict[Path, int], *, again: bool) -> Path:
    """The path of a header: each name of an array of tables is followed by the place of its last table."""
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if again and place == len(names) - 1:
            sizes[path] = sizes.get(path, 0) + 1
        if path in sizes:
            path = (*path, sizes[path] - 1)
    return path


def _names(text: str) -> tuple[str, ...]:
    """The names of a dotted key at the beginning of ``text``."""
    names: list[str] = []
    place = 0
    while (match := _NAME.match(text, place)) is not None:
        name = match[1]
        names.append(name[1:-1] if name[0] in "\"'" else name)
        place = match.end()
        if text[place : place + 1] != ".":
            break
        place += 1
    return tuple(names)


def _end_of_names(text: str) -> int:
    place = 0
    while (match := _NAME.match(text, place)) is not None:
        place = match.end()
        if text[place : place + 1] != ".":
            break
        place += 1
    return place


class _Value:
    """Reads a value line by line, to know on which line it ends."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0

    @property
    def unfinished(self) -> bool:
        return bool(self._quote) or self._depth > 0

    def read(self, text: str) -> None:
        place = 0
        while place < len(text):
            place += self._step(text, place)
        if len(self._quote) == 1:
            self._quote = ""

    def _step(self, text: str, place: int) -> int:
        """Take in what stands at ``place``; how many characters that was."""
        character = text[place]
        if self._quote:
            if character == "\\" and self._quote[0] == '"':
                return 2
            if text.startswith(self._quote, place):
                ended = len(self._quote)
                self._quote = ""
                return ended
            return 1
        if character == "#":
            return len(text) - place
        if character in "\"'":
            self._quote = character * 3 if text.startswith(character * 3, place) else character
            return len(self._quote)
        if character in "[{":
            self._depth += 1
        elif character in "]}":
            self._depth -= 1
        return 1
