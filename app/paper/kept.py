"""What votes on paper give to a project's dossier: the account of the sheets of each vote that is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from flask import url_for
from sqlalchemy import func, select

from app.ballots.models import Poll, TextVersion
from app.core.database import db
from app.engine.canonical import canon, sha256_hex
from app.engine.phrase import phrase
from app.paper.models import PaperCheck, PaperSheet
from app.paper.printed import account
from app.paper.queries import states_of
from app.paper.views import account_of
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import DossierFile, DossierItem, DossierPart


def _accounts(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    query = (
        select(Poll, TextVersion.title)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .where(Poll.project_id == project.id, Poll.settled_at.is_not(None))
        .order_by(Poll.id)
    )
    rows = db.session.execute(query).all()
    states, compared = states_of([poll.id for poll, _ in rows]), _compared([poll.id for poll, _ in rows])
    for poll, title in rows:
        if poll.paper == "none" and not states.get(poll.id):
            continue
        made_of = [title, poll.closes_at, states.get(poll.id, {}), compared.get(poll.id, 0)]
        file = DossierFile(
            f"votes/{poll.public_id}-sheets.pdf",
            "account",
            phrase("Print (PDF)"),
            sha256_hex(canon(made_of)),
            partial(_account, here.slug, poll.public_id, poll.closes_at),
        )
        yield DossierItem(
            title=title,
            files=(file,),
            at=poll.closes_at,
            address=url_for("paper.account", slug=here.slug, public_id=poll.public_id),
        )


def _compared(poll_ids: Sequence[int]) -> dict[int, int]:
    """How many sheets of each poll were compared."""
    query = (
        select(PaperSheet.poll_id, func.count())
        .join(PaperCheck, PaperCheck.sheet_id == PaperSheet.id)
        .where(PaperSheet.poll_id.in_(poll_ids))
        .group_by(PaperSheet.poll_id)
    )
    return dict(db.session.execute(query).all())


def _account(slug: str, public_id: str, closed_at: int) -> bytes:
    page, found = account_of(slug, public_id)
    return render(account(page, found, closed_at))


ACCOUNTS = DossierPart(
    title=phrase("The account of the sheets"),
    says=phrase("How many sheets of paper were issued, came back and counted; for the inspectors to sign."),
    order=30,
    items=_accounts,
)
