"""Reads of votes on paper: the account, the sheets without their households, whether a count may be done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from app.ballots.models import Poll, RollEntry
from app.ballots.times import close_of
from app.core.database import db
from app.engine import sheets
from app.engine.errors import NotFound
from app.engine.sheets import Account
from app.engine.words import Key
from app.paper.models import PaperCheck, PaperDraw, PaperEntry, PaperHelper, PaperSheet
from app.people.models import Person

SHOWN = 100


def states_of(poll_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """How many sheets of each poll are in which state."""
    query = (
        select(PaperSheet.poll_id, PaperSheet.state, func.count())
        .where(PaperSheet.poll_id.in_(poll_ids))
        .group_by(PaperSheet.poll_id, PaperSheet.state)
    )
    found: dict[int, dict[str, int]] = {}
    for poll_id, state, n in db.session.execute(query):
        found.setdefault(poll_id, {})[state] = n
    return found


def account_of(poll: Poll, now: int) -> Account:
    """The account of a poll's sheets at this moment."""
    return sheets.account(states_of([poll.id]).get(poll.id, {}), closed=now >= close_of(poll, now))


def unresolved(poll_ids: Collection[int], now: int) -> set[int]:
    """Those of these closed polls whose sheets aren't all entered, or whose sample isn't compared."""
    states = states_of(poll_ids)
    waiting = {poll_id for poll_id, found in states.items() if found.get(sheets.RETURNED)}
    to_draw = {poll_id for poll_id, found in states.items() if found.get(sheets.VALID)} - waiting
    if to_draw:  # the sample of a stored count is compared; a sheet that is read anew after it is awaited, no more
        to_draw -= set(db.session.scalars(select(Poll.id).where(Poll.id.in_(to_draw), Poll.settled_at.is_not(None))))
    return waiting | {item.poll_id for item in _samples(to_draw) if not item.done}


@dataclass(frozen=True)
class Sample:
    """The sample of a poll as it stands: what was drawn, what was compared and how, what is left."""

    poll_id: int
    draw: PaperDraw | None
    compared: dict[str, bool]
    left: list[str]

    @property
    def done(self) -> bool:
        return self.draw is not None and self.draw.drawn_at is not None and not self.left

    @property
    def differing(self) -> list[str]:
        """The sheets that weren't counted as they stand."""
        return sorted(name for name, same in self.compared.items() if not same)


def _samples(poll_ids: Collection[int]) -> list[Sample]:
    if not poll_ids:
        return []
    draws = {row.poll_id: row for row in db.session.scalars(select(PaperDraw).where(PaperDraw.poll_id.in_(poll_ids)))}
    compared: dict[int, dict[str, bool]] = {}
    counted: dict[int, list[str]] = {}
    query = (
        select(PaperSheet.poll_id, PaperSheet.serial, PaperSheet.state, PaperCheck.same)
        .outerjoin(PaperCheck, PaperCheck.sheet_id == PaperSheet.id)
        .where(PaperSheet.poll_id.in_(poll_ids), or_(PaperSheet.state == sheets.VALID, PaperCheck.id.is_not(None)))
    )
    for poll_id, serial, state, same in db.session.execute(query):
        if same is not None:
            compared.setdefault(poll_id, {})[serial] = same
        if state == sheets.VALID:
            counted.setdefault(poll_id, []).append(serial)
    found = []
    for poll_id in sorted(poll_ids):
        row, done = draws.get(poll_id), compared.get(poll_id, {})
        drawn = row.serials if row is not None and row.drawn_at is not None else []
        left = sheets.still_to_compare(drawn, counted.get(poll_id, []), done) if drawn else []
        found.append(Sample(poll_id, row, done, left))
    return found


def sample_of(poll: Poll) -> Sample:
    """The sample of one poll."""
    return _samples([poll.id])[0]


