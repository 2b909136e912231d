"""Reads of places and persons: communities, the roll of a scope, and names as a reader may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.core.clock import now
from app.core.database import db
from app.engine.errors import NotFound
from app.engine.phrase import Phrase, phrase
from app.people.actor import ROLE_NAMES, Actor
from app.people.models import Household, Person, RoleGrant
from app.people.places import Building, Community, Entrance, Town, Unit


def community_by_slug(slug: str) -> Community:
    """The community with this short name."""
    found = db.session.scalar(select(Community).where(Community.slug == slug))
    if found is None:
        raise NotFound
    return found


def town() -> Town | None:
    """The town, once it is set up."""
    return db.session.scalar(select(Town).order_by(Town.id))


def any_community() -> bool:
    """Whether there is a community at all: an installation without one has not been set up."""
    return db.session.scalar(select(Community.id).limit(1)) is not None


def communities() -> list[tuple[Community, int]]:
    """All communities with the number of their households."""
    counts = (
        select(Household.community_id, func.count().label("n"))
        .where(Household.ended_at.is_(None))
        .group_by(Household.community_id)
        .subquery()
    )
    query = (
        select(Community, func.coalesce(counts.c.n, 0))
        .outerjoin(counts, counts.c.community_id == Community.id)
        .order_by(Community.id)
    )
    return [(community, int(count)) for community, count in db.session.execute(query)]


def communities_by_id(ids: Iterable[int]) -> dict[int, Community]:
    """Some communities by their ids."""
    return {row.id: row for row in db.session.scalars(select(Community).where(Community.id.in_(set(ids))))}


@dataclass(frozen=True)
class RollHousehold:
    """A household as an electorate knows it."""

    id: int
    label: str
    floor_area: int | None
    building: str
    entrance: str
    room: str


def unit_label(building: str, entrance: str, room: str) -> str:
    """A unit as people say it here: 5号楼2单元302室. Addresses stay Chinese in every language."""
    return f"{building}号楼{f'{entrance}单元' if entrance else ''}{room}室"


def household_label(public_id: str) -> str:
    """The address of a household as people say it here."""
    query = (
        select(Building.label, Entrance.label, Unit.room)
        .join(Entrance, Entrance.building_id == Building.id)
        .join(Unit, Unit.entrance_id == Entrance.id)
        .join(Household, Household.unit_id == Unit.id)
        .where(Household.public_id == public_id)
    )
    return unit_label(*db.session.execute(query).one())


def scope_label(building: str, entrance: str = "") -> str:
    """A building or an entrance as people say it here: 5号楼, 5号楼2单元."""
    return f"{building}号楼{f'{entrance}单元' if entrance else ''}"


def scope_labels(scope: Mapping[str, Any]) -> list[str]:
    """The buildings or entrances of a project's scope in their order; none when it is the whole community."""
    if not scope:
        return []
    whole = not scope.get("entrances")
    query = (
        select(Building.label, Entrance.label)
        .join(Entrance, Entrance.building_id == Building.id)
        .where(*in_scope(scope))
        .order_by(Building.sort, Building.id, Entrance.id)
    )
    found = (scope_label(building, "" if whole else entrance) for building, entrance in db.session.execute(query))
    return list(dict.fromkeys(found))


def in_scope(scope: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The condition of a project's scope on building and entrance."""
    if scope.get("buildings"):
        return [Building.id.in_(scope["buildings"])]
    if scope.get("entrances"):
        return [Entrance.id.in_(scope["entrances"])]
    return []


def roll_households(community_id: int, scope: Mapping[str, Any] | None = None) -> list[RollHousehold]:
    """The households of a scope as they stand now, in the order of their addresses."""
    query = (
        select(Household.id, Unit.floor_area, Building.label, Entrance.label, Unit.room)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Household.community_id == community_id, Household.ended_at.is_(None), *in_scope(scope or {}))
        .order_by(Building.sort, Building.id, Entrance.label, Unit.room)
    )
    return [
        RollHousehold(id_, unit_label(building, entrance, room), area, building, entrance, room)
        for id_, area, building, entrance, room in db.session.execute(query)
    ]


def household_keys(community_id: int) -> dict[int, str]:
    """The public ids of a community's living households."""
    query = select(Household.id, Household.public_id).where(Household.community_id == community_id)
    return dict(db.session.execute(query.where(Household.ended_at.is_(None))).all())


def person_keys(ids: Iterable[int]) -> dict[int, str]:
    """The public ids of some persons."""
    query = select(Person.id, Person.public_id).where(Person.id.in_(set(ids)))
    return dict(db.session.execute(query).all())


def roll_persons(community_id: int, scope: Mapping[str, Any] | None = None) -> list[tuple[int, str]]:
    """The persons of a scope who are known by a paired device, with their household's address."""
    query = (
        select(Person.id, Building.label, Entrance.label, Unit.room)
        .join(Household, Household.id == Person.household_id)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(
            Household.community_id == community_id,
            Household.ended_at.is_(None),
            Person.left_at.is_(None),
            *in_scope(scope or {}),
        )
        .order_by(Person.id)
    )
    return [(id_, unit_label(b, e, r)) for id_, b, e, r in db.session.execute(query)]


