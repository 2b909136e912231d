"""What the proof gives to a project's dossier: the announcement of each vote, and the bundle of each closed one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from flask import url_for
from sqlalchemy import func, select

from app.ballots.inspector_models import Inspector
from app.ballots.models import Decision, Poll, TextVersion
from app.ballots.queries import find_poll
from app.core.clock import now
from app.core.database import db
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict
from app.engine.phrase import phrase
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.parts import DossierFile, DossierItem, DossierPart
from app.proof import bundle, keys, printed
from app.proof.models import LogMark
from app.proof.views import announced

BUNDLE = "bundle"


def _votes(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    query = (
        select(Poll, TextVersion, StepRunRow.step)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(ActivityRun, ActivityRun.id == Decision.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(Poll.project_id == project.id)
        .order_by(Poll.announced_at, Poll.id)
    )
    rows = db.session.execute(query).all()
    told, names = told_until([poll for poll, _, _ in rows]), inspectors_of([poll.id for poll, _, _ in rows])
    key = str(keys.present_key(here))
    for poll, version, step in rows:
        said = [version.title, version.text, poll.announced_at, names.get(poll.id, []), key]
        files = [
            DossierFile(
                f"votes/{poll.public_id}-announcement.pdf",
                "announcement",
                phrase("The announcement (PDF)"),
                sha256_hex(canon(said)),
                partial(_announcement, poll.public_id, here.slug),
            )
        ]
        if poll.settled_at is not None and poll.voided_at is None:
            files.append(
                DossierFile(
                    f"bundles/{poll.public_id}.zip",
                    BUNDLE,
                    phrase("All that is needed to check this vote (zip)"),
                    str(told.get(poll.public_id, -1)),
                    partial(_built, poll.id),
                )
            )
        yield DossierItem(
            title=version.title,
            about=phrase("Round %(n)s", n=poll.attempt),
            files=tuple(files),
            at=poll.announced_at,
            step=step,
            address=url_for("ballots.poll", slug=here.slug, public_id=poll.public_id),
        )


def told_until(polls: Sequence[Poll]) -> dict[str, int]:
    """The last entry of the log that speaks of each poll."""
    query = (
        select(LogMark.subject, func.max(LogMark.seq))
        .where(
            LogMark.community_id.in_({poll.community_id for poll in polls}),
            LogMark.subject.in_([poll.public_id for poll in polls]),
        )
        .group_by(LogMark.subject)
    )
    return dict(db.session.execute(query).all())


def inspectors_of(poll_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of the inspectors of each poll."""
    found: dict[int, list[str]] = {}
    query = select(Inspector.poll_id, Inspector.name).where(Inspector.poll_id.in_(poll_ids)).order_by(Inspector.id)
    for poll_id, name in db.session.execute(query):
        found.setdefault(poll_id, []).append(name)
    return found


def _announcement(public_id: str, slug: str) -> bytes:
    page = find_poll(public_id, slug, now())
    return render(printed.announcement(page, announced(page)))


def _built(poll_id: int) -> Path:
    """The file of a bundle, built where it isn't there yet."""
    poll = db.session.get_one(Poll, poll_id)
    point = bundle.wanted(poll)
    if point is None:
        raise Conflict(phrase("The log is being signed. Please try again in a minute."))
    file = bundle.file_of(poll, point.size)
    if not file.exists():
        bundle.build(poll_id)
    return file


VOTES = DossierPart(
    title=phrase("Votes"),
    says=phrase(
        "What was put to the vote, and for each vote that is over all that is needed to check it at home: unpack it, "
        "and run verify.py."
    ),
    order=20,
    items=_votes,
)
