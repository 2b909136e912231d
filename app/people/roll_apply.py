"""Applying a previewed roll. What can be is prepared before the lock is taken; the rest goes in by bulk.

On SQLite the lock is the whole database, so casting waits for as long as :func:`apply` takes: see scripts/bench/roll.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update

from app.core.database import db
from app.core.ids import new_public_id
from app.core.transaction import Tx
from app.people.desk import end_households
from app.people.models import Household
from app.people.places import Building, Entrance, RollRowStaged, Unit

Key = tuple[str, str, str]
# Plain tables: rows by the ten thousand pass the session's bookkeeping by.
UNIT, HOUSEHOLD = cast(Table, Unit.__table__), cast(Table, Household.__table__)


@dataclass(frozen=True)
class Prepared:
    """What a file says, read before the lock: staged rows never change once they are ready."""

    community_id: int
    listed: frozenset[Key]
    changes: Mapping[Key, tuple[int | None, str, str]]  # floor area, occupancy, householder
    public_ids: Sequence[tuple[str, str]]  # for a unit and its household, one pair a change


def prepare(community_id: int, import_id: int) -> Prepared:
    """Read the staged rows of an import and draw the public ids it may need."""
    query = select(
        RollRowStaged.building,
        RollRowStaged.entrance,
        RollRowStaged.room,
        RollRowStaged.floor_area,
        RollRowStaged.occupancy,
        RollRowStaged.householder,
        RollRowStaged.change,
    ).where(RollRowStaged.import_id == import_id)
    listed: list[Key] = []
    changes: dict[Key, tuple[int | None, str, str]] = {}
    for building, entrance, room, area, occupancy, householder, change in db.session.execute(
        query.order_by(RollRowStaged.line)
    ):
        key = (building, entrance, room)
        listed.append(key)
        if change != "same":
            changes[key] = (area, occupancy, householder)
    public_ids = [(new_public_id(), new_public_id()) for _ in changes]
    return Prepared(community_id, frozenset(listed), changes, public_ids)


def apply(tx: Tx, prepared: Prepared, *, gone: bool) -> int:
    """Bring the roll to what the file says; ``gone`` ends the households it no longer lists. Returns how many it ended."""
    community_id = prepared.community_id
    known = _units(tx, community_id)
    entrances = _entrances(tx, community_id, {key[:2]: None for key in prepared.changes})
    fresh: list[dict[str, Any]] = []
    moved_in: dict[str, tuple[str, str]] = {}
    homeless: list[tuple[int, str, str]] = []
    changed: list[dict[str, Any]] = []
    named: list[dict[str, Any]] = []
    for (key, facts), (unit_id, household_id) in zip(prepared.changes.items(), prepared.public_ids, strict=True):
        area, occupancy, householder = facts
        living = known.get(key)
        if living is None:
            fresh.append(
                {
                    "public_id": unit_id,
                    "community_id": community_id,
                    "entrance_id": entrances[key[:2]],
                    "room": key[2],
                    "floor_area": area,
                    "occupancy": occupancy,
                }
            )
            moved_in[unit_id] = (household_id, householder)
            continue
        changed.append({"unit": living[0], "floor_area": area, "occupancy": occupancy})
        if living[1] is None:
            homeless.append((living[0], household_id, householder))
        else:
            named.append({"household": living[1], "householder": householder})
    connection = tx.session.connection()
    if fresh:
        newest = max((unit for unit, _ in known.values()), default=0)
        connection.execute(insert(UNIT), fresh)
        made = select(Unit.id, Unit.public_id).where(Unit.community_id == community_id, Unit.id > newest)
        homeless += [(id_, *moved_in[public_id]) for id_, public_id in connection.execute(made)]
    if changed:
        facts_now = update(UNIT).where(UNIT.c.id == bindparam("unit"))
        connection.execute(
            facts_now.values(floor_area=bindparam("floor_area"), occupancy=bindparam("occupancy"), gone_at=None),
            changed,
        )
    if named:
        renamed = update(HOUSEHOLD).where(HOUSEHOLD.c.id == bindparam("household"))
        connection.execute(renamed.values(householder=bindparam("householder")), named)
    if homeless:
        rows = [
            {"public_id": id_, "community_id": community_id, "unit_id": unit, "householder": name, "since": tx.now}
            for unit, id_, name in homeless
        ]
        connection.execute(insert(HOUSEHOLD), rows)
    missing = [living for key, living in known.items() if living[1] is not None and key not in prepared.listed]
    if gone and missing:
        _end(tx, missing)
    return len(missing) if gone else 0


def _units(tx: Tx, community_id: int) -> dict[Key, tuple[int, int | None]]:
    """All units ever on the roll, with the household that lives there now."""
    query = (
        select(Building.label, Entrance.label, Unit.room, Unit.id, Household.id)
        .join(Entrance, Entrance.building_id == Building.id)
        .join(Unit, Unit.entrance_id == Entrance.id)
        .outerjoin(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
        .where(Building.community_id == community_id)
    )
    return {(b, e, room): (unit, household) for b, e, room, unit, household in tx.session.execute(query)}


def _entrances(tx: Tx, community_id: int, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ids of entrances by building and label, those that are missing made first."""
    wanted = list(wanted)
    query = select(Building).where(Building.community_id == community_id)
    buildings = {building.label: building for building in tx.session.scalars(query)}
    for label, _ in wanted:
        if label not in buildings:
            digits = "".join(c for c in label if c.isdigit())
            buildings[label] = Building(community_id=community_id, label=label, sort=int(digits[:9] or "0"))
            tx.session.add(buildings[label])
    tx.session.flush()
    labels = {building.id: label for label, building in buildings.items()}
    here = select(Entrance).where(Entrance.community_id == community_id)
    found = {(labels[entrance.building_id], entrance.label): entrance for entrance in tx.session.scalars(here)}
    for key in wanted:
        if key not in found:
            found[key] = Entrance(community_id=community_id, building_id=buildings[key[0]].id, label=key[1])
            tx.session.add(found[key])
    tx.session.flush()
    return {key: entrance.id for key, entrance in found.items()}


def _end(tx: Tx, missing: Sequence[tuple[int, int | None]]) -> None:
    for start in range(0, len(missing), 500):  # a statement takes a limited number of values
        part = missing[start : start + 500]
        end_households(tx, [household for _, household in part if household is not None])
        tx.session.execute(update(Unit).where(Unit.id.in_([unit for unit, _ in part])).values(gone_at=tx.now))
