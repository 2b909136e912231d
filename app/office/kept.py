"""What an office takes along of a project's dossier: the result of each vote that is over, as a sheet and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import url_for
from sqlalchemy import select

from app.ballots.models import Poll, TextVersion
from app.core.database import db
from app.engine.canonical import canon, sha256_hex
from app.engine.phrase import phrase
from app.office.views import result_sheet, result_table
from app.people.places import Community
from app.printing.paper import render
from app.printing.tables import rows_as_text, workbook
from app.projects.models import Project
from app.projects.parts import DossierFile, DossierItem, DossierPart
from app.proof.kept import inspectors_of, told_until


def _results(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    query = (
        select(Poll, TextVersion)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .where(Poll.project_id == project.id, Poll.settled_at.is_not(None), Poll.voided_at.is_(None))
        .order_by(Poll.id)
    )
    rows = db.session.execute(query).all()
    told, names = told_until([poll for poll, _ in rows]), inspectors_of([poll.id for poll, _ in rows])
    for poll, version in rows:
        # Whatever moves a figure of it stands in the log.
        made_of = [version.title, version.text_hash, told.get(poll.public_id, -1), names.get(poll.id, [])]
        mark, path = sha256_hex(canon(made_of)), f"votes/{poll.public_id}-result"
        at = (here.slug, poll.public_id)
        yield DossierItem(
            title=version.title,
            about=phrase("Round %(n)s", n=poll.attempt),
            files=(
                DossierFile(f"{path}.pdf", "result", phrase("Print (PDF)"), mark, partial(_sheet, *at)),
                DossierFile(f"{path}.xlsx", "table", phrase("For a spreadsheet (xlsx)"), mark, partial(_workbook, *at)),
                DossierFile(f"{path}.csv", "table", phrase("As plain figures (csv)"), mark, partial(_plain, *at)),
            ),
            at=poll.closes_at,
            address=url_for("ballots.result", slug=here.slug, public_id=poll.public_id),
        )


def _sheet(slug: str, public_id: str) -> bytes:
    return render(result_sheet(slug, public_id))


def _workbook(slug: str, public_id: str) -> bytes:
    page, table = result_table(slug, public_id)
    return workbook([table], page.round.version.title, page.round.closes_at)


def _plain(slug: str, public_id: str) -> bytes:
    _, table = result_table(slug, public_id)
    return rows_as_text(table)


RESULTS = DossierPart(
    title=phrase("Results of votes"),
    says=phrase("How each vote that is over came out, with all its figures; for the inspectors to sign."),
    order=25,
    items=_results,
)
