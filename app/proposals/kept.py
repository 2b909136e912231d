"""What proposals give to a project's dossier: the photos that neighbours showed with them."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for
from sqlalchemy import select

from app.core.database import db
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.kept import PICTURE, media_files
from app.projects.models import ActivityRun, Project, StepRunRow
from app.projects.parts import DossierItem, DossierPart
from app.proposals.models import Proposal
from app.proposals.queries import visible


def _photos(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    query = (
        select(Proposal.public_id, Proposal.title, Proposal.photo, Proposal.submitted_at, StepRunRow.step)
        .join(ActivityRun, ActivityRun.id == Proposal.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(Proposal.project_id == project.id, Proposal.photo != "", visible())
        .order_by(Proposal.id)
    )
    rows = db.session.execute(query).all()
    files = media_files(row.photo for row in rows)
    for public_id, title, photo, at, step in rows:
        found = files.pop(photo, None)  # once, where several proposals show the same
        if found is not None:
            address = url_for("proposals.show", slug=here.slug, public_id=public_id)
            yield DossierItem(
                title=phrase("With the proposal “%(title)s”", title=title),
                files=(found,),
                at=at,
                step=step,
                address=address,
            )


PHOTOS = DossierPart(title=PICTURE.title, says=PICTURE.says, order=PICTURE.order, items=_photos)
