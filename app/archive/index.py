"""How documents enter the index: with the transaction that changes them; or all anew."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Any

from sqlalchemy import delete, event, select, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.archive.models import SearchDocument
from app.archive.words import MOST_INDEXED, facets, spaced, tidy
from app.core.database import Base, db, is_sqlite, table_of
from app.core.i18n import local
from app.core.jobs import Claim
from app.core.transaction import transaction
from app.projects.kinds import kinds
from app.projects.published import Document, Searchable

BATCH = 200  # documents that one transaction of a rebuilding writes: nobody waits long for it
_PENDING = "qiding.search"


def watch() -> None:
    """Listen to what the application's session writes. Done once, when the module is read."""
    event.listen(db.session, "after_flush", _note)
    event.listen(db.session, "before_commit", _renew_noted)
    event.listen(db.session, "after_rollback", _forget)


def _note(session: Session, _context: object) -> None:
    watched = _watched()
    for row in (*session.new, *session.dirty, *session.deleted):
        for searchable in watched.get(type(row), ()):
            noted: dict[str, set[str]] = session.info.setdefault(_PENDING, {})
            noted.setdefault(searchable.kind, set()).update(searchable.watches[type(row)](row))


def _watched() -> dict[type[Base], list[Searchable]]:
    found: dict[type[Base], list[Searchable]] = {}
    for searchable in kinds().searchables.values():
        for model in searchable.watches:
            found.setdefault(model, []).append(searchable)
    return found


def _renew_noted(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    for kind, public_ids in session.info.pop(_PENDING, {}).items():
        renew(kind, sorted(public_ids))


def _forget(session: Session) -> None:
    session.info.pop(_PENDING, None)


def renew(kind: str, public_ids: Collection[str]) -> int:
    """Write some documents of a kind as they are now, within the transaction under way; those that aren't shown go."""
    rows = [_row(kind, document) for document in kinds().searchables[kind].documents(public_ids)]
    gone = set(public_ids) - {row["public_id"] for row in rows}
    if gone:
        db.session.execute(
            delete(SearchDocument).where(SearchDocument.kind == kind, SearchDocument.public_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    if rows:
        insert = (insert_sqlite if is_sqlite() else insert_postgresql)(table_of(SearchDocument))
        new = {name: insert.excluded[name] for name in rows[0] if name not in ("kind", "public_id")}
        db.session.execute(insert.on_conflict_do_update(index_elements=["kind", "public_id"], set_=new), rows)
    return len(rows)


def _row(kind: str, document: Document) -> dict[str, Any]:
    title, body = tidy(document.title), tidy(document.text)
    year = local(document.at).year
    named = " ".join([title, *document.names]) if document.own_title else " ".join(document.names)
    return {
        "community_id": document.community_id,
        "project_id": document.project_id,
        "kind": kind,
        "public_id": document.public_id,
        "target": document.target,
        "step": document.step,
        "year": year,
        "number": document.number,
        "title": title[:200],
        "text": body[:MOST_INDEXED],
        "title_words": spaced(named),
        "words": spaced(body),
        "facets": facets(document.community_id, kind, document.step, year),
        "at": document.at,
    }


def rebuild() -> int:
    """Write every document anew, in short transactions while people go on, and return how many there are."""
    count = 0
    for searchable in kinds().searchables.values():
        public_ids = iter(list(db.session.scalars(searchable.shown())))
        while part := list(islice(public_ids, BATCH)):
            with transaction():
                count += renew(searchable.kind, part)
        shown = searchable.shown()
        gone = ~shown.where(shown.selected_columns[0] == SearchDocument.public_id).exists()
        with transaction() as tx:
            tx.session.execute(
                delete(SearchDocument).where(SearchDocument.kind == searchable.kind, gone),
                execution_options={"synchronize_session": False},
            )
    with transaction() as tx:
        tx.session.execute(delete(SearchDocument).where(SearchDocument.kind.not_in(list(kinds().searchables))))
    if is_sqlite():
        _mend_full_text()
    return count


def _mend_full_text() -> None:
    """SQLite's index is kept by triggers: where it no longer says what the table says, make it anew."""
    with transaction() as tx:
        try:
            tx.session.execute(text("insert into search_fts(search_fts, rank) values ('integrity-check', 1)"))
        except DatabaseError:
            tx.session.execute(text("insert into search_fts(search_fts) values ('rebuild')"))


def differs() -> list[tuple[str, str]]:
    """The kinds and public ids of documents that the index lacks, or holds though nobody may see them."""
    found = []
    for searchable in kinds().searchables.values():
        held = select(SearchDocument.public_id).where(SearchDocument.kind == searchable.kind)
        wrong = set(db.session.scalars(searchable.shown())) ^ set(db.session.scalars(held))
        found += [(searchable.kind, public_id) for public_id in sorted(wrong)]
    return found


def rebuild_in_background(_claim: Claim) -> None:
    """The job that a migration leaves: what was published before it."""
    rebuild()
