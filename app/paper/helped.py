"""A helped vote, at the door or the booth: somebody of the desk casts for a unit on its word."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from app.ballots.cast import (
    Receipt,
    once_scope,
    put_ballot,
    receipt_of,
    require_open,
    require_unboxed,
    tell_unit,
    tidied,
)
from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.core.once import remember, replayed
from app.core.transaction import Lock, transaction
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
    content = {**tidied(raw), "household": household.strip()}
    with transaction(lock=[Lock(Poll, poll_id, share=True)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = desk.require_desk(actor, poll)
        if poll.mode == "C":
            raise Conflict(phrase("In this vote nobody may know who said what: nobody can cast it for somebody else."))
        entry_id = desk.read_unit(tx, poll, household).id
        tx.lock(Lock(RollEntry, entry_id))
        slot = tx.session.scalars(
            select(Slot).join(SlotLink, SlotLink.slot_id == Slot.id).where(SlotLink.roll_entry_id == entry_id)
        ).one()
        # Kept with the slot's own forms, which are forgotten when the count is done.
        known = replayed(tx, once_scope(slot.code), once, content)
        if known is not None:
            again = tx.session.scalars(select(Ballot).where(Ballot.public_id == known)).one()
            return receipt_of(again, tx.now)
        require_open(tx, poll)
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
        before = tx.session.scalar(
            select(Ballot).where(Ballot.slot_id == slot.id, Ballot.live).execution_options(populate_existing=True)
        )
        ballot = put_ballot(tx, poll, slot, choice, before, channel="assisted", helper=actor.name[:MOST_NAME])
        entry.last_person_id = by
        remember(tx, once_scope(slot.code), once, content, ballot.public_id)
        tell_unit(tx, poll, entry, "ballot.helped", name=actor.name)
        return receipt_of(ballot, tx.now)
