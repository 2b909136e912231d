"""A helped vote, at the door or the booth: somebody of the desk casts for a unit on its word."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.ballots.box import look
from app.ballots.cast import (
    Receipt,
    hold_poll,
    online_at,
    receipt_of,
    replay,
    require_open,
    require_unboxed,
    tell_unit,
    tidied,
)
from app.ballots.models import RollEntry, Slot, SlotLink
from app.ballots.put import put_ballot
from app.core.once import NO_KEY, is_key
from app.core.transaction import Lock, transaction
from app.engine.canonical import sha256_hex
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import phrase
from app.engine.voting import RULES
from app.paper import desk
from app.people.actor import Actor

MOST_NAME = 60


def help_cast(
    actor: Actor, poll_public_id: str, household: str, raw: Mapping[str, object], *, once: str, said: bool
) -> Receipt:
    """Cast for a unit of the roll on its word. It stands as helped, with the helper's name; the unit may change it.

    ``said`` is the helper's word that the statement was read aloud and the unit agreed.
    """
    poll_id = desk.poll_id_of(poll_public_id)
    content = tidied(raw)
    if not is_key(once):
        raise Invalid(NO_KEY)
    with transaction() as tx:
        held = hold_poll(tx, poll_public_id)
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        if poll.mode == "C":
            raise Conflict(phrase("In this vote nobody may know who said what: nobody can cast it for somebody else."))
        entry_id = desk.read_unit(tx, poll, household).id
        tx.lock(Lock(RollEntry, entry_id))
        slot = tx.session.scalars(
            select(Slot).join(SlotLink, SlotLink.slot_id == Slot.id).where(SlotLink.roll_entry_id == entry_id)
        ).one()
        form = sha256_hex(f"{slot.code}:{once}".encode())
        tx, there = look(tx, held, slot.id, form)  # the clock is read when all is held
        if there.again is not None:
            return replay(held, there.again, content)
        require_open(tx, held)
        entry = tx.session.get_one(RollEntry, entry_id, populate_existing=True)
        require_unboxed(tx, poll, entry)
        if entry.disputed_at is not None:
            raise Conflict(
                phrase("This household is in dispute about its vote: only its signed sheet of paper counts.")
            )
        if not said:
            sentence = phrase("Read the sentence aloud, and tick that they agreed.")
            raise Invalid(sentence, {"said": sentence})
        choice = RULES[poll.rule].read(content)
        ballot = put_ballot(
            tx,
            poll,
            slot.id,
            slot.code,
            choice,
            there.live,
            form=form,
            channel="assisted",
            helper=actor.name[:MOST_NAME],
        )
        entry.last_person_id, entry.online_at = by, online_at(tx, poll)
        tell_unit(tx, poll, entry, "ballot.helped", name=actor.name)
        return receipt_of(ballot, tx.now)
