"""The roll of a vote as an announcement would freeze it: its units, who each is, and the hash over all of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from app.ballots.law_models import RollVoice
from app.ballots.models import Poll, RollEntry, Slot, SlotLink
from app.core.database import db
from app.core.transaction import Tx
from app.engine.canonical import canon, tagged
from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase
from app.engine.voting.heads import heads, unready
from app.engine.voting.publish import LEAST_ROWS
from app.people.models import Household, Person
from app.people.owners import holdings, living_owners, owner_keys, papers
from app.people.places import Owner
from app.people.queries import household_keys, person_keys, roll_households, roll_persons
from app.people.rings import rings_of_persons
from app.projects.kinds import ActivityRef
from app.projects.queries import find_project_by_id, method_of

ROLL_VERSION = 2  # the first one bound addresses, heads and areas only, not who the unit is
MOST_NAMED = 10
INSERT_CHUNK = 1000


@dataclass(frozen=True)
class Unit:
    """A voting unit as it would stand on the roll: a household, a person, or an owner with all their units."""

    household_id: int | None
    person_id: int | None
    label: str
    area: int
    heads: int = 1
    key: str = ""  # who it is, bound by the root of the roll
    owner_id: int | None = None
    voices: tuple[tuple[str, int], ...] = ()  # of an owner: "household" or "owner", and which
    rings: tuple[str, ...] = ()  # of a person, at the freeze
    source: str = ""
    entered_by_id: int | None = None


def electorate(ref: ActivityRef) -> list[Unit]:
    """The voting units of an activity as they stand now: what an announcement would freeze."""
    asked = ref.activity.word("electorate")
    if asked == "owner":
        return _owners(ref)
    if asked == "household":
        rows = roll_households(ref.community_id, ref.scope)
        keys = household_keys(ref.community_id)
        return [Unit(row.id, None, row.label, row.floor_area or 0, key=keys[row.id], source="roll") for row in rows]
    people = roll_persons(ref.community_id, ref.scope)
    keys = person_keys(person_id for person_id, _ in people)
    rings = rings_of_persons(ref.community_id, [person_id for person_id, _ in people])
    return [
        Unit(None, person_id, label, 0, key=keys[person_id], rings=rings[person_id], source="device")
        for person_id, label in people
    ]


def _owners(ref: ActivityRef) -> list[Unit]:
    keys, sources = owner_keys(ref.community_id), papers(ref.community_id)
    living = living_owners(ref.community_id)
    found = []
    for head in heads(item for item in holdings(ref.community_id, ref.scope) if item.owners):
        named = [keys[owner] for owner in head.owners]
        rests = [paper for unit in head.units for paper in sources.get(unit, [])]
        texts = list(dict.fromkeys(text for text, _ in rests if text))
        entered = {person for _, person in rests}
        homes = dict.fromkeys(living[unit] for unit in head.units if unit in living)
        found.append(
            Unit(
                None,
                None,
                head.label,
                head.area,
                key=head_key(named),
                owner_id=min(head.owners),
                voices=(*(("household", home) for home in homes), *(("owner", owner) for owner in sorted(head.owners))),
                source="、".join(texts)[:120],
                entered_by_id=entered.pop() if len(entered) == 1 else None,
            )
        )
    return found


def head_key(owners: Iterable[str]) -> str:
    """Who a head is: the owner's public id, or of several the hash over all of theirs."""
    named = sorted(owners)
    return named[0] if len(named) == 1 else tagged("qiding/head/v1", canon(named)).hex()


def unready_of(ref: ActivityRef) -> list[Phrase]:
    """What keeps a roll of owners from being whole, in sentences that name the units; nothing for other rolls."""
    if ref.activity.word("electorate") != "owner":
        return []
    nobody, bare = unready(holdings(ref.community_id, ref.scope))
    found = []
    if nobody:
        found.append(phrase("No owner is on file for: %(units)s.", units=_named(nobody)))
    if bare:
        found.append(phrase("No floor area is on file for: %(units)s.", units=_named(bare)))
    return found


def require_whole(ref: ActivityRef) -> None:
    """Refuse an announcement to owners while a unit has no owner or no area: the shares of the law would be wrong."""
    missing = unready_of(ref)
    if missing:
        raise Invalid(phrase("This can't be announced yet."), {"opens": missing[0]})


def _named(labels: Sequence[str]) -> str:
    shown = "、".join(labels[:MOST_NAMED])
    return f"{shown}… ({len(labels)})" if len(labels) > MOST_NAMED else shown


def asked_of(ref: ActivityRef, units: list[Unit]) -> list[str]:
    """The buildings or entrances that a vote is asked of, in their order; none when it is the whole community."""
    if not ref.scope:
        return []
    ends = ("单元", "号楼") if ref.scope.get("entrances") else ("号楼",)
    return list(dict.fromkeys(_up_to(unit.label, ends) for unit in units))


def _up_to(label: str, ends: tuple[str, ...]) -> str:
    """An address cut after the first of these words that it has: 5号楼2单元302室 to 5号楼, say."""
    for end in ends:
        head, found, _ = label.partition(end)
        if found:
            return head + found
    return label


