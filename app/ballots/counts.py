"""A count under notice 询异公示: objected to, answered, and final once the days are over and nothing is unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from app.ballots import queries, standings, voices, waits
from app.ballots.close import ballots_hash, lapse, recount, settle
from app.ballots.course import is_formal, write_state
from app.ballots.law_models import CountObjection
from app.ballots.models import Decision, Poll
from app.ballots.times import notice_ends
from app.core.database import db
from app.core.events import record_event
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import Moment, Phrase, phrase
from app.engine.voting.arithmetic import square_metres
from app.people.actor import Actor
from app.people.models import Person
from app.projects.outcomes import tell_outcome

LEAST_REASON = 10


def objections_to(poll_id: int) -> list[tuple[CountObjection, str]]:
    """The objections to a count in their order, each with the name of who answered it."""
    query = (
        select(CountObjection, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == CountObjection.answered_by_id)
        .where(CountObjection.poll_id == poll_id)
        .order_by(CountObjection.id)
    )
    return [(row, name) for row, name in db.session.execute(query)]


def find_objection(public_id: str, poll_id: int) -> CountObjection:
    """An objection to this poll's count."""
    query = select(CountObjection).where(CountObjection.public_id == public_id, CountObjection.poll_id == poll_id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _under_notice(tx: Tx, poll_id: int) -> Poll:
    """The poll, whose lock the caller holds, while its count is under notice."""
    poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
    if "notice_days" not in poll.matter or poll.voided_at is not None or tx.now < poll.closes_at:
        raise Closed(phrase("There is no count under notice here yet."))
    if poll.final_at is not None:
        raise Closed(phrase("The count is final."))
    return poll


def _id_of(poll_public_id: str) -> int:
    found = db.session.scalar(select(Poll.id).where(Poll.public_id == poll_public_id))
    if found is None:
        raise NotFound
    return found


def _checked(reason: str, name: str) -> str:
    if len(reason.strip()) < LEAST_REASON:
        sentence = phrase("Say why, in at least %(n)s characters.", n=LEAST_REASON)
        raise Invalid(sentence, {name: sentence})
    return reason.strip()


def object_to(actor: Actor, poll_public_id: str, reason: str) -> str:
    """Object to a preliminary count, with a reason. Open to all who may cast in the vote."""
    person_id, poll_id = actor.person(), _id_of(poll_public_id)
    reason = _checked(reason, "reason")
    settle(poll_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = _under_notice(tx, poll_id)
        if standings.standing_of(actor, poll) is None:
            raise Forbidden(phrase("Who stands on the roll of this vote may object to its count. You do not."))
        row = CountObjection(
            community_id=poll.community_id, poll_id=poll.id, person_id=person_id, reason=reason, at=tx.now
        )
        tx.session.add(row)
        tx.session.flush()
        record_event(
            tx,
            "count.objected",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={"reason": reason, "person": actor.public_id},
            public={"poll": poll.public_id, "objection": row.public_id},
        )
        return row.public_id


def answer(actor: Actor, poll_public_id: str, public_id: str, text: str) -> None:
    """Answer an objection to a count, once, with a reason and one's name."""
    poll_id = _id_of(poll_public_id)
    text = _checked(text, "answer")
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = _under_notice(tx, poll_id)
        person_id = actor.require_facilitator(poll.community_id)
        row = find_objection(public_id, poll.id)
        if row.answered_at is not None:
            raise Conflict(phrase("This objection is answered already."))
        row.answer, row.answered_by_id, row.answered_at = text, person_id, tx.now
        record_event(
            tx,
            "count.answered",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={"answer": text, "person": actor.public_id},
            public={"poll": poll.public_id, "objection": row.public_id},
        )
        tell(
            tx,
            [row.person_id],
            "count.answered",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"answer": text},
            href=queries.result_href(poll),
        )


def may_correct(poll: Poll, now: int) -> bool:
    """Whether a wrongly entered paper ballot may still be set right: after the close, until the count is final."""
    return "notice_days" in poll.matter and poll.final_at is None and now >= poll.closes_at


def missing(poll: Poll, now: int) -> list[Phrase]:
    """What a final count still waits for."""
    found = []
    ends = notice_ends(poll)
    if now < ends:
        found.append(phrase("The count is under notice until %(when)s.", when=Moment(ends)))
    query = select(func.count()).where(CountObjection.poll_id == poll.id, CountObjection.answered_at.is_(None))
    unanswered = db.session.scalar(query) or 0
    if waits.uncounted([poll.id], now):
        found.append(phrase("Sheets of paper are being read anew."))
    if unanswered:
        found.append(phrase("%(n)s objections to the count are unanswered.", n=unanswered))
    return found


def finalise(actor: Actor, poll_public_id: str) -> None:
    """Make the count final: counted once more, ballot by ballot, and compared with the preliminary one."""
    poll_id = _id_of(poll_public_id)
    settle(poll_id)
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = _under_notice(tx, poll_id)
        person_id = actor.require_facilitator(poll.community_id)
        waits = missing(poll, tx.now)
        if waits:
            raise Conflict(waits[0])
        item = queries.round_of(poll, tx.now)
        tally, commitments = recount(tx, item)
        before: Mapping[str, Any] = poll.tally or {}
        poll.final_at = tx.now
        if item.rule.by_area and before.get("areas") != dict(tally.areas):
            # Pages read the areas here once the links have ended; beside those of the preliminary count.
            poll.tally = {**before, "final_areas": dict(tally.areas)}
        record_event(
            tx,
            "count.final",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={},
            public={
                "poll": poll.public_id,
                "cast": tally.cast,
                "counts": dict(tally.counts),
                "areas": dict(tally.areas),
                "ballots": ballots_hash(commitments),
                "passed": tally.passed,
                "changed": [key for key, n in tally.counts.items() if before.get("counts", {}).get(key) != n],
            },
        )
        if not tally.quorum_met:
            lapse(tx, poll, tx.now)
        elif is_formal(poll) and not tally.passed:
            decision = tx.session.get_one(Decision, poll.decision_id, with_for_update=True, populate_existing=True)
            write_state(tx, decision, "rejected", at=tx.now)
        tell_outcome(
            tx,
            voices.voters(tx, poll),
            "poll.closed",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"title": item.version.title, "passed": tally.passed},
            href=queries.result_href(poll),
            dedupe=f"final:{poll.public_id}",
        )


def changed_since(item: queries.Round) -> list[Phrase]:
    """What differs from the preliminary count, stance by stance; nothing where nothing does."""
    before, tally = item.poll.tally, item.tally
    if before is None or tally is None:
        return []
    found = []
    for stance in item.rule.stances:
        was, now = before["counts"][stance.key], tally.counts[stance.key]
        area_was, area = before.get("areas", {}).get(stance.key, 0), tally.areas.get(stance.key, 0)
        if (was, area_was) != (now, area) and not item.rule.by_area:
            found.append(phrase("%(stance)s: %(was)s before, now %(now)s.", stance=stance.title, was=was, now=now))
        elif (was, area_was) != (now, area):
            found.append(
                phrase(
                    "%(stance)s: %(was)s owners with %(area_was)s m² before, now %(now)s with %(area)s m².",
                    stance=stance.title,
                    was=was,
                    area_was=square_metres(area_was),
                    now=now,
                    area=square_metres(area),
                )
            )
    return found
