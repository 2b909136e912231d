"""A notice's draft in a project that was begun as a copy of another one: its wording, never people, votes or results."""

from __future__ import annotations

from sqlalchemy import select

from app.core.i18n import LANGUAGES
from app.core.transaction import Tx
from app.notices.content import MOST, fill
from app.notices.models import Notice
from app.notices.wordings import FIELDS, Wording, kept, shipped
from app.projects.kinds import ActivityRef


def begin_alike(tx: Tx, ref: ActivityRef, source: ActivityRef) -> None:
    """Begin the draft of a notice with the wording that the other project's notice had.

    The text itself comes from the template it was begun from: what was typed into it names people and results. So does
    the conclusion. Title, basis and how to object are words about procedure, with the other project's name replaced.
    """
    query = select(Notice).where(Notice.activity_run_id == source.id, Notice.overtaken_at.is_(None))
    found = tx.session.scalar(query)
    if found is None or (found.posted_at is None and source.community_id != ref.community_id):
        return  # an unposted draft is its own community's
    here = ref.community_id == source.community_id
    wording = _wording(source.community_id, found.wording)
    words = dict.fromkeys(FIELDS, "") | dict(wording.words if wording is not None else {})
    values = {lang: {"project": ref.project_title} for lang in LANGUAGES}
    words = {key: fill(text, values) for key, text in words.items()}
    if wording is None:
        for key in ("title", "basis", "objecting"):
            words[key] = getattr(found, key).replace(source.project_title, ref.project_title)
    tx.session.add(
        Notice(
            community_id=ref.community_id,
            project_id=ref.project_id,
            activity_run_id=ref.id,
            contact=found.contact if here else "",
            signatory=found.signatory if here else "",
            wording=found.wording if wording is not None else "",
            **{key: text[: MOST[key]] for key, text in words.items()},
        )
    )


def _wording(community_id: int, key: str) -> Wording | None:
    known = [*kept(community_id), *(item for lang in LANGUAGES for item in shipped(lang))]
    return next((item for item in known if item.key == key), None)
