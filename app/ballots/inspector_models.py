"""The table of inspectors: three residents named at an announcement, and the fault that one of them found."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, within


class Inspector(Base):
    """One of the three who may find a round void. A fault is found once, with its reason, and stays."""

    __tablename__ = "poll_inspector"
    __table_args__ = (
        within("poll"),
        UniqueConstraint("poll_id", "person_id"),
        CheckConstraint("(found_at is null) = (fault = '')", name="fault"),
    )

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    poll_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    named_at: Mapped[Instant]
    fault: Mapped[str] = mapped_column(Text, default="")
    found_at: Mapped[int | None]
