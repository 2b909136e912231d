"""Commands of dossiers: ask for one, and make it."""

from __future__ import annotations

import logging

from sqlalchemy import select

from app.core.clock import HOUR
from app.core.jobs import Claim, enqueue
from app.core.limits import count_try
from app.core.removals import Removal
from app.core.transaction import Tx, transaction
from app.dossier.bring import file_of
from app.dossier.make import Made, folder, make, removals_of
from app.dossier.models import Dossier
from app.dossier.queries import State, job_key, name_of
from app.engine.errors import Conflict
from app.projects.models import Project
from app.projects.queries import origin_of

log = logging.getLogger(__name__)
JOB = "dossier"
MOST_ASKED = 60  # of one address, in an hour


def ask(project: Project, lang: str, base: str, state: State, *, who: str) -> None:
    """Let the dossier of a project be made in the background, unless it is up to date or on its way."""
    if state.fresh is not None or state.working:
        return
    count_try("dossier", who, most=MOST_ASKED, window=HOUR)
    with transaction() as tx:
        # A work that failed, or whose file went, is asked for again under another name.
        tries = f":{tx.now}" if state.job is not None else ""
        key = job_key(project.public_id, lang, state.mark) + tries
        enqueue(tx, JOB, {"project": project.public_id, "lang": lang, "base": base}, key=key)


def job(claim: Claim) -> None:
    """Make the dossier that somebody asked for."""
    arguments = claim.arguments
    try:
        keep(make(arguments["project"], arguments["lang"], arguments["base"], claim.progress), **_of(claim))
    except Conflict as refused:
        # A record that was changed, or a log that is not signed: another try would come to the same.
        log.error("no dossier of %s: %s", arguments["project"], refused.message)


def forget(tx: Tx, removal: Removal) -> None:
    """Let the dossiers of a project go when words of it are removed: whoever asks gets one made anew, without them."""
    if removal.project_id is None:
        return
    project = tx.session.get_one(Project, removal.project_id)
    origin = origin_of(project)
    if origin is not None:
        file_of(origin).unlink(missing_ok=True)  # it can't be made anew here
    for row in tx.session.scalars(select(Dossier).where(Dossier.project_id == project.id)):
        (folder() / name_of(project.public_id, row.lang, row.sha256)).unlink(missing_ok=True)
        tx.session.delete(row)


def _of(claim: Claim) -> dict[str, str]:
    return {"public_id": claim.arguments["project"], "lang": claim.arguments["lang"]}


def keep(made: Made, *, public_id: str, lang: str) -> None:
    """Name a made dossier in the database, and let the one before it go."""
    with transaction() as tx:
        project = tx.session.scalars(select(Project).where(Project.public_id == public_id).with_for_update()).one()
        if removals_of(project.id) != made.removals:
            # Words were removed while it was made: nobody gets it, and it doesn't stay on the disk.
            made.path.unlink(missing_ok=True)
            return
        row = tx.session.scalar(select(Dossier).where(Dossier.project_id == project.id, Dossier.lang == lang))
        before = row.sha256 if row is not None else None
        row = row or Dossier(community_id=project.community_id, project_id=project.id, lang=lang)
        row.mark, row.sha256, row.length, row.files, row.at = made.mark, made.sha256, made.length, made.files, tx.now
        tx.session.add(row)
    if before is not None and before != made.sha256:
        (folder() / name_of(public_id, lang, before)).unlink(missing_ok=True)
