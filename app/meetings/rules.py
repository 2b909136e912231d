"""What counts in a meeting: pure functions of numbers and words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

LASTS = 3 * 60 * 60_000  # how long after its hours a meeting that nobody ended is over
FORMS = ("hearing", "coordination", "review", "walk", "workshop")
_ADDRESS = re.compile(r"[0-9A-Za-z]+")


def needed(present: int, confirmers: int, quorum: Fraction) -> int:
    """How many of those present must confirm: so many, or such a share if that is more, and never more than came."""
    return max(1, min(present, max(confirmers, math.ceil(quorum * present))))


def lines(text: str) -> list[str]:
    """The lines of a text that say something: the items of an agenda."""
    return [line.strip() for line in text.split("\n") if line.strip()]


@dataclass(frozen=True)
class Signed:
    """A line of a sign-in sheet as it was typed: the parts of an address, if it begins with one, and a name."""

    line: int
    address: tuple[str, ...]
    name: str
    typed: str


def read_sheet(text: str) -> list[Signed]:
    """The lines of a sign-in sheet: ``5-302 张阿姨``, ``14-3-301 韦妈妈``, or a name alone."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("，", " ").replace(",", " ").split()
        if not words:
            continue
        parts = tuple(_ADDRESS.findall(words[0])) if words[0][0].isdigit() else ()
        name = " ".join(words[1:] if parts else words)
        found.append(Signed(number, parts, name, words[0]))
    return found
