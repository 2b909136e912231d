"""What the proof gives to a project's dossier: the announcement of each vote, and the bundle of each closed one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import url_for
from sqlalchemy import select

from app.ballots.models import Decision, Poll
from app.ballots.queries import find_poll
from app.core.database import db
from app.engine.errors import Conflict
from app.engine.phrase import phrase
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.parts import DossierFile, DossierItem, DossierPart
from app.proof import bundle, printed
from app.proof.views import announced

BUNDLE = "bundle"


def _votes(project: Project, here: Community, now: int) -> Iterator[DossierItem]:
    query = (
        select(Poll, StepRunRow.step)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(ActivityRun, ActivityRun.id == Decision.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(Poll.project_id == project.id)
        .order_by(Poll.announced_at, Poll.id)
    )
    for poll, step in db.session.execute(query).all():
        page = find_poll(poll.public_id, here.slug, now)
        sheet = printed.announcement(page, announced(page))
        files = [
            DossierFile(
                f"votes/{poll.public_id}-announcement.pdf",
                "announcement",
                phrase("The announcement (PDF)"),
                sheet.key,
                partial(render, sheet),
            )
        ]
        if poll.settled_at is not None and poll.voided_at is None:
            files.append(_bundle(poll))
        yield DossierItem(
            title=page.round.version.title,
            about=phrase("Round %(n)s", n=poll.attempt),
            files=tuple(files),
            at=poll.announced_at,
            step=step,
            address=url_for("ballots.poll", slug=here.slug, public_id=poll.public_id),
        )


def _bundle(poll: Poll) -> DossierFile:
    point = bundle.wanted(poll)
    size = point.size if point is not None else 0
    return DossierFile(
        f"bundles/{poll.public_id}-{size}.zip",
        BUNDLE,
        phrase("All that is needed to check this vote (zip)"),
        f"{poll.public_id}-{size}",
        partial(_built, poll.id),
    )


def _built(poll_id: int) -> Path:
    """The file of a bundle, built where it isn't there yet."""
    poll = db.session.get_one(Poll, poll_id)
    point = bundle.wanted(poll)
    if point is not None and not bundle.file_of(poll, point.size).exists():
        bundle.build(poll_id)
        poll = db.session.get_one(Poll, poll_id)
    if point is None:
        raise Conflict(phrase("The log is being signed. Please try again in a minute."))
    return bundle.file_of(poll, point.size)


VOTES = DossierPart(
    title=phrase("Votes"),
    says=phrase(
        "What was put to the vote, and for each vote that is over all that is needed to check it at home: unpack it, "
        "and run verify.py."
    ),
    order=20,
    items=_votes,
)
