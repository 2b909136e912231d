"""The draft of a text, and what each command of a facilitator on a vote begins with."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots import queries
from app.ballots.course import may_draft
from app.ballots.gates import SPEC
from app.ballots.models import Decision
from app.ballots.queries import Round
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Frozen, Invalid
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.projects.kinds import ActivityRef, only
from app.projects.models import Project
from app.projects.queries import find_activity


def save_draft(actor: Actor, activity_public_id: str, title: str, text: str) -> str:
    """Write the text to be decided, until it is announced. Returns the decision's public id."""
    title, text = title.strip(), text.strip()
    missing = phrase("Please fill this in.")
    empty = {name: missing for name, value in (("title", title), ("text", text)) if not value}
    if empty:
        raise Invalid(phrase("Title and text are needed."), empty)
    with transaction() as tx:
        ref, person_id = held(tx, actor, activity_public_id)
        decision = decision_of(tx, ref)
        if decision is None:
            place = {"community_id": ref.community_id, "project_id": ref.project_id, "activity_run_id": ref.id}
            decision = Decision(title=title, proposer_id=person_id, **place)
            tx.session.add(decision)
        elif not may_draft(decision, rounds_held(tx, decision), tx.now):
            raise Frozen(phrase("The text is frozen since it was announced. A new one can follow after the close."))
        decision.title, decision.draft = title, text
        tx.session.flush()
        record_event(
            tx,
            "decision.drafted",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"decision": decision.public_id, "title": title, "text": text},
            public={"decision": decision.public_id},
        )
        return decision.public_id


def held(tx: Tx, actor: Actor, activity_public_id: str) -> tuple[ActivityRef, int]:
    """The activity of a facilitator's command, its project held so that the step can't close meanwhile."""
    ref = only(SPEC, find_activity(activity_public_id, tx.now))
    person_id = actor.require_facilitator(ref.community_id)
    tx.lock(Lock(Project, ref.project_id, share=True))
    ref = only(SPEC, find_activity(activity_public_id, tx.now))
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    return ref, person_id


def decision_of(tx: Tx, ref: ActivityRef) -> Decision | None:
    """The decision of an activity, held."""
    query = select(Decision).where(Decision.activity_run_id == ref.id).with_for_update()
    return tx.session.scalar(query.execution_options(populate_existing=True))


def rounds_held(tx: Tx, decision: Decision) -> list[Round]:
    """The rounds of a decision, newest first, as a command sees them."""
    return queries.rounds_of([decision.id], tx.now)[decision.id]
