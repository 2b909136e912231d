"""Who may be named: nobody but residents who chose to be. Of all others it is said only as what they spoke."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.api.columns import Column
from app.core.database import db
from app.engine.phrase import phrase
from app.people.actor import ROLE_NAMES
from app.people.models import Person, RoleGrant

AUTHOR = (
    Column(
        "author", "text", phrase("Name of the author, where a resident chose to be named; else nothing."), empty=True
    ),
    Column("author_role", "word", phrase("As what the author spoke."), choices=tuple(ROLE_NAMES)),
)


@dataclass(frozen=True)
class Named:
    """What is told of the authors of some rows."""

    names: dict[int, str]
    roles: dict[tuple[int, int | None], str]

    def author(self, person_id: int, community_id: int) -> dict[str, str | None]:
        """The columns about an author."""
        role = self.roles.get((person_id, community_id)) or self.roles.get((person_id, None))
        # Staff stand for their office: their names are on the page, where they answer for it, and not in data in bulk.
        return {"author": self.names.get(person_id), "author_role": role or "resident"}


def named(person_ids: Iterable[int]) -> Named:
    """What may be told of some persons, with two queries for any number of them."""
    ids = set(person_ids)
    roles: dict[tuple[int, int | None], str] = {}
    grants = select(RoleGrant.person_id, RoleGrant.community_id, RoleGrant.role).where(RoleGrant.person_id.in_(ids))
    for person_id, community_id, role in db.session.execute(grants.order_by(RoleGrant.id.desc())):
        roles[person_id, community_id] = role
    chose = select(Person.id, Person.name).where(
        Person.id.in_(ids), Person.shows_name, Person.household_id.is_not(None)
    )
    return Named(dict(db.session.execute(chose).all()), roles)
