"""What a feature keeps of a person: one declaration from which export, erasure, retention and the notice to people come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select

from app.core.database import Base, db
from app.core.transaction import Tx
from app.engine.phrase import Phrase

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Subject:
    """The person of whom something is kept; the household is the one they live in, or lived in last."""

    person_id: int
    public_id: str
    name: str
    household_id: int | None = None
    community_id: int | None = None


@dataclass(frozen=True)
class Erasing:
    """An erasure under way. ``nobody_id`` is a fresh person without a name, whose words they are from now on.

    What votes and logs are compared with stays on the person's own row, which loses its name: so nothing leads from
    words to the address that a roll holds. ``words`` says whether the texts go too.
    """

    subject: Subject
    nobody_id: int
    words: bool
    now: int


@dataclass(frozen=True)
class Held:
    """What an erasure has to leave, why, and until when; None where no day is known."""

    what: Phrase
    why: Phrase
    until: int | None = None


@dataclass(frozen=True)
class Personal:
    """One kind of data about a person.

    ``parts`` are the lists that ``read`` gives, by their keys in the export. ``columns`` point to the person, household or device
    whom the row is about; ``deeds`` to whoever did something in an office or as an act that others rely on, and stay.
    """

    kind: str
    title: Phrase
    what: Phrase
    why: Phrase
    how_long: Phrase
    seen_by: Phrase
    law: str  # the article of the Personal Information Protection Law that it rests on
    columns: tuple[str, ...] = ()
    deeds: tuple[str, ...] = ()
    parts: Mapping[str, Phrase] | None = None
    read: Callable[[Subject], Mapping[str, Any]] | None = None
    erase: Callable[[Tx, Erasing], None] | None = None
    held: Callable[[Subject, int], list[Held]] | None = None
    texts: Callable[[Subject], list[str]] | None = None  # the person's own words, to be removed where they ask for it


@dataclass(frozen=True)
class Keep:
    """How long one kind of rows is kept, and what forgets them.

    ``key`` names the setting QIDING_KEEP_<KEY>, in days, never under ``least``. ``due`` finds the ids of rows that nothing
    happened to since a moment; ``forget`` lets some go, and returns how many.
    """

    key: str
    title: Phrase
    ground: Phrase
    days: int
    due: Callable[[int], Select[int]]
    forget: Callable[[Tx, list[int]], int]
    least: int = 1


def dropping(model: type[Base]) -> Callable[[Tx, list[int]], int]:
    """Forget rows by deleting them."""

    def forget(tx: Tx, ids: list[int]) -> int:
        key: Any = model.id  # type: ignore[attr-defined]
        tx.session.execute(delete(model).where(key.in_(ids)).execution_options(synchronize_session=False))
        return len(ids)

    return forget


def own(model: Any, column: Any, person_id: int) -> list[Any]:
    """The rows of a table that are about a person, in their order."""
    return list(db.session.scalars(select(model).where(column == person_id).order_by(model.id)))
