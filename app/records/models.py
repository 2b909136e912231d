"""The table of records."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Record(Base):
    """A record. ``body`` is canonical JSON and never changes; ``sha256`` is its hash as stored."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("community_id", "year", "number"),
        Index(None, "community_id", "published_at"),
        anchor(),
        within("project"),
        within("step_run"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    step_run_id: Mapped[int] = mapped_column(unique=True)
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
