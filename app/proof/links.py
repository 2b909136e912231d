"""The end of the links between voters and slots, and the looks that staff take at who has voted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from app.ballots import queries
from app.ballots.inspectors import inspects_in
from app.ballots.joins import end_joins
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, SlotLink
from app.core.clock import DAY
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Forbidden
from app.engine.objections import ended
from app.engine.phrase import phrase
from app.people.access import note_access
from app.people.actor import Actor

OBJECTION_DAYS = 90  # an objection that nobody ends keeps the links no longer than this
ENDED = ("adopted", "rejected", "lapsed", "withdrawn")
PAGE = 50


def final(tx: Tx, poll: Poll) -> None:
    """Whoever makes an outcome final calls this: in mode A, that ends the links between voters and slots.

    Where something still needs them, they stay, and the tick ends them once it doesn't.
    """
    if poll.links_deleted_at is None and poll.mode == "A" and not kept(poll, tx.now, tx.now):
        _delete(tx, poll)


def kept(poll: Poll, outcome_at: int, now: int) -> bool:
    """Whether the links of a round are needed yet: for its count, or to know who raised an objection at the desk."""
    if poll.voided_at is not None:
        return False  # nothing of it counts, and nobody has to answer for it any more
    if poll.settled_at is None or ("notice_days" in poll.matter and poll.final_at is None):
        return True
    states = db.session.scalars(select(Objection.state).where(Objection.poll_id == poll.id))
    open_still = any(not ended(state) for state in states)
    return open_still and now < outcome_at + OBJECTION_DAYS * DAY


def delete_due(evidence_days: int) -> int:
    """Delete the links whose time has come: mode A after the final outcome, B so many days later; of how many polls."""
    with transaction() as tx:
        over = (Poll.final_at.is_not(None)) | (Decision.state.in_(ENDED) & Decision.state_at.is_not(None))
        rows = tx.session.execute(
            select(Poll.id, Poll.mode, Poll.final_at, Decision.state_at)
            .join(Decision, Decision.id == Poll.decision_id)
            .where(Poll.links_deleted_at.is_(None), Poll.mode != "C", over)
            .order_by(Poll.id)
        ).all()
        wait = {"A": 0, "B": evidence_days * DAY}
        outcomes = {row.id: row.final_at or row.state_at for row in rows}
        due = [row.id for row in rows if outcomes[row.id] + wait[row.mode] <= tx.now]
    deleted = 0
    for poll_id in due:
        with transaction(lock=[Lock(Poll, poll_id)]) as tx:
            poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
            if poll.links_deleted_at is None and not kept(poll, outcomes[poll_id], tx.now):
                _delete(tx, poll)
                deleted += 1
    return deleted


def _delete(tx: Tx, poll: Poll) -> None:
    tx.session.execute(delete(SlotLink).where(SlotLink.poll_id == poll.id))
    # Who of a household cast last would tell that it cast at all.
    tx.session.execute(update(RollEntry).where(RollEntry.poll_id == poll.id).values(last_person_id=None))
    end_joins(tx, poll)
    poll.links_deleted_at = tx.now
    record_event(
        tx,
        "links.deleted",
        community_id=poll.community_id,
        project_id=poll.project_id,
        public={"poll": poll.public_id, "deleted": tx.now},
    )


@dataclass(frozen=True)
class NotYet:
    """One page of those who have not voted, by their addresses."""

    labels: list[str]
    total: int
    page: int
    pages: int


def may_see_missing(actor: Actor, community_id: int) -> bool:
    """Those who go from door to door: the facilitators."""
    return actor.facilitates(community_id)


def missing(actor: Actor, poll: Poll, page: int, now: int) -> NotYet:
    """Who has not voted yet: for those who do the outreach, until the quorum, without any stance; each look is logged."""
    if not may_see_missing(actor, poll.community_id):
        raise Forbidden(phrase("Only the facilitators of this community may do this."))
    rounds = queries.rounds_of([poll.decision_id], now)[poll.decision_id]
    item = next(found for found in rounds if found.poll.id == poll.id)
    if item.phase != "open" or item.cast >= item.needed:
        raise Closed(
            phrase("This list is there while the vote is open and too few have voted. Nobody needs it any longer.")
        )
    note_access(actor, poll.community_id, "not voted", poll.public_id)
    voted = select(SlotLink.roll_entry_id).join(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
    rows = select(RollEntry.label).where(
        RollEntry.poll_id == poll.id, ~RollEntry.voted, RollEntry.id.not_in(voted.where(SlotLink.poll_id == poll.id))
    )
    labels = sorted(db.session.scalars(rows))
    pages = max(1, -(-len(labels) // PAGE))
    page = min(max(1, page), pages)
    return NotYet(labels[(page - 1) * PAGE : page * PAGE], len(labels), page, pages)


def may_see_looks(actor: Actor, community_id: int) -> bool:
    """The town's administrator, the inspectors of the community, and those named for one of its votes under way."""
    return actor.is_admin or actor.has_role(community_id, "inspector") or inspects_in(actor, community_id)
