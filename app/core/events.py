"""What happened, twice: ``event`` with words and persons, ``log`` with hashes only, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, db
from app.core.transaction import Lock, Tx
from app.engine.canonical import canon, tagged


class Event(Base):
    """One thing that happened: who, when, what, why. Its data may hold people's words.

    Where the law bade remove them, data and salt are empty, and ``hash`` keeps what the log's entry holds; else it is "".
    """

    __tablename__ = "event"
    __table_args__ = (Index(None, "project_id", "id"), Index(None, "community_id", "id"))

    id: Mapped[Key]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    data: Mapped[dict[str, Any]]
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    hash: Mapped[str] = mapped_column(String(64), default="", server_default="")


class LogHead(Base):
    """The next place in a community's log: locked by whoever appends."""

    __tablename__ = "log_head"

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), unique=True)
    size: Mapped[int] = mapped_column(default=0)


class LogEntry(Base):
    """One entry of a community's log: numbers, keys and salted hashes, nothing personal."""

    __tablename__ = "log"
    __table_args__ = (UniqueConstraint("community_id", "seq"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    seq: Mapped[int]
    body: Mapped[str] = mapped_column(Text)  # canonical JSON, hashed as stored


def append_to_log(tx: Tx, community_id: int, body: Mapping[str, Any]) -> int:
    """Append one entry and return its place. The head row is held, so the log can't fork."""
    head_id = tx.session.scalar(select(LogHead.id).where(LogHead.community_id == community_id))
    if head_id is None:
        raise LookupError(f"community {community_id} has no log head")
    tx.lock(Lock(LogHead, head_id))
    head = tx.session.get_one(LogHead, head_id, populate_existing=True)
    seq = head.size
    tx.session.add(
        LogEntry(community_id=community_id, seq=seq, body=canon({**body, "seq": seq, "at": tx.now}).decode())
    )
    head.size = seq + 1
    return seq


def record_event(
    tx: Tx,
    kind: str,
    *,
    community_id: int | None,
    project_id: int | None = None,
    person_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    public: Mapping[str, Any] | None = None,
) -> int | None:
    """Record an event and, for a community, its entry in the log, whose place is returned.

    ``data`` enters the log only as a salted hash; ``public`` (keys, numbers, public ids, hashes) stands there as it is.
    """
    row = Event(
        community_id=community_id,
        project_id=project_id,
        kind=kind,
        at=tx.now,
        person_id=person_id,
        data=dict(data or {}),
        salt=secrets.token_bytes(16),
    )
    tx.session.add(row)
    if community_id is None:
        return None
    return append_to_log(tx, community_id, {"kind": kind, "event": event_hash(row), **(public or {})})


def event_hash(row: Event) -> str:
    """The salted hash of an event's kind, time and data, as its log entry holds it."""
    if row.hash:
        return row.hash
    return tagged("qiding/event/v1", canon({"kind": row.kind, "at": row.at, "data": row.data}), row.salt).hex()


def events_of(project_id: int, kinds: frozenset[str] | None = None) -> list[Event]:
    """The events of a project, oldest first."""
    query = select(Event).where(Event.project_id == project_id).order_by(Event.id)
    if kinds is not None:
        query = query.where(Event.kind.in_(kinds))
    return list(db.session.scalars(query))
