"""Ways out: a decision that is stuck is narrowed once or given up, and its proposer may withdraw it; the review after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from app.ballots import queries, voices
from app.ballots.close import settle
from app.ballots.course import case_of, write_state
from app.ballots.draft import held
from app.ballots.gates import SPEC
from app.ballots.models import Decision, Outcome, Poll, TextVersion
from app.ballots.queries import Round
from app.core.database import db
from app.core.events import Event, record_event
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import Moment, Phrase, phrase
from app.engine.voting import moves
from app.engine.voting.decision import Asking
from app.people.actor import Actor
from app.projects.kinds import only
from app.projects.models import Project
from app.projects.outcomes import tell_outcome
from app.projects.queries import find_activity

Move = Literal["narrow", "reject", "withdraw"]
ENDS: dict[str, str] = {"reject": "rejected", "withdraw": "withdrawn"}
LEAST_REASON = 10


@dataclass(frozen=True)
class Ended:
    """How a decision left its course, and why."""

    state: str
    reason: str
    at: int


def ways_out(actor: Actor, decision: Decision | None, rounds: Sequence[Round], now: int) -> list[Move]:
    """The moves that somebody may make now, out of a deadlock or as the proposer."""
    if decision is None or decision.state not in ("drafting", "deciding"):
        return []
    case, asking = case_of(decision, rounds), Asking(now, by_proposer=_proposes(actor, decision))
    known: tuple[Move, ...] = ("narrow", "reject", "withdraw")
    return [move for move in known if moves.allowed(move, case, asking)]


def _proposes(actor: Actor, decision: Decision) -> bool:
    return decision.proposer_id is not None and decision.proposer_id == actor.person_id


def leave(actor: Actor, activity_public_id: str, move: Move, reason: str) -> None:
    """Narrow a decision that is stuck, give it up, or withdraw it as its proposer; with a reason, in public."""
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        sentence = phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON)
        raise Invalid(sentence, {"reason": sentence})
    with transaction() as tx:
        ref, person_id = held(tx, actor, activity_public_id)
        newest = _newest(tx, ref.id)
        if newest is not None:
            tx.lock(Lock(Poll, newest))
            settle(newest)
        query = select(Decision).where(Decision.activity_run_id == ref.id).with_for_update()
        decision = tx.session.scalar(query.execution_options(populate_existing=True))
        if decision is None:
            raise Conflict(phrase("Write the text to be decided first."))
        rounds = queries.rounds_of([decision.id], tx.now)[decision.id]
        case, asking = case_of(decision, rounds), Asking(tx.now, by_proposer=_proposes(actor, decision))
        if move == "narrow":
            moves.narrow(case, asking)
            decision.narrowed_at = tx.now
            state = "drafting"
        else:
            moves.end(case, asking, move)
            state = ENDS[move]
        write_state(tx, decision, state, at=tx.now, person_id=person_id, reason=reason)
        if rounds:
            tell_outcome(
                tx,
                voices.voters(tx, rounds[0].poll),
                "decision.left",
                community_id=decision.community_id,
                project_id=decision.project_id,
                data={"title": rounds[0].version.title, "state": state, "reason": reason.strip()},
                href=f"/c/{ref.slug}/votes/{ref.public_id}",
                dedupe=f"left:{decision.public_id}:{tx.now}",
            )


def _newest(tx: Tx, activity_id: int) -> int | None:
    query = select(Poll.id).join(Decision, Decision.id == Poll.decision_id)
    return tx.session.scalar(query.where(Decision.activity_run_id == activity_id).order_by(Poll.attempt.desc()))


def ended_of(decision: Decision | None) -> Ended | None:
    """How a decision was narrowed, given up or withdrawn, with the reason; None for others."""
    if decision is None:
        return None
    query = (
        select(Event)
        .where(Event.project_id == decision.project_id, Event.kind == "decision.moved")
        .order_by(Event.id.desc())
    )
    for event in db.session.scalars(query):
        if event.data.get("decision") == decision.public_id:
            return Ended(event.data["state"], event.data["reason"], event.at)
    return None


def review(actor: Actor, activity_public_id: str, found: str) -> None:
    """Write down what was found when the day of the review had come; once."""
    found = found.strip()
    if not found:
        sentence = phrase("Say what was found.")
        raise Invalid(sentence, {"found": sentence})
    with transaction() as tx:
        ref = only(SPEC, find_activity(activity_public_id, tx.now))
        person_id = actor.require_facilitator(ref.community_id)
        row = tx.session.scalar(
            select(Outcome)
            .join(Decision, Decision.id == Outcome.decision_id)
            .where(Decision.activity_run_id == ref.id)
            .with_for_update(of=Outcome.__table__)
        )
        refused = why_not_reviewed(row, tx.now)
        if refused is not None or row is None:
            raise Conflict(refused or phrase("Nothing is adopted here yet."))
        row.found, row.found_by, row.found_at = found, actor.name, tx.now
        decision = tx.session.get_one(Decision, row.decision_id)
        record_event(
            tx,
            "decision.reviewed",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"found": found, "by": actor.name, "person": actor.public_id},
            public={"decision": decision.public_id},
        )


def why_not_reviewed(row: Outcome | None, now: int) -> Phrase | None:
    """Why the review can't be written down now; None when it can."""
    if row is None:
        return phrase("Nothing is adopted here yet.")
    if row.found_at is not None:
        return phrase("What was found is written down already.")
    if now < row.review_at:
        return phrase("It is looked at again %(when)s.", when=Moment(row.review_at))
    return None


def review_due() -> int:
    """Tell the facilitator and the roll, once, that the day of a review has come; returns how many decisions."""
    with transaction() as tx:
        rows = tx.session.execute(
            select(Outcome, Decision)
            .join(Decision, Decision.id == Outcome.decision_id)
            .where(Outcome.review_at <= tx.now, Outcome.told_at.is_(None), Outcome.found_at.is_(None))
            .order_by(Outcome.id)
            .with_for_update(of=Outcome.__table__, skip_locked=True)
        ).all()
        for outcome, decision in rows:
            outcome.told_at = tx.now
            newest = _newest(tx, decision.activity_run_id)
            assert newest is not None  # it was adopted
            poll = tx.session.get_one(Poll, newest)
            title = tx.session.scalars(select(TextVersion.title).where(TextVersion.id == poll.version_id)).one()
            lead = tx.session.get_one(Project, decision.project_id).facilitator_id
            people = {lead, *voices.voters(tx, poll)}
            tell(
                tx,
                sorted(people),
                "decision.review",
                community_id=decision.community_id,
                project_id=decision.project_id,
                data={"title": title},
                href=queries.result_href(poll),
                dedupe=f"review:{decision.public_id}",
            )
        return len(rows)
