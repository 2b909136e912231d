"""What a project itself gives to its dossier: its picture, and its poster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from flask import url_for
from sqlalchemy import select

from app.core.database import db
from app.core.media import EXTENSIONS, Media, path_of
from app.engine.phrase import phrase
from app.people.actor import NOBODY
from app.people.places import Community
from app.printing.paper import render
from app.projects import board, posters
from app.projects.models import Project
from app.projects.parts import DossierFile, DossierItem, DossierPart


def media_files(public_ids: Iterable[str]) -> dict[str, DossierFile]:
    """Photos and documents as files of a dossier, but for those that not everybody may see, or that are lost."""
    query = select(Media).where(Media.public_id.in_(set(public_ids)), Media.visibility == "public")
    return {row.public_id: _file(row) for row in db.session.scalars(query) if path_of(row.sha256).is_file()}


def _file(row: Media) -> DossierFile:
    photo = row.kind == "photo"
    return DossierFile(
        path=f"{'photos' if photo else 'documents'}/{row.public_id}.{EXTENSIONS[row.mime]}",
        kind=row.kind,
        says=phrase("The photo") if photo else phrase("The document"),
        mark=row.sha256,
        make=partial(path_of, row.sha256),
    )


def _picture(project: Project, here: Community, _now: int) -> Iterator[DossierItem]:
    found = media_files([project.picture]).get(project.picture)
    if found is not None:
        yield DossierItem(
            title=phrase("Picture of the place: %(place)s", place=project.place),
            files=(found,),
            address=url_for("site.file", public_id=project.picture, extension="jpg"),
        )


def _poster(project: Project, here: Community, now: int) -> Iterator[DossierItem]:
    card = board.cards([project], {here.id: here}, NOBODY, now)[0]
    # Dated by the project's last movement: the poster of one state is one sheet, whenever it is made.
    paper = posters.project_poster(here, project, card, project.moved_at, "a4")
    file = DossierFile("printed/poster.pdf", "poster", phrase("Print (PDF)"), paper.key, partial(render, paper))
    yield DossierItem(title=phrase("Poster for the lobby"), files=(file,), at=project.moved_at)


PICTURE = DossierPart(
    title=phrase("Photos"),
    says=phrase("What the place looks like, and what neighbours showed with their proposals."),
    order=60,
    items=_picture,
)
POSTER = DossierPart(
    title=phrase("What hung in the lobby"),
    says=phrase("The sheets that were printed for everybody."),
    order=70,
    items=_poster,
)
