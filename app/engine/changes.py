"""What a changed text changes, line by line and within a line, for people to see before they say again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

# A Chinese character is a word of its own; a run of letters or digits is one.
_WORDS = re.compile(r"[0-9A-Za-z.,%]+|\s+|.", re.S)
ALIKE = 0.4


@dataclass(frozen=True)
class Piece:
    """Some words, and whether they stayed, came in or went out."""

    kind: Literal["same", "in", "out"]
    text: str


Line = tuple[Piece, ...]


def changes(before: str, after: str) -> tuple[Line, ...]:
    """Both texts as one: every line of the new one, with what came in, and each line that went out at its place."""
    old, new = before.strip().split("\n"), after.strip().split("\n")
    lines: list[Line] = []
    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [(Piece("same", line),) for line in new[c:d]]
        else:
            lines += _replaced(old[a:b], new[c:d])
    return tuple(lines)


def _replaced(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    lines: list[Line] = []
    waiting = list(old)
    for line in new:
        near = max(waiting, key=lambda other: _ratio(other, line), default=None)
        if near is None or _ratio(near, line) < ALIKE:
            lines.append((Piece("in", line),))
            continue
        while waiting[0] != near:
            lines.append((Piece("out", waiting.pop(0)),))
        lines.append(_within(waiting.pop(0), line))
    return lines + [(Piece("out", line),) for line in waiting]


def _ratio(old: str, new: str) -> float:
    return SequenceMatcher(a=old, b=new, autojunk=False).ratio()


def _within(old: str, new: str) -> Line:
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(b[k:m])))
            continue
        if j > i:
            pieces.append(Piece("out", "".join(a[i:j])))
        if m > k:
            pieces.append(Piece("in", "".join(b[k:m])))
    return tuple(pieces)
