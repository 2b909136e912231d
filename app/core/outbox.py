"""Messages to people, written in the transaction that causes them, so that each is enqueued exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key
from app.core.transaction import Tx


class Message(Base):
    """One message to one person: a kind and its values; the words are made for the reader."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("person_id", "dedupe"),
        Index(None, "person_id", "id"),
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
        told = set(
            tx.session.scalars(select(Message.person_id).where(Message.dedupe == dedupe, Message.person_id.in_(wanted)))
        )
        wanted = [person for person in wanted if person not in told]
    tx.session.add_all(
        Message(
            person_id=person,
            community_id=community_id,
            project_id=project_id,
            kind=kind,
            data=dict(data or {}),
            href=href,
            created_at=tx.now,
            dedupe=dedupe,
        )
        for person in wanted
    )
    return len(wanted)


def tell_those(
    tx: Tx,
    who: Select[Any],
    kind: str,
    *,
    community_id: int,
    project_id: int,
    data: Mapping[str, Any],
    href: str,
) -> None:
    """Enqueue one message to each person that a query finds, in one statement."""
    people = who.subquery()
    values = {
        Message.community_id: community_id,
        Message.project_id: project_id,
        Message.kind: kind,
        Message.data: dict(data),
        Message.href: href,
        Message.created_at: tx.now,
    }
    columns = [literal(value, column.type) for column, value in values.items()]
    tx.session.execute(
        insert(Message).from_select([Message.person_id, *values], select(people.c[0], *columns), include_defaults=False)
    )
