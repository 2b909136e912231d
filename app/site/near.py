"""What the home page shows: what is asked near the reader, what was fixed, and the communities. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from app.core.database import db
from app.people.actor import Actor
from app.people.models import Household
from app.people.places import Community
from app.people.queries import communities_by_id
from app.projects.board import Card, cards
from app.projects.models import Project

SHOWN = 5
LOOKED_AT = 12


@dataclass(frozen=True)
class Place:
    """A community in a list: how many households it has and how many projects are under way."""

    community: Community
    households: int
    running: int


@dataclass(frozen=True)
class Near:
    """The home page: the one thing asked first, what else is under way, and what was fixed last."""

    hero: Card | None
    cards: tuple[Card, ...]
    over: tuple[Card, ...]
    running: int


def homes(reader: Actor) -> tuple[int, ...]:
    """The communities a reader belongs to, home first."""
    ids = [reader.home_id] if reader.home_id is not None else []
    ids += sorted(key for key in reader.roles if key is not None and key != reader.home_id)
    return tuple(ids)


def _nearest(own: Sequence[int], column: ColumnElement[int]) -> ColumnElement[int]:
    return case((column.in_(own), 0), else_=1)


def near(reader: Actor, now: int) -> Near:
    """What goes on, the reader's own communities first, with a fixed number of queries."""
    own = homes(reader)
    first = _nearest(own, Project.community_id.expression)
    query = select(Project).order_by(first, Project.moved_at.desc(), Project.id.desc())
    running = list(db.session.scalars(query.where(Project.state == "running").limit(LOOKED_AT)))
    over = list(db.session.scalars(query.where(Project.state == "completed").limit(SHOWN)))
    known = communities_by_id({project.community_id for project in (*running, *over)})
    shown = cards(running, known, reader, now)
    # What this reader can do comes before what others can, then what closes soonest; the rest as it moved last.
    shown.sort(key=lambda card: (_urgency(card), card.due or 1 << 62))
    hero = shown[0] if shown and shown[0].ask is not None else None
    rest = shown[1:] if hero is not None else shown
    return Near(
        hero=hero,
        cards=tuple(rest[:SHOWN]),
        over=tuple(cards(over, known, reader, now)),
        running=db.session.scalar(select(func.count()).where(Project.state == "running")) or 0,
    )


def _urgency(card: Card) -> int:
    if card.ask is None:
        return 2
    return 0 if card.ask.asks else 1


def places(reader: Actor, *, search: str = "", offset: int = 0, limit: int) -> tuple[list[Place], int]:
    """Some communities, the reader's own first, and how many there are. Counts are made for those shown only."""
    found = select(Community)
    if search:
        found = found.where(
            Community.name.contains(search, autoescape=True)
            | Community.address.contains(search, autoescape=True)
            | func.lower(Community.name_en).contains(search.lower(), autoescape=True)
        )
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    order = (_nearest(homes(reader), Community.id.expression), Community.id)
    shown = list(db.session.scalars(found.order_by(*order).offset(offset).limit(limit)))
    ids = [community.id for community in shown]
    households = dict(
        db.session.execute(
            select(Household.community_id, func.count())
            .where(Household.community_id.in_(ids), Household.ended_at.is_(None))
            .group_by(Household.community_id)
        ).all()
    )
    running = dict(
        db.session.execute(
            select(Project.community_id, func.count())
            .where(Project.community_id.in_(ids), Project.state == "running")
            .group_by(Project.community_id)
        ).all()
    )
    return [Place(row, households.get(row.id, 0), running.get(row.id, 0)) for row in shown], total