def read_by(poll: Poll, person_id: int, serials: Collection[str]) -> set[str]:
    """Those of these sheets that a person entered: somebody else must compare them."""
    query = (
        select(PaperSheet.serial)
        .join(PaperEntry, PaperEntry.sheet_id == PaperSheet.id)
        .where(PaperSheet.poll_id == poll.id, PaperEntry.person_id == person_id)
    )
    return set(db.session.scalars(query.distinct())) & set(serials)


def paper_done(poll: Poll, now: int) -> bool:
    """Whether nothing on paper keeps the count of a closed poll from being final."""
    return now >= close_of(poll, now) and poll.id not in unresolved([poll.id], now)


@dataclass(frozen=True)
class ShownSheet:
    """A sheet in the desk's list: its number, where it is, how many have read it. Not whose it is."""

    serial: str
    state: str
    readings: int
    named: bool


def sheets_of(poll: Poll, state: str, page: int) -> tuple[list[ShownSheet], int]:
    """A page of the sheets, those in one state or all, and how many pages there are."""
    wanted = [PaperSheet.poll_id == poll.id, *([PaperSheet.state == state] if state else [])]
    total = db.session.scalar(select(func.count()).select_from(PaperSheet).where(*wanted)) or 0
    read = (
        select(func.count())
        .where(PaperEntry.sheet_id == PaperSheet.id, PaperEntry.turn == PaperSheet.turn)
        .scalar_subquery()
    )
    query = select(PaperSheet.serial, PaperSheet.state, read, PaperSheet.named).where(*wanted)
    rows = db.session.execute(query.order_by(PaperSheet.number).offset((page - 1) * SHOWN).limit(SHOWN))
    return [ShownSheet(*row) for row in rows], max(1, -(-total // SHOWN))


def find_sheet(poll: Poll, serial: str) -> tuple[PaperSheet, str]:
    """A sheet with whose it is, for the desk: each look is noted by the caller."""
    row = db.session.execute(
        select(PaperSheet, RollEntry.label)
        .outerjoin(RollEntry, RollEntry.id == PaperSheet.roll_entry_id)
        .where(PaperSheet.poll_id == poll.id, PaperSheet.serial == serial)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1] or ""


def to_print(poll: Poll, first: int, last: int) -> list[tuple[str, str]]:
    """The sheets of a run that are still to be handed out, each with whose it is, if anybody's."""
    query = (
        select(PaperSheet.serial, RollEntry.label)
        .outerjoin(RollEntry, RollEntry.id == PaperSheet.roll_entry_id)
        .where(PaperSheet.poll_id == poll.id, PaperSheet.number.between(first, last), PaperSheet.state == sheets.ISSUED)
        .order_by(PaperSheet.number)
    )
    return [(serial, label or "") for serial, label in db.session.execute(query)]


def helpers_of(poll: Poll) -> list[Person]:
    """Who helps at this poll's desk besides its facilitators."""
    query = (
        select(Person)
        .join(PaperHelper, PaperHelper.person_id == Person.id)
        .where(PaperHelper.poll_id == poll.id, PaperHelper.ended_at.is_(None))
        .order_by(Person.name, Person.id)
    )
    return list(db.session.scalars(query))


def record_part(poll: Poll, now: int) -> dict[str, Any]:
    """What the record of a round tells of its paper: the policy, the account, and the sample with its seed's parts."""
    found = account_of(poll, now)
    if poll.paper == "none" and not found.issued:
        return {}
    sample = sample_of(poll)
    part: dict[str, Any] = {
        "policy": Key(poll.paper),
        "account": {
            key: getattr(found, key)
            for key in ("issued", "returned", "missing", "valid", "spoilt", "blank", "overtaken", "waiting", "out")
        },
    }
    if sample.draw is not None and sample.draw.drawn_at is not None:
        part["sample"] = {
            "root": Key(sample.draw.log_root),
            "size": sample.draw.log_size,
            "dice": Key(sample.draw.dice),
            "seed": Key(sample.draw.seed),
            "drawn": [Key(serial) for serial in sample.draw.serials],
            "compared": len(sample.compared),
            "differing": [Key(serial) for serial in sample.differing],
        }
    return {"paper": part}
