"""Tables of public notices."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Notice(Base):
    """A notice: a draft until it is posted, frozen from then on. Its period can't be shortened.

    One stands for an activity; it is overtaken when what it told of holds no more, as when a vote was found void.
    """

    __tablename__ = "notice"
    __table_args__ = (
        anchor(),
        within("project"),
        within("activity_run"),
        CheckConstraint("posted_at is null or posted_at < until_at", name="period"),
        CheckConstraint("overtaken_at is null or posted_at is not null", name="overtaken"),
        Index(
            "uq_notice_standing",
            "activity_run_id",
            unique=True,
            sqlite_where=sql("overtaken_at is null"),
            postgresql_where=sql("overtaken_at is null"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    basis: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    posted_at: Mapped[int | None]
    posted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    until_at: Mapped[int | None]
    overtaken_at: Mapped[int | None]


class Complaint(Base):
    """A complaint within a notice's period, on the screen or on paper, and its answer."""

    __tablename__ = "complaint"
    __table_args__ = (within("notice"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    notice_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    on_paper_by: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(60), default="")
    answered_at: Mapped[int | None]
