"""Inspectors 监督人: three residents named at the announcement; two of them who find a fault make the round void."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.ballots import queries, voices
from app.ballots.close import settle
from app.ballots.course import case_of
from app.ballots.holds import undo_after
from app.ballots.inspector_models import Inspector
from app.ballots.models import Decision, Poll
from app.ballots.seal import seal_rest
from app.core.database import db
from app.core.events import record_event
from app.core.jobs import enqueue
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.engine.voting import moves
from app.engine.voting.decision import Asking, Case
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.people.queries import residents_called
from app.projects.models import ActivityRun, Project
from app.projects.outcomes import tell_outcome

FIELDS = ("inspector_1", "inspector_2", "inspector_3")
LEAST_REASON = 30


def inspectors_of(poll_id: int) -> list[Inspector]:
    """The inspectors of a poll in the order of their naming; none where none were named."""
    return list(db.session.scalars(select(Inspector).where(Inspector.poll_id == poll_id).order_by(Inspector.id)))


def inspects(actor: Actor, inspectors: Sequence[Inspector]) -> Inspector | None:
    """The actor's own place among them."""
    return next((row for row in inspectors if actor.known and row.person_id == actor.person_id), None)


def read_names(community_id: int, typed: Sequence[str], proposer_id: int | None) -> list[Person]:
    """The three residents that were typed, or nobody where nothing was; Invalid beside each field that can't be read."""
    if not any(name.strip() for name in typed):
        return []
    wrong: dict[str, Phrase] = {}
    found: list[Person] = []
    for field, name in zip(FIELDS, typed, strict=True):
        people = residents_called(community_id, name) if name.strip() else []
        if not name.strip():
            wrong[field] = phrase("Name three inspectors, or none.")
        elif not people:
            wrong[field] = phrase("No resident who has signed in, and is no staff, is called so. Check the name.")
        elif len(people) > 1:
            example = people[0][1]
            wrong[field] = phrase(
                "%(n)s residents are called so. Add the address: %(name)s %(address)s.",
                n=len(people),
                name=people[0][0].name,
                address=example,
            )
        elif people[0][0].id == proposer_id:
            wrong[field] = phrase("Whoever proposed this can’t inspect its vote.")
        elif people[0][0].id in {person.id for person in found}:
            wrong[field] = phrase("This is the same person twice.")
        else:
            found.append(people[0][0])
    if wrong:
        raise Invalid(phrase("This can't be announced yet."), wrong)
    return found


def freeze(tx: Tx, poll: Poll, people: Sequence[Person], title: str, slug: str) -> None:
    """Write down the inspectors of a poll that is announced, and tell them."""
    tx.session.add_all(
        Inspector(
            community_id=poll.community_id, poll_id=poll.id, person_id=person.id, name=person.name, named_at=tx.now
        )
        for person in people
    )
    tell(
        tx,
        [person.id for person in people],
        "inspector.named",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": title},
        href=f"/c/{slug}/poll/{poll.public_id}/inspect",
        dedupe=f"inspector:{poll.public_id}",
    )


def may_find(case: Case, now: int) -> bool:
    """Whether a fault may be found now: after the close, before an end, and not in a round that was repeated for one."""
    return moves.allowed("void", case, Asking(now, faults=moves.AGREEING))


def find_fault(actor: Actor, poll_public_id: str, reason: str) -> bool:
    """Find a fault that could have changed the result; with the second one the round is void. Whether it is now."""
    person_id, reason = actor.person(), reason.strip()
    if len(reason) < LEAST_REASON:
        sentence = phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON)
        raise Invalid(sentence, {"reason": sentence})
    poll_id = db.session.scalar(select(Poll.id).where(Poll.public_id == poll_public_id))
    if poll_id is None:
        raise NotFound
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        settle(poll_id)
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        decision = tx.session.get_one(Decision, poll.decision_id, with_for_update=True, populate_existing=True)
        everybody = inspectors_of(poll.id)
        mine = inspects(actor, everybody)
        if mine is None:
            raise Forbidden(phrase("Only the three inspectors of this vote do this."))
        rounds = queries.rounds_of([decision.id], tx.now)[decision.id]
        if rounds[0].poll.id != poll.id:
            raise Conflict(phrase("A later round was announced since. This one stays in the record as it ended."))
        case = case_of(decision, rounds)
        moves.require("void", case, Asking(tx.now, faults=moves.AGREEING))  # whether it is the time for it at all
        if mine.found_at is not None:
            raise Conflict(phrase("Your finding is written down already, and stays."))
        mine.fault, mine.found_at = reason, tx.now
        tx.session.flush()
        faults = sum(1 for row in everybody if row.found_at is not None)
        record_event(
            tx,
            "poll.faulted",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={"reason": reason, "name": mine.name},
            public={"poll": poll.public_id, "faults": faults},
        )
        if faults < moves.AGREEING:
            _tell_others(tx, poll, rounds[0], everybody, mine)
            return False
        _void(tx, poll, decision, rounds[0], case, faults)
        return True


def _tell_others(tx: Tx, poll: Poll, item: queries.Round, everybody: Sequence[Inspector], mine: Inspector) -> None:
    others = {row.person_id for row in everybody} - {mine.person_id}
    tell(
        tx,
        sorted(others | {tx.session.get_one(Project, poll.project_id).facilitator_id}),
        "poll.faulted",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": item.version.title, "name": mine.name},
        href=queries.result_href(poll),
    )


def _void(tx: Tx, poll: Poll, decision: Decision, item: queries.Round, case: Case, faults: int) -> None:
    moves.void(case, Asking(tx.now, faults=faults))
    if poll.settled_at is None:
        seal_rest(tx, poll)  # what was cast stays provable, though nothing of it counts
    poll.voided_at = tx.now
    record_event(
        tx,
        "poll.voided",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={},
        public={"poll": poll.public_id, "voided": tx.now, "faults": faults},
    )
    run = tx.session.get_one(ActivityRun, decision.activity_run_id)
    run.opens_at = run.closes_at = None  # as before its announcement: what comes after it waits again
    tx.session.flush()
    undo_after(tx, run.id)
    enqueue(tx, "checkpoint", {"community": poll.community_id}, key=f"voided:{poll.public_id}")
    tell_outcome(
        tx,
        voices.voters(tx, poll),
        "poll.voided",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": item.version.title},
        href=queries.result_href(poll),
        dedupe=f"voided:{poll.public_id}",
    )


def inspects_in(actor: Actor, community_id: int) -> bool:
    """Whether somebody inspects an undecided vote of a community."""
    query = (
        select(Inspector.id)
        .join(Poll, Poll.id == Inspector.poll_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .where(Inspector.person_id == actor.person_id, Inspector.community_id == community_id)
        .where(Decision.state == "deciding")
    )
    return actor.known and db.session.scalar(query.limit(1)) is not None


def inspected_by(actor: Actor) -> list[tuple[str, str, str]]:
    """The undecided votes that a person inspects: title, the community's short name, public id."""
    if not actor.known:
        return []
    query = (
        select(Decision.title, Community.slug, Poll.public_id)
        .join(Poll, Poll.decision_id == Decision.id)
        .join(Inspector, Inspector.poll_id == Poll.id)
        .join(Community, Community.id == Poll.community_id)
        .where(Inspector.person_id == actor.person_id, Decision.state == "deciding", Poll.voided_at.is_(None))
        .order_by(Poll.closes_at, Poll.id)
    )
    return [(title, slug, public_id) for title, slug, public_id in db.session.execute(query)]
