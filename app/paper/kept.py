"""What votes on paper give to a project's dossier: the account of the sheets of each vote that is over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import url_for
from sqlalchemy import select

from app.ballots.models import Poll
from app.core.database import db
from app.engine.errors import NotFound
from app.engine.phrase import phrase
from app.paper.printed import account
from app.paper.views import account_of
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import DossierFile, DossierItem, DossierPart


def _accounts(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    query = select(Poll.public_id, Poll.closes_at).where(Poll.project_id == project.id).order_by(Poll.id)
    for public_id, closed_at in db.session.execute(query).all():
        try:
            page, found = account_of(here.slug, public_id)
        except NotFound:
            continue
        sheet = account(page, found, closed_at)
        file = DossierFile(
            f"votes/{public_id}-sheets.pdf", "account", phrase("Print (PDF)"), sheet.key, partial(render, sheet)
        )
        yield DossierItem(
            title=page.round.version.title,
            files=(file,),
            at=closed_at,
            address=url_for("paper.account", slug=here.slug, public_id=public_id),
        )


ACCOUNTS = DossierPart(
    title=phrase("The account of the sheets"),
    says=phrase("How many sheets of paper were issued, came back and counted; for the inspectors to sign."),
    order=30,
    items=_accounts,
)
