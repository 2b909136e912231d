"""The sessions and addresses of the furnished town, and how its people are named."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import select

from app.core.clock import FixedClock
from app.core.database import db
from app.people.actor import Actor
from app.people.models import Person
from app.people.session import actor_of

SLUGS = ("ziteng", "guixiang")
REASON = "大家都看过了，现场也走过一遍，没有问题。"


@dataclass
class World:
    """The sessions of all roles, and the addresses of all things by community."""

    app: Flask
    clock: FixedClock
    users: dict[str, str] = field(default_factory=dict)  # the session's user by role; none for "anonymous"
    actors: dict[str, Actor] = field(default_factory=dict)
    communities: dict[str, int] = field(default_factory=dict)
    at: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    method: str = ""
    secret: str = ""
    code: str = ""
    code_id: int = 0

    def place(self, slug: str, name: str, **values: object) -> None:
        """Remember where a thing is found."""
        self.at[slug][name] = {"slug": slug, **{key: str(value) for key, value in values.items()}}


def role_of(slug: str, name: str) -> str:
    """Under which role somebody stands: those of the other community are "resident_elsewhere" and so on."""
    if slug == SLUGS[0]:
        return name
    return {"author": "resident_elsewhere", "facilitator": "facilitator_elsewhere"}.get(name, f"{name}_{slug}")


def actor_by(email: str) -> Actor:
    return actor_of(db.session.scalars(select(Person.id).where(Person.email == email)).one())
