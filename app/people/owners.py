"""Owners as a vote asks them: what they hold in a scope, who sells units, and who speaks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, transaction
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import phrase
from app.engine.voting.heads import Holding
from app.people.actor import Actor
from app.people.desk import find_households
from app.people.models import Household, Person
from app.people.places import Building, Entrance, Owner, OwnerPerson, Ownership, Unit
from app.people.queries import in_scope, unit_label


def holdings(community_id: int, scope: Mapping[str, Any]) -> list[Holding]:
    """The units of a scope with their owners on file, in the order of their addresses."""
    units = db.session.execute(
        select(Unit.id, Unit.floor_area, Building.label, Entrance.label, Unit.room)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Unit.community_id == community_id, Unit.gone_at.is_(None), *in_scope(scope))
        .order_by(Building.sort, Building.id, Entrance.label, Unit.room)
    ).all()
    held: dict[int, dict[int, bool]] = {}
    for unit, owner, developer in db.session.execute(
        select(Ownership.unit_id, Owner.id, Owner.is_developer)
        .join(Owner, Owner.id == Ownership.owner_id)
        .where(Ownership.community_id == community_id)
    ):
        held.setdefault(unit, {})[owner] = developer
    found = []
    for unit, area, building, entrance, room in units:
        owners = held.get(unit, {})
        label = unit_label(building, entrance, room)
        found.append(Holding(unit, label, area, frozenset(owners), bool(owners) and all(owners.values())))
    return found


def owner_keys(community_id: int) -> dict[int, str]:
    """The public ids of a community's owners."""
    query = select(Owner.id, Owner.public_id).where(Owner.community_id == community_id)
    return dict(db.session.execute(query).all())


def papers(community_id: int) -> dict[int, list[tuple[str, int | None]]]:
    """For each unit, on which papers its ownership rests, and who entered them."""
    found: dict[int, list[tuple[str, int | None]]] = {}
    query = select(Ownership.unit_id, Ownership.source, Ownership.entered_by_id).order_by(Ownership.id)
    for unit, source, person in db.session.execute(query.where(Ownership.community_id == community_id)):
        found.setdefault(unit, []).append((source, person))
    return found


def living_owners(community_id: int) -> dict[int, int]:
    """The household of each unit that its owner lives in."""
    query = (
        select(Unit.id, Household.id)
        .join(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
        .where(Unit.community_id == community_id, Unit.occupancy == "owner")
    )
    return dict(db.session.execute(query).all())


def find_person(actor: Actor, community_id: int, unit: str, name: str) -> Person:
    """A resident as the desk names one: by unit and name; Invalid, beside the field, when that is nobody."""
    homes = find_households(actor, community_id, unit)
    if len(homes) != 1:
        sentence = phrase("No single unit is called that. Write it like 5-302.")
        raise Invalid(sentence, {"unit": sentence})
    query = select(Person).where(Person.household_id == homes[0][0].id, Person.left_at.is_(None), Person.name == name)
    people = list(db.session.scalars(query))
    if len(people) != 1:
        sentence = phrase("Nobody of this household has signed in under this name.")
        raise Invalid(sentence, {"name": sentence})
    return people[0]


def find_owner(community_id: int, public_id: str) -> Owner:
    """An owner of this community that was not merged; NotFound for all others."""
    query = select(Owner).where(Owner.public_id == public_id, Owner.community_id == community_id)
    found = db.session.scalar(query.where(Owner.merged_into_id.is_(None)))
    if found is None:
        raise NotFound
    return found


def units_of(owner_id: int) -> list[tuple[str, Ownership, Unit]]:
    """What an owner holds, in the order of its entry: where it is, the share, the unit."""
    query = (
        select(Building.label, Entrance.label, Ownership, Unit)
        .join(Unit, Unit.id == Ownership.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Ownership.owner_id == owner_id)
        .order_by(Ownership.id)
    )
    return [
        (unit_label(building, entrance, unit.room), share, unit)
        for building, entrance, share, unit in db.session.execute(query)
    ]


def speakers_of(owner_id: int) -> list[tuple[OwnerPerson, Person]]:
    """Who speaks for an owner now, by papers."""
    query = (
        select(OwnerPerson, Person)
        .join(Person, Person.id == OwnerPerson.person_id)
        .where(OwnerPerson.owner_id == owner_id, OwnerPerson.ended_at.is_(None))
        .order_by(OwnerPerson.id)
    )
    return [(link, person) for link, person in db.session.execute(query)]


def link_person(actor: Actor, community_id: int, owner_public_id: str, unit: str, name: str, paper: str) -> None:
    """Write down that a resident speaks for an owner, by the papers shown at the desk."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        owner = find_owner(community_id, owner_public_id)
        tx.lock(Lock(Owner, owner.id))
        speaker = find_person(actor, community_id, unit, name)
        query = select(OwnerPerson).where(OwnerPerson.owner_id == owner.id, OwnerPerson.person_id == speaker.id)
        row = tx.session.scalar(query)
        if row is None:
            row = OwnerPerson(community_id=community_id, owner_id=owner.id, person_id=speaker.id)
            tx.session.add(row)
        row.paper, row.entered_by_id, row.at, row.ended_at = paper, person_id, tx.now, None
        record_event(
            tx,
            "owner.linked",
            community_id=community_id,
            person_id=person_id,
            data={"owner": owner.public_id, "person": speaker.public_id, "paper": paper},
        )


def unlink_person(actor: Actor, community_id: int, owner_public_id: str, person_public_id: str) -> None:
    """End that a resident speaks for an owner."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        owner = find_owner(community_id, owner_public_id)
        tx.lock(Lock(Owner, owner.id))
        row = tx.session.scalar(
            select(OwnerPerson)
            .join(Person, Person.id == OwnerPerson.person_id)
            .where(
                OwnerPerson.owner_id == owner.id,
                Person.public_id == person_public_id,
                OwnerPerson.ended_at.is_(None),
            )
        )
        if row is None:
            raise NotFound
        row.ended_at = tx.now
        record_event(
            tx,
            "owner.unlinked",
            community_id=community_id,
            person_id=person_id,
            data={"owner": owner.public_id, "person": person_public_id},
        )


def mark_developer(actor: Actor, community_id: int, owner_public_id: str, *, developer: bool) -> None:
    """Say whether an owner is the developer, whose unsold units are one head."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        owner = find_owner(community_id, owner_public_id)
        tx.lock(Lock(Owner, owner.id))
        owner.is_developer = developer
        record_event(
            tx,
            "owner.developer",
            community_id=community_id,
            person_id=person_id,
            data={"owner": owner.public_id, "developer": developer},
        )
