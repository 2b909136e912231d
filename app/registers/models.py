"""The one table of entries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class RegisterEntry(Base):
    """One entry. A correction is a new row that supersedes; a removal keeps the row, with its reason."""

    __tablename__ = "register_entry"
    __table_args__ = (anchor(), within("project"), within("activity_run"), Index(None, "activity_run_id", "live"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int]
    section: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]]
    document: Mapped[str] = mapped_column(String(16), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("register_entry.id"))
    live: Mapped[bool] = mapped_column(default=True)
    removed_reason: Mapped[str] = mapped_column(Text, default="")
