"""Reads of registers, and the kinds of activities and gates made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from app.core.database import db
from app.core.i18n import local_date
from app.engine.catalogue import GateSpec
from app.engine.errors import NotFound
from app.engine.gates import GateResult, Missing
from app.engine.phrase import Phrase, plural_phrase
from app.engine.words import Key, Staff
from app.people.models import Household
from app.people.places import Building, Entrance, Unit
from app.projects.kinds import ActivityKind, ActivityRef, GateKind, GateRef, Summary
from app.projects.models import ActivityRun
from app.registers.kinds import REGISTERS
from app.registers.models import RegisterEntry
from app.registers.shape import Entry, Facts, Register, RegisterGate

BY_KIND = {register.spec.kind: register for register in REGISTERS}


def register_of(ref: ActivityRef) -> Register:
    """What the activity's register is made of."""
    register = BY_KIND.get(ref.activity.kind)
    if register is None:
        raise NotFound
    return register


def entries_of(activity_ids: Iterable[int], *, live: bool = True) -> dict[int, list[RegisterEntry]]:
    """The entries of some activities in the order they were made, with one query."""
    ids = set(activity_ids)
    found: dict[int, list[RegisterEntry]] = {activity_id: [] for activity_id in ids}
    query = select(RegisterEntry).where(RegisterEntry.activity_run_id.in_(ids)).order_by(RegisterEntry.id)
    if live:
        query = query.where(RegisterEntry.live)
    for row in db.session.scalars(query):
        found[row.activity_run_id].append(row)
    return found


def facts_of(refs: Sequence[ActivityRef], now: int) -> dict[int, Facts]:
    """What the gates look at, for some activities, with three queries."""
    entries = entries_of(ref.id for ref in refs)
    counts: dict[int, list[tuple[int, str, int, int]]] = {}
    for building_id, community_id, label, entrance_id, n in db.session.execute(
        select(Building.id, Building.community_id, Building.label, Entrance.id, func.count())
        .join(Entrance, Entrance.building_id == Building.id)
        .join(Unit, Unit.entrance_id == Entrance.id)
        .join(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
        .where(Building.community_id.in_({ref.community_id for ref in refs}))
        .group_by(Building.id, Entrance.id)
        .order_by(Building.sort, Building.id, Entrance.id)
    ):
        counts.setdefault(community_id, []).append((building_id, label, entrance_id, n))
    today = local_date(now)
    return {
        ref.id: Facts(
            entries=[Entry(row.section, row.data) for row in entries[ref.id]],
            activity=ref.activity,
            today=today,
            buildings=_buildings(counts.get(ref.community_id, []), ref.scope),
        )
        for ref in refs
    }


def _buildings(rows: Sequence[tuple[int, str, int, int]], scope: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for building_id, label, entrance_id, n in rows:
        if scope.get("buildings") and building_id not in scope["buildings"]:
            continue
        if scope.get("entrances") and entrance_id not in scope["entrances"]:
            continue
        found[label] = found.get(label, 0) + n
    return found


def public_fields(kind: str, row: RegisterEntry) -> dict[str, Any]:
    """What of an entry everybody may read: the fields that its register knows and does not keep for members."""
    register = BY_KIND.get(kind)
    section = register.section(row.section) if register is not None else None
    if section is None:
        return {}
    return {item.key: row.data[item.key] for item in section.fields if not item.members and item.key in row.data}


def find_entry(public_id: str) -> RegisterEntry:
    """An entry, live or not: what was superseded meanwhile may be sent once more."""
    row = db.session.scalar(select(RegisterEntry).where(RegisterEntry.public_id == public_id))
    if row is None:
        raise NotFound
    return row


def words_in(row: RegisterEntry) -> dict[str, Phrase]:
    """The fields of an entry that hold somebody's words, with their labels."""
    kind = db.session.scalars(select(ActivityRun.kind).where(ActivityRun.id == row.activity_run_id)).one()
    section = BY_KIND[kind].section(row.section)
    fields = section.fields if section is not None else ()
    return {field.key: field.label for field in fields if field.type in ("line", "prose")}


def address_of(slug: str, row: RegisterEntry) -> str:
    """Where an entry stands."""
    run = db.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == row.activity_run_id)).one()
    return f"/c/{slug}/register/{run}"


def activity_kind(register: Register) -> ActivityKind:
    """A register as a kind of activity."""

    def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
        entries = entries_of(ref.id for ref in refs)
        found = []
        for ref in refs:
            says = plural_phrase("%(n)s entry so far.", "%(n)s entries so far.", len(entries[ref.id]))
            due = ref.window.closes_at
            found.append(Summary(says, register.ask if ref.is_open else None, register.verb, due, "edit"))
        return found

    def record(ref: ActivityRef, now: int) -> dict[str, Any]:
        rows = entries_of([ref.id])[ref.id]
        fields = {(s.key, f.key): f for s in register.sections for f in s.fields}
        # Where residents write too, an entry is somebody's word and no slip of the desk.
        words = str if "residents" in ref.activity.who.get("edit", ()) else Staff

        def told(section: str, key: str, value: object) -> object:
            if not isinstance(value, str):
                return value
            field = fields.get((section, key))
            return Key(value) if field is not None and field.type in ("day", "choice") else words(value)

        return {
            "kind": Key(register.spec.kind),
            "entries": [
                {
                    "section": Key(row.section),
                    "data": {
                        key: told(row.section, key, value)
                        for key, value in row.data.items()
                        if (row.section, key) not in fields or not fields[row.section, key].members
                    },
                    "by": row.by_name,
                    "at": row.at,
                }
                for row in rows
            ],
        }

    return ActivityKind(
        spec=register.spec,
        title=register.title,
        endpoint="registers.activity",
        summaries=summaries,
        record=record,
        record_template="registers/_record.html",
    )


def gate_kind(register: Register, gate: RegisterGate) -> GateKind:
    """A register's gate as a kind of gate."""
    return GateKind(
        GateSpec(gate.kind, waivable=gate.waivable, needs_activity=(register.spec.kind,)), gate.title, _judge(gate)
    )


def _judge(gate: RegisterGate) -> Callable[[Sequence[GateRef], int], list[GateResult]]:
    def judge(refs: Sequence[GateRef], now: int) -> list[GateResult]:
        facts = facts_of([ref.activity for ref in refs if ref.activity], now)
        found = []
        for ref in refs:
            if ref.activity is None:
                raise ValueError(f"{gate.kind} without its activity")
            verdict = gate.judge(facts[ref.activity.id])
            missing = tuple(Missing(sentence, ref.activity.href) for sentence in verdict.missing)
            found.append(
                GateResult(ref.gate.key, ref.gate.kind, verdict.met, verdict.says, missing, waivable=gate.waivable)
            )
        return found

    return judge


def spoke(activity_ids: Sequence[int]) -> set[int]:
    """Who made entries in these activities."""
    return set(
        db.session.scalars(select(RegisterEntry.person_id).where(RegisterEntry.activity_run_id.in_(activity_ids)))
    )
