"""The one prolongation of a vote: written under the poll's exclusive lock, by the tick or by whoever comes first."""

from __future__ import annotations

from sqlalchemy import func, select, update

from app.ballots.models import Ballot, Decision, Poll, RollEntry, TextVersion
from app.ballots.times import close_of, may_be_prolonged
from app.core.events import record_event
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.people.models import Person
from app.people.places import Community
from app.projects.models import ActivityRun


def prolong(poll_id: int) -> bool:
    """Prolong a poll that closed with too few, once, where its announcement said so; says whether it did."""
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        if not may_be_prolonged(poll, tx.now):
            return False
        cast = tx.session.scalar(select(func.count()).select_from(Ballot).where(Ballot.poll_id == poll.id, Ballot.live))
        until = close_of(poll, tx.now, cast or 0)
        if until == poll.closes_at:
            return False
        poll.prolonged_until = until
        tx.session.flush()
        run = select(Decision.activity_run_id).where(Decision.id == poll.decision_id).scalar_subquery()
        tx.session.execute(update(ActivityRun).where(ActivityRun.id == run).values(closes_at=until))
        record_event(
            tx,
            "poll.prolonged",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={},
            public={"poll": poll.public_id, "closed": poll.closes_at, "until": until, "cast": cast or 0},
        )
        if tx.now < until:
            _tell(tx, poll, until)
        return True


def _tell(tx: Tx, poll: Poll, until: int) -> None:
    """Tell those who have not voted nothing else than all others: who did is nobody's business."""
    slug = tx.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()
    title = tx.session.scalars(select(TextVersion.title).where(TextVersion.id == poll.version_id)).one()
    people = tx.session.scalars(
        select(Person.id)
        .join(RollEntry, (RollEntry.household_id == Person.household_id) | (RollEntry.person_id == Person.id))
        .where(RollEntry.poll_id == poll.id, Person.left_at.is_(None))
    )
    tell(
        tx,
        people,
        "poll.prolonged",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": title, "until": until},
        href=f"/c/{slug}/poll/{poll.public_id}",
        dedupe=f"prolonged:{poll.public_id}",
    )