def count_by_building(community_id: int) -> list[tuple[Building, int]]:
    """The buildings of a community with the number of their households."""
    query = (
        select(Building, func.count(Household.id))
        .outerjoin(Entrance, Entrance.building_id == Building.id)
        .outerjoin(Unit, Unit.entrance_id == Entrance.id)
        .outerjoin(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
        .where(Building.community_id == community_id)
        .group_by(Building.id)
        .order_by(Building.sort, Building.id)
    )
    return [(building, int(count)) for building, count in db.session.execute(query)]


def persons_of_households(household_ids: Iterable[int]) -> list[Person]:
    """The persons of some households who have not left."""
    query = select(Person).where(Person.household_id.in_(set(household_ids)), Person.left_at.is_(None))
    return list(db.session.scalars(query.order_by(Person.id)))


def _live_grants() -> list[ColumnElement[bool]]:
    return [RoleGrant.ended_at.is_(None), or_(RoleGrant.until.is_(None), RoleGrant.until > now())]


def with_role(community_id: int | None, role: str) -> list[Person]:
    """The persons with a role in a community, or in the town."""
    place = RoleGrant.community_id.is_(None) if community_id is None else RoleGrant.community_id == community_id
    query = (
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(place, RoleGrant.role == role, Person.left_at.is_(None), *_live_grants())
        .order_by(Person.id)
    )
    return list(db.session.scalars(query).unique())


def facilitators_of(community_id: int) -> list[Person]:
    """The facilitators of a community."""
    return with_role(community_id, "facilitator")


def masked(name: str) -> str:
    """A name as neighbours see it: 张**."""
    return f"{name[:1]}**" if name else "**"


def names_for(person_ids: Iterable[int], reader: Actor, community_id: int) -> dict[int, Phrase]:
    """How a reader may see some persons, with two queries for any number of them.

    Staff stand with name and role. A resident who chose so is named; to signed-in neighbours the others are 张** with
    their building, to the public "a resident".
    """
    ids = set(person_ids)
    if not ids:
        return {}
    roles: dict[int, str] = {}
    for person_id, role in db.session.execute(
        select(RoleGrant.person_id, RoleGrant.role)
        .where(
            RoleGrant.person_id.in_(ids), or_(RoleGrant.community_id == community_id, RoleGrant.community_id.is_(None))
        )
        .order_by(RoleGrant.id.desc())
    ):
        roles[person_id] = role
    rows: Sequence[Any] = db.session.execute(
        select(Person.id, Person.name, Person.shows_name, Building.label)
        .outerjoin(Household, Household.id == Person.household_id)
        .outerjoin(Unit, Unit.id == Household.unit_id)
        .outerjoin(Entrance, Entrance.id == Unit.entrance_id)
        .outerjoin(Building, Building.id == Entrance.building_id)
        .where(Person.id.in_(ids))
    ).all()
    near = reader.belongs_to(community_id)
    found: dict[int, Phrase] = {}
    for person_id, name, shows_name, building in rows:
        if person_id in roles:
            found[person_id] = phrase("%(name)s (%(role)s)", name=name, role=ROLE_NAMES[roles[person_id]])
        elif not name:
            found[person_id] = phrase("A neighbour who left")
        elif shows_name and building:
            found[person_id] = phrase("%(name)s, building %(building)s", name=name, building=building)
        elif near and building:
            found[person_id] = phrase("%(name)s, building %(building)s", name=masked(name), building=building)
        else:
            found[person_id] = phrase("A resident")
    return found


STAFF = frozenset({"facilitator", "planner", "department", "administrator"})


def residents_called(community_id: int, typed: str) -> list[tuple[Person, str]]:
    """The residents of a community who are no staff and are called so, with their addresses.

    ``typed`` is a name, or a name and an address where several have that name: 张阿姨, or 张阿姨 5号楼2单元302室.
    """
    name, _, address = typed.strip().replace("，", " ").replace(",", " ").partition(" ")
    staff = select(RoleGrant.person_id).where(
        or_(RoleGrant.community_id == community_id, RoleGrant.community_id.is_(None)),
        RoleGrant.role.in_(STAFF),
        *_live_grants(),
    )
    query = (
        select(Person, Building.label, Entrance.label, Unit.room)
        .join(Household, Household.id == Person.household_id)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(
            Household.community_id == community_id,
            Household.ended_at.is_(None),
            Person.left_at.is_(None),
            Person.name.in_({name, typed.strip()}),
            Person.id.not_in(staff),
        )
        .order_by(Person.id)
    )
    found = [(person, unit_label(*place)) for person, *place in db.session.execute(query)]
    wanted = "".join(address.split())
    return [(person, label) for person, label in found if person.name == typed.strip() or not wanted or label == wanted]
