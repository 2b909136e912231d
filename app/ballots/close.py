"""What happens to a vote after its close: the tally is stored, and those who objected may withdraw."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import func, or_, select, update

from app.ballots import queries, voices, waits, weights
from app.ballots.cast import place_of
from app.ballots.course import said_of, write_state
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink
from app.ballots.prolong import prolong
from app.ballots.seal import seal, seal_rest
from app.ballots.times import close_of, life_of
from app.core.events import record_event
from app.core.jobs import enqueue
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine import objections
from app.engine.canonical import tagged
from app.engine.errors import Conflict, NotFound
from app.engine.phrase import phrase
from app.engine.voting import Tally, Vote
from app.people.actor import Actor
from app.projects.models import Project
from app.projects.outcomes import tell_outcome


def withdraw_objection(actor: Actor, poll_public_id: str) -> None:
    """Withdraw one's household's objection after the close; before it, a changed vote does that. Nobody else can."""
    poll_id, entry_id = place_of(actor, poll_public_id)
    # The poll exclusively: with its last objection gone, it may pass.
    with transaction(lock=[Lock(Poll, poll_id), Lock(RollEntry, entry_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        row = tx.session.scalar(
            select(Objection)
            .join(Ballot, Ballot.id == Objection.ballot_id)
            .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
            .where(SlotLink.roll_entry_id == entry_id, Ballot.live)
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound
        later = select(Poll.id).where(Poll.decision_id == poll.decision_id, Poll.attempt > poll.attempt).limit(1)
        if tx.session.scalar(later) is not None:
            raise Conflict(
                phrase("A changed text has been announced since. This round stays in the record as it ended.")
            )
        # Before the close an entry in the log would tell everybody that there was an objection: it is refused.
        life = objections.withdraw(life_of(row, close_of(poll, tx.now)), tx.now, by_objector=True)
        settle(poll_id)
        if poll.settled_at is None:
            raise Conflict(phrase("The votes on paper are still being counted. Withdraw the objection after that."))
        row.state, row.ended_at = life.state, tx.now
        record_event(
            tx,
            "objection.withdrawn",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data=said_of(row),
            public={"objection": row.public_id, "poll": poll.public_id, "state": row.state},
        )
        tell(
            tx,
            [tx.session.get_one(Project, poll.project_id).facilitator_id],
            "objection.withdrawn",
            community_id=poll.community_id,
            project_id=poll.project_id,
            href=queries.result_href(poll),
        )
        tx.session.flush()
        result = queries.round_of(poll, tx.now)
        if result.passed:
            _tell_roll(tx, poll, result, f"passed:{poll.public_id}")


def _tell_roll(tx: Tx, poll: Poll, result: queries.Round, dedupe: str) -> None:
    tell_outcome(
        tx,
        voices.voters(tx, poll),
        "poll.counted" if result.preliminary else "poll.closed",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": result.version.title, "passed": result.carried},
        href=queries.result_href(poll),
        dedupe=dedupe,
    )


def settle_due() -> int:
    """Store the tally of each poll that closed since, and tell its roll; returns how many. Reading doesn't need it."""
    with transaction() as tx:
        due = list(
            tx.session.scalars(
                select(Poll.id)
                .where(
                    Poll.closes_at <= tx.now,
                    Poll.settled_at.is_(None),
                    Poll.voided_at.is_(None),
                    or_(Poll.prolonged_until.is_(None), Poll.prolonged_until <= tx.now),
                )
                .order_by(Poll.closes_at, Poll.id)
            )
        )
    for poll_id in due:
        prolong(poll_id)
    with transaction() as tx:
        waiting = waits.uncounted(due, tx.now)
    due = [poll_id for poll_id in due if poll_id not in waiting]
    for poll_id in due:
        # In short transactions, so that nobody waits for all of a large vote; what is left, its own close seals.
        seal(poll_id)
    return sum(settle(poll_id) for poll_id in due)


