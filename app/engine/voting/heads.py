"""The heads of an owners' vote: units grouped by who owns them. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_NAMED = 3  # units that an entry of the roll names; of more it tells how many


@dataclass(frozen=True)
class Holding:
    """A unit with its floor area in 0.01 m² and the owners that hold it; a developer's stays unsold."""

    unit: int
    label: str
    area: int | None
    owners: frozenset[int]
    developer: bool = False


@dataclass(frozen=True)
class Head:
    """One head: its owners, its units in the order given, their areas added."""

    owners: frozenset[int]
    units: tuple[int, ...]
    label: str
    area: int


def _label(labels: list[str]) -> str:
    shown = "、".join(labels[:MOST_NAMED])
    return f"{shown}等{len(labels)}套" if len(labels) > MOST_NAMED else shown


def unready(holdings: Iterable[Holding]) -> tuple[list[str], list[str]]:
    """The units without an owner on file, and those without a floor area: with any, no roll of owners is whole."""
    holdings = list(holdings)
    return [item.label for item in holdings if not item.owners], [item.label for item in holdings if not item.area]


def heads(holdings: Iterable[Holding]) -> list[Head]:
    """Group units to heads, in the order of their first unit.

    Several units of one owner are one head. A unit held by several has one vote: those who hold it together are one
    head, which the same ones have once however many units they hold. One of them who holds another unit alone is a
    head there too, for it is another who decides over that unit. All that developers hold unsold is one head.
    """
    groups: dict[frozenset[int] | None, list[Holding]] = {}
    for item in holdings:
        groups.setdefault(None if item.developer else item.owners, []).append(item)
    return [
        Head(
            frozenset().union(*(item.owners for item in group)),
            tuple(item.unit for item in group),
            _label([item.label for item in group]),
            sum(item.area or 0 for item in group),
        )
        for group in groups.values()
    ]
