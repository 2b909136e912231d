"""Which proposals are alike: pairs of neighbouring characters that two texts share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
LEAST = 0.18
MOST_SHOWN = 3


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters and characters of a text, without spaces and marks."""
    letters = re.sub(r"[\W_]+", "", text.lower())
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def likeness(one: str, other: str) -> float:
    """How much of the shorter text's pairs the other has, from 0 to 1. For ordering only; nothing is decided by it."""
    a, b = pairs(one), pairs(other)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def most_alike(text: str, others: Iterable[tuple[T, str]]) -> list[T]:
    """At most three of ``others`` that are alike enough to be looked at before one more is sent."""
    scored = sorted(
        ((likeness(text, other), n, thing) for n, (thing, other) in enumerate(others)), key=lambda s: (-s[0], s[1])
    )
    return [thing for score, _, thing in scored[:MOST_SHOWN] if score >= LEAST]
