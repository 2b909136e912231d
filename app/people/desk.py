"""Commands at the desk: slips' codes, moving out, and finding a household."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import func, or_, select, update

from app.core.clock import DAY
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import NotFound
from app.people.actor import Actor
from app.people.codes import code_mac, new_code
from app.people.models import Device, Household, HouseholdCode, Person
from app.people.places import Building, Entrance, Unit
from app.people.queries import RollHousehold, unit_label

CODE_DAYS = 365
MOST_FOUND = 30


def issue_code(actor: Actor, household_public_id: str) -> str:
    """A new code for a household, shown once; the old one dies at once, paired devices stay."""
    with transaction() as tx:
        household = _household(tx, actor, household_public_id)
        tx.lock(Lock(Household, household.id))
        codes = _issue(tx, household.community_id, [household.id], actor.person())
        record_event(
            tx,
            "code.issued",
            community_id=household.community_id,
            person_id=actor.person(),
            data={"household": household.public_id},
        )
        return codes[household.id]


def issue_many(actor: Actor, community_id: int, household_ids: Sequence[int] | None = None) -> dict[int, str]:
    """New codes for all households of a community (or those named) that have none, by household id: for printing."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        coded = select(HouseholdCode.household_id).where(
            HouseholdCode.community_id == community_id,
            HouseholdCode.ended_at.is_(None),
            HouseholdCode.expires_at > tx.now,
        )
        query = select(Household.id).where(Household.community_id == community_id, Household.ended_at.is_(None))
        if household_ids is None:
            query = query.where(Household.id.not_in(coded))
        else:
            query = query.where(Household.id.in_(household_ids))
        codes = _issue(tx, community_id, list(tx.session.scalars(query.order_by(Household.id))), person_id)
        record_event(tx, "codes.issued", community_id=community_id, person_id=person_id, data={"count": len(codes)})
        return codes


def _issue(tx: Tx, community_id: int, household_ids: Sequence[int], person_id: int) -> dict[int, str]:
    tx.session.execute(
        update(HouseholdCode)
        .where(HouseholdCode.household_id.in_(household_ids), HouseholdCode.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    codes = {household_id: new_code() for household_id in household_ids}
    tx.session.add_all(
        HouseholdCode(
            community_id=community_id,
            household_id=household_id,
            mac=code_mac(code),
            issued_at=tx.now,
            expires_at=tx.now + CODE_DAYS * DAY,
            issued_by_id=person_id,
        )
        for household_id, code in codes.items()
    )
    return codes


def _household(tx: Tx, actor: Actor, public_id: str) -> Household:
    household = tx.session.scalar(
        select(Household).where(Household.public_id == public_id, Household.ended_at.is_(None))
    )
    if household is None:
        raise NotFound
    actor.require_facilitator(household.community_id)
    return household


def household_here(community_id: int, public_id: str) -> Household:
    """A household that lives in this community; NotFound for all others."""
    query = select(Household).where(Household.public_id == public_id, Household.community_id == community_id)
    found = db.session.scalar(query.where(Household.ended_at.is_(None)))
    if found is None:
        raise NotFound
    return found


def move_out(actor: Actor, household_public_id: str) -> str:
    """End a household with its codes and devices, and return the public id of the unit's next, empty one."""
    with transaction() as tx:
        household = _household(tx, actor, household_public_id)
        tx.lock(Lock(Household, household.id))
        end_households(tx, [household.id])
        following = Household(community_id=household.community_id, unit_id=household.unit_id, since=tx.now)
        tx.session.flush()
        tx.session.add(following)
        tx.session.flush()
        record_event(
            tx,
            "household.moved_out",
            community_id=household.community_id,
            person_id=actor.person(),
            data={"household": household.public_id, "next": following.public_id},
        )
        return following.public_id


def end_households(tx: Tx, household_ids: Sequence[int]) -> None:
    """End households: their codes and devices die with them, their persons leave."""
    tx.session.execute(update(Household).where(Household.id.in_(household_ids)).values(ended_at=tx.now))
    for table in (HouseholdCode, Device):
        tx.session.execute(
            update(table).where(table.household_id.in_(household_ids), table.ended_at.is_(None)).values(ended_at=tx.now)
        )
    tx.session.execute(
        update(Person)
        .where(Person.household_id.in_(household_ids), Person.left_at.is_(None), Person.password.is_(None))
        .values(left_at=tx.now)
    )


def find_households(actor: Actor, community_id: int, typed: str) -> list[tuple[Household, RollHousehold, int]]:
    """Households by what is typed at the desk: ``5-302``, ``5 302``, ``5号楼302``; with how many devices are paired."""
    actor.require_facilitator(community_id)
    parts = re.findall(r"[0-9A-Za-z]+", typed)
    if not parts:
        return []
    devices = (
        select(Device.household_id, func.count().label("n"))
        .where(Device.ended_at.is_(None))
        .group_by(Device.household_id)
        .subquery()
    )
    query = (
        select(Household, Unit.floor_area, Building.label, Entrance.label, Unit.room, func.coalesce(devices.c.n, 0))
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .outerjoin(devices, devices.c.household_id == Household.id)
        .where(Household.community_id == community_id, Household.ended_at.is_(None))
        .order_by(Building.sort, Building.id, Entrance.label, Unit.room)
        .limit(MOST_FOUND)
    )
    if len(parts) == 1:
        query = query.where(or_(Unit.room == parts[0], Building.label == parts[0]))
    else:
        query = query.where(Building.label == parts[0], Unit.room == parts[-1])
    return [
        (household, RollHousehold(household.id, unit_label(b, e, r), area, b, e, r), int(n))
        for household, area, b, e, r, n in db.session.execute(query)
    ]
