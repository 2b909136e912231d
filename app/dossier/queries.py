"""Reads of dossiers: the one there is, whether it is up to date, and the work on a new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.core.database import db
from app.core.jobs import Job
from app.dossier.contents import as_public, collect
from app.dossier.make import folder
from app.dossier.models import Dossier
from app.projects.models import Project

SHOWN = 3  # how many of the works on a dossier are asked about: the newest of them counts


@dataclass(frozen=True)
class State:
    """How the dossier of a project stands in a language."""

    mark: str  # what it would be made of now
    files: int  # how many files the features give
    row: Dossier | None
    job: Job | None

    @property
    def fresh(self) -> Dossier | None:
        """The dossier, when it says what is so now."""
        return self.row if self.row is not None and self.row.mark == self.mark else None

    @property
    def working(self) -> bool:
        """Whether it is being made."""
        return self.fresh is None and self.job is not None and self.job.state in ("queued", "running")

    @property
    def failed(self) -> bool:
        """Whether making it came to nothing."""
        return self.fresh is None and self.job is not None and self.job.state == "failed"


def job_key(public_id: str, lang: str, mark: str) -> str:
    """The name of the work on a dossier: one for each state of a project."""
    return f"dossier:{public_id}:{lang}:{mark[:40]}"


def state_of(project: Project, lang: str, base: str) -> State:
    """The dossier of a project as it stands; the files themselves are not made for it."""
    with as_public(lang, base):
        contents = collect(project.public_id, lang)
        mark, files = contents.mark, len(contents.files())
    row = db.session.scalar(select(Dossier).where(Dossier.project_id == project.id, Dossier.lang == lang))
    if row is not None and not file_of(project, row).is_file():
        row = None
    query = select(Job).where(Job.key.startswith(job_key(project.public_id, lang, mark))).order_by(Job.id.desc())
    return State(mark, files, row, db.session.scalar(query.limit(1)))


def file_of(project: Project, row: Dossier) -> Path:
    """Where the file of a dossier lies."""
    return folder() / name_of(project.public_id, row.lang, row.sha256)


def name_of(public_id: str, lang: str, sha256: str) -> str:
    """The name of a dossier's file."""
    return f"{public_id}-{lang}-{sha256[:16]}.zip"
