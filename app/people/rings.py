"""Which rings a person belongs to in a community, beside those that role and household give."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, or_, select

from app.core.database import db
from app.core.events import record_event
from app.core.transaction import transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import RESIDENTS_RING, RING_OF_ROLE, Actor
from app.people.models import Household, Person, RingMember, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.queries import unit_label, with_role


def put_in_ring(actor: Actor, community_id: int, person_public_id: str, ring: str, rings: Collection[str]) -> None:
    """Put somebody of a community into one of its ``rings``; the word of a facilitator, recorded."""
    person_id = actor.require_facilitator(community_id)
    if ring not in rings:
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"ring": wrong})
    with transaction() as tx:
        person = tx.session.scalar(
            select(Person).where(Person.public_id == person_public_id, Person.left_at.is_(None)).with_for_update()
        )
        if person is None or person.id not in {row.id for row, _ in people_here(community_id)}:
            wrong = phrase("Choose somebody of this community.")
            raise Invalid(wrong, {"person": wrong})
        known = select(RingMember.id).where(
            RingMember.community_id == community_id, RingMember.person_id == person.id, RingMember.ring == ring
        )
        if tx.session.scalar(known) is not None:
            raise Conflict(phrase("This person is in that ring already."))
        tx.session.add(RingMember(community_id=community_id, person_id=person.id, ring=ring, at=tx.now))
        record_event(
            tx,
            "ring.joined",
            community_id=community_id,
            person_id=person_id,
            data={"person": person.public_id, "ring": ring},
        )


def take_out_of_ring(actor: Actor, community_id: int, member_id: int) -> None:
    """Take somebody out of a ring; that they were in it stays in the events."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        row = tx.session.execute(
            select(RingMember.ring, Person.public_id)
            .join(Person, Person.id == RingMember.person_id)
            .where(RingMember.id == member_id, RingMember.community_id == community_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise NotFound
        tx.session.execute(delete(RingMember).where(RingMember.id == member_id))
        record_event(
            tx,
            "ring.left",
            community_id=community_id,
            person_id=person_id,
            data={"person": row.public_id, "ring": row.ring},
        )


def ring_members(community_id: int) -> list[tuple[RingMember, Person]]:
    """Who was put into a ring of a community, by ring and name."""
    query = (
        select(RingMember, Person)
        .join(Person, Person.id == RingMember.person_id)
        .where(RingMember.community_id == community_id, Person.left_at.is_(None))
        .order_by(RingMember.ring, Person.name, RingMember.id)
    )
    return [(member, person) for member, person in db.session.execute(query)]


def rings_of_persons(community_id: int, person_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The rings that residents belong to as things stand: the residents' own, by roles, and those they were put into."""
    found = {person_id: {RESIDENTS_RING} for person_id in person_ids}
    given = select(RingMember.person_id, RingMember.ring).where(RingMember.community_id == community_id)
    for person_id, ring in db.session.execute(given):
        if person_id in found:
            found[person_id].add(ring)
    for role, ring in RING_OF_ROLE.items():
        for person in with_role(community_id, role):
            if person.id in found:
                found[person.id].add(ring)
    return {person_id: tuple(sorted(rings)) for person_id, rings in found.items()}


def people_here(community_id: int) -> list[tuple[Person, str]]:
    """The persons of a community with where they live, staff first (an empty place), with two queries."""
    staff = select(RoleGrant.person_id).where(RoleGrant.community_id == community_id, RoleGrant.ended_at.is_(None))
    query = (
        select(Person, Building.label, Entrance.label, Unit.room)
        .outerjoin(Household, (Household.id == Person.household_id) & Household.ended_at.is_(None))
        .outerjoin(Unit, Unit.id == Household.unit_id)
        .outerjoin(Entrance, Entrance.id == Unit.entrance_id)
        .outerjoin(Building, Building.id == Entrance.building_id)
        .where(Person.left_at.is_(None), or_(Person.id.in_(staff), Household.community_id == community_id))
        .order_by(Building.sort, Building.id, Unit.room, Person.id)
    )
    found = [(person, unit_label(b, e, r) if b else "") for person, b, e, r in db.session.execute(query)]
    return sorted(found, key=lambda item: bool(item[1]))
