"""Tables of proposals."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Proposal(Base):
    """A proposal as it stands. ``status`` is the facilitators' word on it, empty until they answer."""

    __tablename__ = "proposal"
    __table_args__ = (
        anchor(),
        within("project"),
        within("activity_run"),
        Index(None, "activity_run_id", "state"),
        Index(None, "submitted_at"),
        CheckConstraint("state in ('draft','submitted','withdrawn','merged')", name="state"),
        CheckConstraint("cost is null or cost >= 0", name="cost"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    cost: Mapped[int | None]
    pin_x: Mapped[int | None]
    pin_y: Mapped[int | None]
    photo: Mapped[str] = mapped_column(String(120), default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    status: Mapped[str] = mapped_column(String(10), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[int | None]
    chosen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Instant]
    submitted_at: Mapped[int | None]


class ProposalRevision(Base):
    """What a proposal said before it was edited."""

    __tablename__ = "proposal_revision"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    id: Mapped[Key]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    cost: Mapped[int | None]
    at: Mapped[Instant]


class ProposalSupport(Base):
    """One person's support of one proposal."""

    __tablename__ = "proposal_support"
    __table_args__ = (UniqueConstraint("proposal_id", "person_id"),)

    id: Mapped[Key]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
