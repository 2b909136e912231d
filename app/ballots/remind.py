"""Reminders before a close, to those who asked for them and whose vote is not in yet."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.ballots.models import Ballot, Poll, RollEntry, SlotLink, TextVersion
from app.ballots.times import times_of
from app.core.clock import DAY
from app.core.outbox import tell
from app.core.transaction import Tx, transaction
from app.engine.voting.phase import accepts_ballots
from app.people.models import Person
from app.people.places import Community
from app.projects.models import Project

BEFORE = DAY


def remind_due() -> int:
    """Remind whoever wants it of the votes that close within a day; each once a close. Returns how many were told."""
    with transaction() as tx:
        polls = tx.session.execute(
            select(Poll, TextVersion.title, Community.slug)
            .join(TextVersion, TextVersion.id == Poll.version_id)
            .join(Community, Community.id == Poll.community_id)
            .join(Project, Project.id == Poll.project_id)
            .where(Poll.settled_at.is_(None), Poll.opens_at <= tx.now, Project.state == "running")
            .order_by(Poll.id)
        ).all()
        return sum(_remind(tx, poll, title, slug) for poll, title, slug in polls)


def _remind(tx: Tx, poll: Poll, title: str, slug: str) -> int:
    times = times_of(poll, tx.now)
    if not accepts_ballots(times, tx.now) or times.closes_at - tx.now > BEFORE:
        return 0
    cast = (
        select(SlotLink.roll_entry_id)
        .join(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(SlotLink.poll_id == poll.id)
    )
    people = tx.session.scalars(
        select(Person.id)
        .join(
            RollEntry,
            or_(
                (RollEntry.household_id == Person.household_id) & RollEntry.household_id.is_not(None),
                RollEntry.person_id == Person.id,
            ),
        )
        .where(
            RollEntry.poll_id == poll.id,
            RollEntry.id.not_in(cast),
            RollEntry.voted.is_(False),
            Person.reminders,
            Person.left_at.is_(None),
        )
    )
    return tell(
        tx,
        people,
        "poll.reminder",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": title, "closes": times.closes_at},
        href=f"/c/{slug}/poll/{poll.public_id}",
        dedupe=f"remind:{poll.public_id}:{times.closes_at}",
    )
