"""Adoption: what passed becomes what holds, with somebody who sees to it, what is to be done, and a day to look again."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots import queries, voices
from app.ballots.close import settle
from app.ballots.course import case_of, write_state
from app.ballots.draft import held
from app.ballots.holds import holds_of
from app.ballots.models import Decision, Outcome, Poll
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import Lock, transaction
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import phrase
from app.engine.voting import moves
from app.engine.voting.decision import Asking, phase
from app.people.actor import Actor
from app.projects.outcomes import tell_outcome


def adopt(actor: Actor, activity_public_id: str, owner: str, tasks: str, review_at: int | None) -> str:
    """Adopt what passed, once nothing holds it back. Returns the decision's public id."""
    with transaction() as tx:
        ref, person_id = held(tx, actor, activity_public_id)
        query = (
            select(Poll.id)
            .join(Decision, Decision.id == Poll.decision_id)
            .where(Decision.activity_run_id == ref.id)
            .order_by(Poll.attempt.desc())
        )
        newest = tx.session.scalar(query)
        if newest is None:
            raise Conflict(phrase("Write the text to be decided first."))
        tx.lock(Lock(Poll, newest))
        settle(newest)
        poll = tx.session.get_one(Poll, newest, populate_existing=True)
        decision = tx.session.get_one(Decision, poll.decision_id, with_for_update=True, populate_existing=True)
        rounds = queries.rounds_of([decision.id], tx.now)[decision.id]
        case = case_of(decision, rounds)
        waits = holds_of([ref], tx.now)[ref.id]
        if waits and phase(case, tx.now) == "provisional":
            raise Conflict(waits[0].says)
        given = {"owner": owner.strip(), "tasks": tasks.strip(), "review": review_at}
        moves.end(case, Asking(tx.now, notices_open=len(waits), outcome=given), "adopt")
        assert review_at is not None
        if review_at <= tx.now:
            raise Invalid(phrase("The day of the review lies ahead."), {"review": phrase("Choose a day after today.")})
        write_state(tx, decision, "adopted", at=tx.now, person_id=person_id)
        outcome = Outcome(
            decision_id=decision.id,
            by_id=person_id,
            by_name=actor.name,
            owner=owner.strip(),
            tasks=tasks.strip(),
            review_at=review_at,
            at=tx.now,
        )
        tx.session.add(outcome)
        record_event(
            tx,
            "decision.adopted",
            community_id=decision.community_id,
            project_id=decision.project_id,
            person_id=person_id,
            data={
                **{"owner": outcome.owner, "tasks": outcome.tasks, "by": outcome.by_name},
                "person": actor.public_id,
            },
            public={"decision": decision.public_id, "poll": poll.public_id, "review": review_at},
        )
        tell_outcome(
            tx,
            voices.voters(tx, poll),
            "decision.adopted",
            community_id=decision.community_id,
            project_id=decision.project_id,
            data={"title": rounds[0].version.title},
            href=queries.result_href(poll),
            dedupe=f"adopted:{decision.public_id}",
        )
        return decision.public_id


def outcome_of(decision_id: int) -> Outcome | None:
    """What follows from a decision, once it is adopted."""
    return db.session.scalar(select(Outcome).where(Outcome.decision_id == decision_id))
