"""Tables of records."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Record(Base):
    """A record. ``body`` is canonical JSON and never changes; ``sha256`` is its hash as stored.

    People's words stand in the body as commitments, and lie in :class:`RecordWord`; records of the first form have them in
    the body itself. A correction is a record of its own that supersedes the one it corrects.
    """

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("community_id", "year", "number"),
        Index(None, "community_id", "published_at"),
        Index(
            "uq_record_step_run",
            "step_run_id",
            unique=True,
            sqlite_where=sql("corrects_id is null"),
            postgresql_where=sql("corrects_id is null"),
        ),
        Index(None, "step_run_id"),
        anchor(),
        within("project"),
        within("step_run"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    step_run_id: Mapped[int]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), unique=True)
    year: Mapped[int]
    number: Mapped[int]
    step: Mapped[str] = mapped_column(String(40))
    attempt: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    seal: Mapped[str] = mapped_column(String(4))
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    published_at: Mapped[Instant]
    published_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


class RecordWord(Base):
    """Words of a record with the salt of their commitment; both are gone where the law bade remove them."""

    __tablename__ = "record_word"
    __table_args__ = (
        UniqueConstraint("record_id", "hash"),
        CheckConstraint("(text is null) = (salt is null)", name="whole"),
        CheckConstraint("(text is null) = (removal_id is not null)", name="removed"),
    )

    id: Mapped[Key]
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    hash: Mapped[str] = mapped_column(String(64), index=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    text: Mapped[str | None] = mapped_column(Text)
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("removal.id"))
