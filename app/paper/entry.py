"""Entering sheets: two persons read each one apart, and what both read becomes a ballot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.ballots.cast import tell_unit, tidied
from app.ballots.counts import may_correct
from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.ballots.put import put_ballot
from app.ballots.seal import seal_rest
from app.ballots.times import close_of
from app.core.database import db
from app.core.transaction import Lock, Tx, transaction
from app.engine import sheets
from app.engine.canonical import canon
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import Phrase, phrase
from app.engine.sheets import Reading
from app.engine.voting import RULES
from app.paper import desk
from app.paper.models import PaperEntry, PaperSheet
from app.paper.seal import seal
from app.people.actor import Actor

BLANK_KEY, SPOILT_KEY = "8", "9"


@dataclass(frozen=True)
class Entered:
    """What came of an entry: the sheet's number, and how it stands now ("again", "differs", or its end)."""

    serial: str
    state: str


def enter(actor: Actor, poll_public_id: str, raw: Mapping[str, object]) -> Entered:
    """Enter what one reads on a sheet. Whoever enters sees nothing of what others read on it.

    ``raw`` holds the serial, the household as typed (nothing where the sheet is issued to one), the key of the choice
    and, for choices that need them, words.
    """
    poll_id = desk.poll_id_of(poll_public_id)
    number = sheets.read_serial(poll_public_id, str(raw.get("serial") or ""))
    # What corrects a stored count is sealed at once, which takes the poll alone.
    corrects = db.session.scalar(select(Poll.settled_at).where(Poll.id == poll_id)) is not None
    with transaction(lock=[Lock(Poll, poll_id, share=not corrects)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        if not (corrects and may_correct(poll, tx.now)):
            desk.require_uncounted(poll)
        sheet = tx.session.scalar(select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.number == number))
        if sheet is None:
            raise at_field("serial", phrase("No sheet %(number)s was issued.", number=number))
        kind, choice = read_choice(poll, raw)
        unit = read_owner(tx, poll, sheet, kind, str(raw.get("household") or ""))
        held = unit if unit is not None else sheet.roll_entry_id
        if held is not None:
            tx.lock(Lock(RollEntry, held))
        tx.lock(Lock(PaperSheet, sheet.id))
        tx.session.refresh(sheet)
        if sheet.state == sheets.ISSUED:
            desk.require_box_open(poll, tx.now)
            desk.return_sheets(tx, poll, [sheet], by)
        if sheet.state != sheets.RETURNED:
            raise at_field("serial", phrase("This sheet is dealt with already."))
        readings = _readings(tx, sheet)
        if any(reading.person == by for reading in readings):
            raise at_field("serial", phrase("You have entered this sheet. Somebody else must read it now."))
        tx.session.add(
            PaperEntry(
                sheet_id=sheet.id,
                turn=sheet.turn,
                person_id=by,
                kind=kind,
                roll_entry_id=unit,
                choice=canon(choice).decode() if choice is not None else None,
                at=tx.now,
            )
        )
        readings.append(Reading(by, kind, unit, choice))
        found = sheets.agreed(readings)
        if found is None:
            return Entered(sheet.serial, "again" if len(readings) == 1 else "differs")
        _end(tx, poll, sheet, found)
        if corrects:
            seal_rest(tx, poll)
            seal(tx, poll)
        return Entered(sheet.serial, sheet.state)


def at_field(field: str, sentence: Phrase) -> Invalid:
    return Invalid(sentence, {field: sentence})


def read_choice(poll: Poll, raw: Mapping[str, object]) -> tuple[str, dict[str, str] | None]:
    """The kind of reading and its choice, from the key that was pressed: 1 and on are the rule's choices."""
    rule, key = RULES[poll.rule], str(raw.get("choice") or "").strip()
    if key in (BLANK_KEY, SPOILT_KEY):
        return (sheets.BLANK if key == BLANK_KEY else sheets.SPOILT), None
    keys = {str(n): stance.key for n, stance in enumerate(rule.stances, start=1)}
    if key not in keys:
        raise at_field("choice", phrase("Press the key of one of the choices."))
    content = tidied({**raw, "stance": keys[key]})
    return sheets.VALID, rule.read(content)


def read_owner(tx: Tx, poll: Poll, sheet: PaperSheet, kind: str, typed: str) -> int | None:
    """Whose the sheet is, for a valid one: as issued, or as typed."""
    if kind != sheets.VALID:
        return None
    named = sheet.roll_entry_id if sheet.named else None
    if not typed.strip():
        if named is None:
            raise at_field("household", phrase("This sheet was issued blank: type whose it is, like 5-302."))
        return named
    unit = desk.read_unit(tx, poll, typed).id
    if named is not None and named != unit:
        raise at_field("household", phrase("This sheet was issued to another household. Look at it again."))
    return unit


def _readings(tx: Tx, sheet: PaperSheet) -> list[Reading]:
    query = select(PaperEntry).where(PaperEntry.sheet_id == sheet.id, PaperEntry.turn == sheet.turn)
    return [
        Reading(row.person_id, row.kind, row.roll_entry_id, json.loads(row.choice) if row.choice else None)
        for row in tx.session.scalars(query.order_by(PaperEntry.id))
    ]


def _end(tx: Tx, poll: Poll, sheet: PaperSheet, found: Reading) -> None:
    """Two agree: the sheet comes to its end, and a valid one becomes its unit's ballot."""
    if found.kind == sheets.VALID:
        assert found.unit is not None
        assert found.choice is not None
        entry = tx.session.get_one(RollEntry, found.unit, populate_existing=True)
        _finish(tx, sheet, _place(tx, poll, sheet, entry, found.choice))
        return
    if sheet.turn > 1 and _counts(tx, poll, sheet):
        # A ballot is never taken back by the desk alone: that is for the inspectors.
        raise Conflict(phrase("This sheet was counted as valid. That it isn’t is for the inspectors to find."))
    _finish(tx, sheet, found.kind)
    if sheet.roll_entry_id is None:
        return
    entry = tx.session.get_one(RollEntry, sheet.roll_entry_id, populate_existing=True)
    others = select(PaperSheet.id).where(
        PaperSheet.roll_entry_id == entry.id, PaperSheet.state.in_((sheets.RETURNED, sheets.VALID))
    )
    if tx.session.scalar(others.limit(1)) is None:
        entry.boxed_at = None
    tell_unit(tx, poll, entry, "paper.invalid", open=tx.now < close_of(poll, tx.now))


def _counts(tx: Tx, poll: Poll, sheet: PaperSheet) -> bool:
    query = select(Ballot.id).where(Ballot.poll_id == poll.id, Ballot.serial == sheet.serial, Ballot.live)
    return tx.session.scalar(query) is not None


def _finish(tx: Tx, sheet: PaperSheet, state: str) -> None:
    sheet.state, sheet.ended_at, sheet.sealed = sheets.move(sheet.state, state), tx.now, False
    tx.session.flush()


def _place(tx: Tx, poll: Poll, sheet: PaperSheet, entry: RollEntry, choice: Mapping[str, str]) -> str:
    """Put a valid sheet into its unit's slot, by the policy; returns how the sheet ends."""
    slot = tx.session.scalars(
        select(Slot).join(SlotLink, SlotLink.slot_id == Slot.id).where(SlotLink.roll_entry_id == entry.id)
    ).one()
    before = tx.session.scalar(
        select(Ballot).where(Ballot.slot_id == slot.id, Ballot.live).execution_options(populate_existing=True)
    )
    first = sheet.roll_entry_id is None
    if not first and sheet.roll_entry_id != entry.id:
        raise Conflict(phrase("This sheet was counted for another household. That is for the inspectors to find."))
    sheet.roll_entry_id = entry.id
    if before is not None and before.serial != sheet.serial:
        if poll.settled_at is not None:
            # A correction changes what a sheet says, not which of its unit's ballots is the one that was counted.
            return sheets.OVERTAKEN
        other = _sheet_of(tx, poll, before)
        if _said_later(poll, entry, sheet, other):
            tell_unit(tx, poll, entry, "paper.overtaken")
            return sheets.OVERTAKEN
        if other is not None:
            _finish(tx, other, sheets.OVERTAKEN)
    entry.boxed_at = sheet.returned_at
    put_ballot(tx, poll, slot.id, slot.code, choice, before, channel="paper", serial=sheet.serial)
    tell_unit(tx, poll, entry, "paper.counted")
    return sheets.VALID


def _said_later(poll: Poll, entry: RollEntry, sheet: PaperSheet, other: PaperSheet | None) -> bool:
    """Whether what stands in the slot was said after this sheet was recorded in the box: by another sheet, or on screen.

    What was said on screen outdoes a sheet only by the policy, and never that of a household in dispute.
    """
    assert sheet.returned_at is not None
    if other is not None:
        return (other.returned_at or 0, other.number) > (sheet.returned_at, sheet.number)
    if poll.paper != "last" or entry.disputed_at is not None:
        return False
    return entry.online_at is not None and entry.online_at > sheet.returned_at


def _sheet_of(tx: Tx, poll: Poll, ballot: Ballot) -> PaperSheet | None:
    if ballot.channel != "paper":
        return None
    query = select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.serial == ballot.serial)
    row = tx.session.scalars(query.with_for_update()).one()
    tx.session.refresh(row)
    return row
