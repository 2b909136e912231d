"""What a method file may name: the kinds of activities and gates, and the settings each kind takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from app.engine.errors import Invalid
from app.engine.phrase import phrase

SettingType = Literal["int", "bool", "str", "fraction", "strs", "text"]

_FRACTION = re.compile(r"([0-9]{1,9})/([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True)
class SettingSpec:
    """One setting of a kind: its name, type, and the values it may have.

    ``fraction`` is written "1/2" and stays that string; ``strs`` is a list of strings; ``text`` is a table with
    ``zh_Hans`` and ``en``. A number has a ``minimum``; a fraction with one, however small, may not be nothing.
    """

    name: str
    type: SettingType
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None


@dataclass(frozen=True)
class ActivitySpec:
    """A kind of activity: what may be done in it, and its settings.

    ``timed_by`` names the setting that gives the days it stays open, for a kind whose window is counted from the
    opening of its step. A kind that keeps its own times (a poll) has none.
    """

    kind: str
    actions: tuple[str, ...]
    settings: tuple[SettingSpec, ...] = ()
    timed_by: str | None = None


@dataclass(frozen=True)
class GateSpec:
    """A kind of gate; ``needs_activity`` lists the activity kinds it may point at (none: it points at none)."""

    kind: str
    settings: tuple[SettingSpec, ...] = ()
    waivable: bool = True
    needs_activity: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Every kind that the features of this installation offer."""

    activities: Mapping[str, ActivitySpec]
    gates: Mapping[str, GateSpec]


def fraction(written: object) -> Fraction:
    """The share written as "1/2": exact, from 0 to 1."""
    if isinstance(written, Fraction):
        share = written
    else:
        match = _FRACTION.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            raise Invalid(phrase("Write a share as a fraction, such as 1/2."))
        share = Fraction(int(match[1]), int(match[2]))
    if not 0 <= share <= 1:
        raise Invalid(phrase("A share is at most the whole: 1/1."))
    return share