def settle(poll_id: int) -> bool:
    """Store one closed poll's tally under its exclusive lock; once. The log entry names the deadline."""
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        if poll.settled_at is not None or poll.closes_at > tx.now:
            return False
        prolong(poll_id)  # what was due before comes first
        if close_of(poll, tx.now) > tx.now or waits.uncounted([poll.id], tx.now):
            return False
        waits.prepare(tx, poll)
        seal_rest(tx, poll)
        # The hours of casts on screen were kept for sheets that are read later: none is, from here on.
        hours = update(RollEntry).where(RollEntry.poll_id == poll.id, RollEntry.online_at.is_not(None))
        tx.session.execute(hours.values(online_at=None))
        result = queries.round_of(poll, tx.now)
        tally, commitments = recount(tx, result)
        poll.tally = {"counts": dict(tally.counts), "cast": tally.cast, "standing": result.standing}
        if result.rule.by_area:
            poll.tally = {**poll.tally, "areas": dict(tally.areas)}
        if poll.rings:
            poll.tally = {**poll.tally, "rings": weights.cast_by_ring(poll)}
        poll.settled_at = tx.now
        _withdraw_replaced(tx, poll)
        record_event(
            tx,
            "poll.closed",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={},
            public={
                "poll": poll.public_id,
                "closed": result.closes_at,
                "cast": tally.cast,
                "counts": dict(tally.counts),
                **({"areas": dict(tally.areas)} if result.rule.by_area else {}),
                **({"rings": _ring_words(poll)} if poll.rings else {}),
                "ballots": ballots_hash(commitments),
            },
        )
        enqueue(tx, "checkpoint", {"community": poll.community_id}, key=f"closed:{poll.public_id}")
        if not tally.quorum_met and "notice_days" not in poll.matter:
            lapse(tx, poll, result.closes_at)
        _tell_roll(tx, poll, result, f"closed:{poll.public_id}")
        return True


def _ring_words(poll: Poll) -> dict[str, bool]:
    """Of each ring that must take part, whether a third did; not how many: a ring may be few."""
    return {key: ring.enough for key, ring in zip(sorted(poll.rings), weights.rings_of(poll), strict=True)}


def lapse(tx: Tx, poll: Poll, at: int) -> None:
    """Too few took part, after the prolongation where there was one: the decision has come to its end."""
    decision = tx.session.get_one(Decision, poll.decision_id, with_for_update=True, populate_existing=True)
    if decision.state == "deciding":
        write_state(tx, decision, "lapsed", at=at)


def recount(tx: Tx, result: queries.Round) -> tuple[Tally, list[bytes]]:
    """Count ballot by ballot, from the choices that were committed to: what pages count by groups must agree."""
    rows = tx.session.execute(
        select(func.coalesce(Slot.code, Ballot.public_id), Ballot.choice, Ballot.commitment)
        .outerjoin(Slot, Slot.id == Ballot.slot_id)
        .where(Ballot.poll_id == result.poll.id, Ballot.live)
    ).all()
    areas = weights.area_of_slots(result.poll) if result.rule.by_area else {}
    votes = [Vote(code, json.loads(choice), areas.get(code, 0)) for code, choice, _ in rows]
    raised = sum(1 for vote in votes if vote.choice["stance"] in result.rule.objects)
    tally = result.rule.tally(
        votes, weights.roll_of(result.poll), queries.policy_of(result.poll), raised - result.standing
    )
    if result.tally is not None and (tally.counts, tally.areas) != (result.tally.counts, result.tally.areas):
        raise RuntimeError(f"two counts of poll {result.poll.public_id}")
    return tally, [bytes.fromhex(commitment) for _, _, commitment in rows]


def ballots_hash(commitments: Sequence[bytes]) -> str:
    """The hash that binds the ballots of a count."""
    return tagged("qiding/ballots/v1", *sorted(commitments)).hex()


def _withdraw_replaced(tx: Tx, poll: Poll) -> None:
    """Objections whose ballot was replaced before the close are withdrawn: their household said something else."""
    replaced = select(Ballot.id).where(Ballot.poll_id == poll.id, Ballot.live.is_(False))
    tx.session.execute(
        update(Objection)
        .where(Objection.poll_id == poll.id, Objection.state == "raised", Objection.ballot_id.in_(replaced))
        .values(state="withdrawn")
    )
