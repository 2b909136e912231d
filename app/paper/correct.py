"""A sheet that was entered wrongly: read anew by two, while the count of owners is under notice."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots.counts import LEAST_REASON, may_correct
from app.ballots.models import Poll
from app.core.events import record_event
from app.core.transaction import Lock, transaction
from app.engine import sheets
from app.engine.errors import Closed, Conflict, NotFound
from app.engine.phrase import phrase
from app.engine.voting import RULES
from app.paper import desk
from app.paper.entry import at_field
from app.paper.models import PaperSheet
from app.people.actor import Actor

DONE = (sheets.VALID, sheets.SPOILT, sheets.BLANK)


def may_reopen(poll: Poll, sheet: PaperSheet, now: int) -> bool:
    """Whether a sheet may be read anew: it was dealt with, and the count is preliminary."""
    counted = poll.settled_at is not None and poll.voided_at is None
    # An objection is withdrawn by who raised it, never by the desk.
    return counted and may_correct(poll, now) and sheet.state in DONE and not RULES[poll.rule].objects


def reopen(actor: Actor, poll_public_id: str, serial: str, reason: str) -> None:
    """Have a sheet read anew by two persons, for a reason that stands in the log; what it said counts until then."""
    if len(reason.strip()) < LEAST_REASON:
        raise at_field("reason", phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON))
    poll_id = desk.poll_id_of(poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = desk.held_poll(tx, poll_id)
        by = actor.require_facilitator(poll.community_id)
        query = select(PaperSheet).where(PaperSheet.poll_id == poll.id, PaperSheet.serial == serial)
        sheet = tx.session.scalar(query.execution_options(populate_existing=True))
        if sheet is None:
            raise NotFound
        if not may_correct(poll, tx.now):
            raise Closed(phrase("A sheet is read anew only while a count is under notice."))
        if not may_reopen(poll, sheet, tx.now):
            raise Conflict(phrase("This sheet can’t be read anew now."))
        sheet.state, sheet.ended_at = sheets.move(sheet.state, sheets.RETURNED), None
        sheet.turn += 1
        record_event(
            tx,
            "paper.reopened",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=by,
            data={"reason": reason.strip(), "person": actor.public_id},
            public={"poll": poll.public_id, "sheet": sheet.serial},
        )
