"""Messages to people, written in the transaction that causes them, so that each is enqueued exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Insert, Select, String, UniqueConstraint, bindparam, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import delivery as _delivery  # noqa: F401 - its table is pointed to
from app.core.database import Base, Instant, Key, is_sqlite, table_of
from app.core.transaction import Tx

MOST_ASKED = 10_000  # a statement of SQLite takes 32,766 values at most


class Message(Base):
    """One message to one person: a kind and its values; the words are made for the reader."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("person_id", "dedupe"),
        Index(None, "person_id", "id"),
        # What no e-mail has taken yet: a look for each person who wants e-mail, every half minute.
        Index(
            "ix_message_unmailed",
            "person_id",
            "created_at",
            sqlite_where=text("delivery_id is null"),
            postgresql_where=text("delivery_id is null"),
        ),
        Index(
            "ix_message_mailed",
            "delivery_id",
            sqlite_where=text("delivery_id is not null"),
            postgresql_where=text("delivery_id is not null"),
        ),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]]
    href: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[Instant]
    read_at: Mapped[int | None]
    dedupe: Mapped[str | None] = mapped_column(String(120))
    # The e-mail that took it. Not a number up to which all was taken: on PostgreSQL a lower one may be committed later.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))


def tell(
    tx: Tx,
    person_ids: Iterable[int],
    kind: str,
    *,
    community_id: int | None = None,
    project_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    href: str = "",
    dedupe: str | None = None,
) -> int:
    """Enqueue one message a person and return how many; with ``dedupe``, a person gets it once however often it is sent."""
    wanted = list(dict.fromkeys(person_ids))
    if dedupe is not None and wanted:
        told: set[int] = set()
        for start in range(0, len(wanted), MOST_ASKED):
            part = wanted[start : start + MOST_ASKED]
            query = select(Message.person_id).where(Message.dedupe == dedupe, Message.person_id.in_(part))
            told.update(tx.session.scalars(query))
        wanted = [person for person in wanted if person not in told]
    told_now = {
        "community_id": community_id,
        "project_id": project_id,
        "kind": kind,
        "data": dict(data or {}),
        "href": href,
        "created_at": tx.now,
        "dedupe": dedupe,
    }
    if dedupe is None:
        tx.session.add_all(Message(person_id=person, **told_now) for person in wanted)
    elif wanted:
        # Another host may tell the same at this moment: whoever comes second adds nothing. In one order, so that none waits
        # for the other in a circle.
        new = (sqlite.insert if is_sqlite() else postgresql.insert)(table_of(Message))
        once = new.on_conflict_do_nothing(index_elements=[Message.person_id, Message.dedupe])
        tx.session.execute(once, [{"person_id": person, **told_now} for person in sorted(wanted)])
    return len(wanted)


def tell_those(
    tx: Tx,
    who: Select[Any],
    parameters: Mapping[str, Any],
    kind: str,
    *,
    community_id: int,
    project_id: int,
    data: Mapping[str, Any],
    href: str,
) -> None:
    """Enqueue one message to each person that a query finds, in one statement; ``parameters`` are the query's."""
    values = {
        "m_community": community_id,
        "m_project": project_id,
        "m_kind": kind,
        "m_data": dict(data),
        "m_href": href,
        "m_at": tx.now,
    }
    tx.execute(_to_those(who), {**parameters, **values})


_COLUMNS = {
    "m_community": Message.community_id,
    "m_project": Message.project_id,
    "m_kind": Message.kind,
    "m_data": Message.data,
    "m_href": Message.href,
    "m_at": Message.created_at,
}


@cache
def _to_those(who: Select[Any]) -> Insert:
    people = who.subquery()
    values = [bindparam(name, type_=column.type) for name, column in _COLUMNS.items()]
    names = ["person_id", *(column.key for column in _COLUMNS.values())]
    return insert(table_of(Message)).from_select(names, select(people.c[0], *values), include_defaults=False)
