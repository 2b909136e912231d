"""What presses at a community's votes: objections to a count without an answer, and households that don't agree."""

from __future__ import annotations

from flask import url_for
from sqlalchemy import func, select

from app.ballots.law_models import CountObjection
from app.ballots.models import Poll, RollEntry, TextVersion
from app.ballots.times import notice_ends
from app.core.database import db
from app.engine.phrase import plural_phrase
from app.people.places import Community
from app.projects.kinds import Pressing


def presses(here: Community, now: int) -> list[Pressing]:
    """One entry a vote, with two queries."""
    return [*_counts(here), *_disputes(here, now)]


def _counts(here: Community) -> list[Pressing]:
    waiting = (
        select(CountObjection.poll_id, func.count().label("n"))
        .where(CountObjection.community_id == here.id, CountObjection.answered_at.is_(None))
        .group_by(CountObjection.poll_id)
        .subquery()
    )
    query = (
        select(Poll, TextVersion.title, waiting.c.n)
        .join(waiting, waiting.c.poll_id == Poll.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .where(Poll.final_at.is_(None), Poll.voided_at.is_(None))
    )
    return [
        Pressing(
            plural_phrase(
                "%(n)s objection to the count waits for its answer.",
                "%(n)s objections to the count wait for their answers.",
                n,
            ),
            title,
            url_for("ballots.count", slug=here.slug, public_id=poll.public_id),
            notice_ends(poll),
        )
        for poll, title, n in db.session.execute(query)
    ]


def _disputes(here: Community, now: int) -> list[Pressing]:
    closes = func.coalesce(Poll.prolonged_until, Poll.closes_at)
    query = (
        select(Poll.public_id, Poll.opens_at, closes, TextVersion.title, func.count(RollEntry.id))
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .where(Poll.community_id == here.id, Poll.voided_at.is_(None))
        .where(RollEntry.disputed_at.is_not(None), RollEntry.boxed_at.is_(None))
        .group_by(Poll.public_id, Poll.opens_at, closes, TextVersion.title)
    )
    return [
        Pressing(
            plural_phrase(
                "%(n)s household does not agree on its vote: it signs a sheet at the desk.",
                "%(n)s households do not agree on their votes: each signs a sheet at the desk.",
                n,
            ),
            title,
            url_for("paper.overview", slug=here.slug, public_id=public_id),
            until,
        )
        for public_id, opens, until, title, n in db.session.execute(query)
        if opens <= now < until
    ]