def roll_root(units: Iterable[Unit]) -> str:
    """The hash of a roll: its units with heads, area and who each is, in the order of their addresses."""
    return root_of([[unit.label, unit.heads, unit.area, unit.key] for unit in units])


def root_of(rows: list[list[Any]], version: int = ROLL_VERSION) -> str:
    """The hash over the rows of a roll, as a version of it hashed them."""
    return tagged(f"qiding/roll/v{version}", canon(rows)).hex()


def beside(poll_id: int) -> dict[str, str]:
    """Hashes over what was frozen with a roll beside its root: rings, sources, who entered it, who casts for owners.

    They stand in the announcement's event, so that the log holds them behind a salt: no roll can be guessed from them.
    """
    entries = db.session.execute(
        select(RollEntry.unit_key, RollEntry.rings, RollEntry.source, Person.public_id, Owner.public_id)
        .outerjoin(Person, Person.id == RollEntry.entered_by_id)
        .outerjoin(Owner, Owner.id == RollEntry.owner_id)
        .where(RollEntry.poll_id == poll_id)
        .order_by(RollEntry.id)
    )
    voices = db.session.execute(
        select(RollEntry.unit_key, Household.public_id, Owner.public_id)
        .select_from(RollVoice)
        .outerjoin(RollEntry, RollEntry.id == RollVoice.roll_entry_id)
        .outerjoin(Household, Household.id == RollVoice.household_id)
        .outerjoin(Owner, Owner.id == RollVoice.owner_id)
        .where(RollVoice.poll_id == poll_id)
        .order_by(RollVoice.id)
    )
    parts = {"entries": entries, "voices": voices}
    return {
        name: tagged("qiding/roll-beside/v1", canon([list(row) for row in rows])).hex() for name, rows in parts.items()
    }


def mode_of(ref: ActivityRef, size: int) -> str:
    """How a vote is kept: C (unlinked) where the method asks for a secret one, B (identified) for owners, else A.

    Among fewer than ten an unlinked vote would hide nothing, and could not be changed either: it is held as A then.
    """
    if ref.activity.word("electorate") == "owner":
        return "B"
    return "C" if ref.activity.flag("secret") and size >= LEAST_ROWS["C"] else "A"


def rings_asked(ref: ActivityRef, units: list[Unit]) -> dict[str, Any]:
    """The rings of which a third must take part: their members on this roll, and their titles in the method."""
    project = find_project_by_id(ref.project_id)
    titles = {ring.key: ring.title for ring in method_of(project).rings}
    return {
        key: {
            "members": sum(1 for unit in units if key in unit.rings),
            "zh_Hans": titles[key].zh_Hans,
            "en": titles[key].en,
        }
        for key in ref.activity.words("quorum_rings")
        if key in titles
    }


def freeze_roll(tx: Tx, poll: Poll, units: list[Unit]) -> None:
    """Write the roll, and give each entry a slot in an order that tells nothing."""
    rows: list[Mapping[str, Any]] = [
        {
            "poll_id": poll.id,
            "community_id": poll.community_id,
            "household_id": unit.household_id,
            "person_id": unit.person_id,
            "owner_id": unit.owner_id,
            "unit_key": unit.key,
            "rings": list(unit.rings),
            "source": unit.source,
            "entered_by_id": unit.entered_by_id,
            "label": unit.label,
            "heads": unit.heads,
            "area": unit.area,
        }
        for unit in units
    ]
    for start in range(0, len(rows), INSERT_CHUNK):
        tx.session.execute(insert(RollEntry), rows[start : start + INSERT_CHUNK])
    _freeze_voices(tx, poll, units)
    if poll.mode == "C":
        return  # no slots: nothing leads from a ballot to the roll
    entries = list(tx.session.scalars(select(RollEntry.id).where(RollEntry.poll_id == poll.id)))
    slots = [{"id": secrets.randbits(62), "poll_id": poll.id, "code": secrets.token_hex(16)} for _ in entries]
    secrets.SystemRandom().shuffle(entries)
    for start in range(0, len(entries), INSERT_CHUNK):
        part = slice(start, start + INSERT_CHUNK)
        tx.session.execute(insert(Slot), slots[part])
        tx.session.execute(
            insert(SlotLink),
            [
                {"roll_entry_id": entry, "slot_id": slot["id"], "poll_id": poll.id}
                for entry, slot in zip(entries[part], slots[part], strict=True)
            ],
        )


def _freeze_voices(tx: Tx, poll: Poll, units: list[Unit]) -> None:
    """Write down who casts for each owner; nothing to write for others."""
    if poll.electorate != "owner":
        return
    query = select(RollEntry.unit_key, RollEntry.id).where(RollEntry.poll_id == poll.id)
    ids = dict(tx.session.execute(query).all())
    rows = [
        {
            "poll_id": poll.id,
            "roll_entry_id": ids[unit.key],
            "household_id": who if kind == "household" else None,
            "owner_id": who if kind == "owner" else None,
        }
        for unit in units
        for kind, who in unit.voices
    ]
    for start in range(0, len(rows), INSERT_CHUNK):
        tx.session.execute(insert(RollVoice), rows[start : start + INSERT_CHUNK])
