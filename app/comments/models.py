"""Tables of talk."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Talk(Base):
    """The place where one thing is talked about. ``subject`` names the thing; ``action`` what a ring must be allowed to do."""

    __tablename__ = "talk"
    __table_args__ = (anchor(), within("project"), within("activity_run"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int]
    subject: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    href: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(20), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Comment(Base):
    """One comment, or a reply to one. Hiding keeps the words for its author and the appeal."""

    __tablename__ = "comment"
    __table_args__ = (Index(None, "talk_id", "parent_id", "id"), within("talk"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    talk_id: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[Instant]
    edited_at: Mapped[int | None]
    is_answer: Mapped[bool] = mapped_column(default=False)
    hidden_reason: Mapped[str] = mapped_column(Text, default="")
    hidden_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    appeal: Mapped[str] = mapped_column(Text, default="")
    appeal_answer: Mapped[str] = mapped_column(Text, default="")


class CommentRevision(Base):
    """What a comment said before it was edited."""

    __tablename__ = "comment_revision"

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class CommentReport(Base):
    """Somebody's word that a comment breaks the rules; once a person."""

    __tablename__ = "comment_report"
    __table_args__ = (UniqueConstraint("comment_id", "person_id"),)

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
