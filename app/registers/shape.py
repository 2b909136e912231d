"""What a register is made of: sections of typed fields, and gates that are pure functions of its entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from app.engine.catalogue import ActivitySpec
from app.engine.method import Activity
from app.engine.phrase import Phrase

FieldType = Literal["line", "prose", "money", "count", "day", "choice"]


@dataclass(frozen=True)
class Field:
    """A field of an entry. ``members`` keeps it from those outside the community."""

    key: str
    label: Phrase
    type: FieldType = "line"
    required: bool = True
    choices: Mapping[str, Phrase] = field(default_factory=dict)
    members: bool = False
    hint: Phrase | None = None


@dataclass(frozen=True)
class Section:
    """A list of entries of one form. ``document`` says whether a paper may be attached; ``most`` entries at once."""

    key: str
    title: Phrase
    verb: Phrase
    fields: tuple[Field, ...]
    document: bool = False
    most: int = 500

    def field(self, key: str) -> Field:
        """The field with this key."""
        return next(item for item in self.fields if item.key == key)


@dataclass(frozen=True)
class Entry:
    """An entry as the gates read it: money in fen, days as ISO text."""

    section: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What gates look at: the entries, the settings, today, and the households by building of the project's scope."""

    entries: Sequence[Entry]
    activity: Activity
    today: date
    buildings: Mapping[str, int]

    def of(self, section: str) -> list[Mapping[str, Any]]:
        """The data of a section's entries."""
        return [entry.data for entry in self.entries if entry.section == section]


@dataclass(frozen=True)
class Verdict:
    """What a gate finds: whether it is met, in which words, and what is missing."""

    met: bool
    says: Phrase
    missing: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Reach:
    """How many of a building's households were reached."""

    label: str
    n: int
    total: int


@dataclass(frozen=True)
class RegisterGate:
    """A gate on a register, judged from its entries alone."""

    kind: str
    title: Phrase
    waivable: bool
    judge: Callable[[Facts], Verdict]


@dataclass(frozen=True)
class Register:
    """A kind of register: its activity spec, sections and gates; ``ask`` and ``verb`` are for those who may write."""

    spec: ActivitySpec
    title: Phrase
    ask: Phrase
    verb: Phrase
    sections: tuple[Section, ...]
    gates: tuple[RegisterGate, ...] = ()
    by_building: Callable[[Facts], Sequence[Reach]] | None = None  # shown above the entries, building by building

    def section(self, key: str) -> Section | None:
        """The section with this key."""
        return next((item for item in self.sections if item.key == key), None)
