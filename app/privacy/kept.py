"""All that the modules declare of personal data, gathered; and the person of whom it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.core.database import db
from app.core.module import Module
from app.core.personal import Held, Keep, Personal, Subject
from app.core.removals import Holds, Removal
from app.core.transaction import Tx
from app.engine.errors import NotFound
from app.people.models import Household, Person


def _modules() -> tuple[Module, ...]:
    found: tuple[Module, ...] = current_app.extensions["qiding.modules"]
    return found


def kinds() -> list[Personal]:
    """All kinds of data about a person, in the order of the modules."""
    return [kind for module in _modules() for kind in module.personal]


def keeps() -> list[Keep]:
    """All that is forgotten after some time, in the order of the modules."""
    return [keep for module in _modules() for keep in module.keeps]


def holdings() -> list[Holds]:
    """Where all modules keep people's words."""
    return [item for module in _modules() for item in module.holds]


def listeners() -> list[Callable[[Tx, Removal], None]]:
    """Who is told of words that were taken out."""
    return [told for module in _modules() for told in module.removed]


def days_of(keep: Keep) -> int:
    """How many days something is kept here: as the setting says, and never less than the law wants."""
    set_here: Mapping[str, int] = current_app.config["QIDING"].keep_days
    return max(keep.least, set_here.get(keep.key, keep.days))


def subject_of(person_id: int) -> Subject:
    """A person as the declarations take them; where they have no household, nothing of a household is theirs."""
    row = db.session.execute(
        select(Person, Household)
        .outerjoin(Household, Household.id == Person.household_id)
        .where(Person.id == person_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    person: Person = row[0]
    home: Household | None = row[1]
    return Subject(
        person.id,
        person.public_id,
        person.name,
        home.id if home is not None else None,
        home.community_id if home is not None else None,
    )


def export(person_id: int) -> dict[str, Any]:
    """All that is kept about a person, by the keys of the declared parts. Times are written out with their zone."""
    subject, found = subject_of(person_id), dict[str, Any]()
    for kind in kinds():
        if kind.read is not None:
            found |= kind.read(subject)
    return found


def held(subject: Subject, now: int) -> list[Held]:
    """What an erasure would have to leave."""
    return [item for kind in kinds() if kind.held is not None for item in kind.held(subject, now)]
