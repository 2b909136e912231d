"""Tables of the proof: which keys signed, checkpoints, what is needed to prove an entry quickly, and bundles."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key


class LogKey(Base):
    """A public key that signs a community's checkpoints from the entry on that introduces it."""

    __tablename__ = "log_key"
    __table_args__ = (UniqueConstraint("community_id", "seq"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    key: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int]
    at: Mapped[Instant]


class Checkpoint(Base):
    """The size and root of a community's log at some moment, signed, with what lets the tree grow on from there."""

    __tablename__ = "checkpoint"
    __table_args__ = (UniqueConstraint("community_id", "size"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    size: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    frontier: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class LogTile(Base):
    """The root of 256 entries of a log that stand together; inclusion is proved by them without reading all others."""

    __tablename__ = "log_tile"
    __table_args__ = (UniqueConstraint("community_id", "number"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    number: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))


class LogMark(Base):
    """Which entries of a log speak of a poll or of a record."""

    __tablename__ = "log_mark"
    __table_args__ = (UniqueConstraint("community_id", "subject", "seq"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    subject: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(60))


class Bundle(Base):
    """A bundle that was built: of which poll, up to which checkpoint, its hash, and what the check said of it."""

    __tablename__ = "bundle"
    __table_args__ = (UniqueConstraint("poll_id", "size"),)

    id: Mapped[Key]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int]
    checks: Mapped[list[Any]]
    at: Mapped[Instant]
