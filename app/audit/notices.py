"""Posted notices against their fingerprints, and against what the log says was posted, lengthened and overtaken."""

from __future__ import annotations

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.audit.log import Log, place
from app.audit.seals import Removed
from app.core.database import db
from app.engine.canonical import text_hash
from app.notices.content import fingerprint, words_of
from app.notices.models import Notice


def check_notices(community_id: int, log: Log, removed: Removed) -> int:
    """Check each notice of a community that was posted; returns how many."""
    told = log.by("notice.posted", "notice")
    ends = log.newest(("notice.posted", "notice.lengthened", "notice.extended"), "notice")
    overtaken = log.by("notice.overtaken", "notice")
    query = select(Notice).where(Notice.community_id == community_id).order_by(Notice.id)
    posted = 0
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        name = row.public_id
        if name not in told:
            if row.posted_at is not None:
                raise Wrong("notice", name, "public_id", "expected an entry of the log that posts it; there is none")
            continue
        posted += 1
        body, event = told.pop(name)
        source = f"{place(body)} of the log tells"
        same("notice", name, "posted_at", row.posted_at, event.at, source)
        same("notice", name, "posted_by_id", row.posted_by_id, event.person_id, source)
        same("notice", name, "project_id", row.project_id, event.project_id, source)
        same("notice", name, "text_hash", row.text_hash, body.get("text"), source)
        _check_words(row, removed)
        if _fingerprint(row) != body.get("text"):
            raise Wrong(
                "notice", name, "text", f"expected what has the fingerprint that {place(body)} of the log holds"
            )
        end = ends[name].body
        same("notice", name, "until_at", row.until_at, end.get("until"), f"{place(end)} of the log tells")
        gone = overtaken.get(name)
        same("notice", name, "overtaken_at", row.overtaken_at, gone.event.at if gone else None, "the log tells")
    for name, missing in told.items():
        raise Wrong("notice", name, "public_id", f"expected the notice that {place(missing.body)} of the log posts")
    return posted


def _check_words(row: Notice, removed: Removed) -> None:
    """The words of a notice give their commitments; of the first form the text has its hash, and nothing else counts."""
    if row.hash_form != 1:
        removed.check("notice", row.public_id, words_of(row), row.commitments)
    elif row.commitments != {"text": {"hash": row.text_hash, "salt": ""}}:
        raise Wrong("notice", row.public_id, "commitments", "expected the hash of the text alone")
    elif row.text_hash not in removed.named:
        same("notice", row.public_id, "text_hash", row.text_hash, text_hash(row.text), "its text gives")
    elif row.text == removed.named[row.text_hash]:
        removed.overwritten([row.text_hash])
    else:
        raise Wrong("notice", row.public_id, "text", "expected nothing: the log says that it was removed")


def _fingerprint(row: Notice) -> str:
    try:
        return fingerprint(row)
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""  # what can't be written in the one form was never posted so
