"""What notices give to a project's dossier: each that was posted, as it hung."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import url_for
from sqlalchemy import select

from app.core.database import db
from app.core.i18n import day
from app.engine.phrase import phrase
from app.notices.models import Notice
from app.notices.printed import paper
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import DossierFile, DossierItem, DossierPart
from app.projects.queries import activity_refs


def _notices(project: Project, here: Community, now: int) -> Iterator[DossierItem]:
    refs = {ref.id: ref for ref in activity_refs([project], now)}
    query = select(Notice).where(Notice.project_id == project.id, Notice.posted_at.is_not(None)).order_by(Notice.id)
    for notice in db.session.scalars(query).all():
        assert notice.posted_at is not None
        assert notice.until_at is not None
        ref = refs[notice.activity_run_id]
        sheet = paper(here, ref, notice, notice.posted_at)
        yield DossierItem(
            title=notice.title,
            about=phrase("It hung from %(from)s to %(to)s.", **_days(notice.posted_at, notice.until_at - 1)),
            files=(
                DossierFile(
                    f"notices/{notice.public_id}.pdf",
                    "notice",
                    phrase("Print (PDF)"),
                    sheet.key,
                    partial(render, sheet),
                ),
            ),
            step=ref.step,
            address=url_for("notices.activity", slug=here.slug, public_id=ref.public_id),
        )


def _days(first: int, last: int) -> dict[str, object]:
    return {"from": day(first), "to": day(last)}


HUNG = DossierPart(
    title=phrase("Public notices"),
    says=phrase("What was made public on the board, so that anybody could object in time."),
    order=40,
    items=_notices,
)
