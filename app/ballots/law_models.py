"""Tables of votes that the law knows: who speaks for an owner, the matter, the authorisation, objections to a count."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, within


class RollVoice(Base):
    """Who may cast for an owner's entry: a household that lives in its own unit, or whoever speaks for an owner."""

    __tablename__ = "roll_voice"
    __table_args__ = (
        ForeignKeyConstraint(["roll_entry_id", "poll_id"], ["roll_entry.id", "roll_entry.poll_id"]),
        UniqueConstraint("roll_entry_id", "household_id"),
        UniqueConstraint("roll_entry_id", "owner_id"),
        CheckConstraint("(household_id is null) <> (owner_id is null)", name="one"),
    )

    id: Mapped[Key]
    poll_id: Mapped[int] = mapped_column(index=True)
    roll_entry_id: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"), index=True)


class Mandate(Base):
    """A written mandate: its holder casts for an owner in one poll, until it is revoked. One stands for an entry."""

    __tablename__ = "mandate"
    __table_args__ = (
        within("poll"),
        ForeignKeyConstraint(["roll_entry_id", "poll_id"], ["roll_entry.id", "roll_entry.poll_id"]),
        Index(
            "uq_mandate_standing",
            "roll_entry_id",
            unique=True,
            sqlite_where=sql("revoked_at is null"),
            postgresql_where=sql("revoked_at is null"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    poll_id: Mapped[int] = mapped_column(index=True)
    roll_entry_id: Mapped[int]
    holder_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    paper: Mapped[str] = mapped_column(String(200))
    scan: Mapped[str] = mapped_column(String(16), default="")
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    revoked_at: Mapped[int | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Matter(Base):
    """What an owners' decision is under the law: an item of Civil Code art. 278, named by a person with a reason."""

    __tablename__ = "matter"
    __table_args__ = (UniqueConstraint("decision_id"), within("decision"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    decision_id: Mapped[int]
    item: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    classified_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]


class Authorisation(Base):
    """The paper that lets a community hold statutory votes here, entered by the administrator of the town."""

    __tablename__ = "authorisation"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    authority: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(80))
    date: Mapped[str] = mapped_column(String(10))  # as on the paper: 2026-03-01
    scan: Mapped[str] = mapped_column(String(16))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    revoked_at: Mapped[int | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_reason: Mapped[str] = mapped_column(Text, default="")


class CountObjection(Base):
    """An objection to a preliminary count, by somebody on the roll, and its answer."""

    __tablename__ = "count_objection"
    __table_args__ = (
        within("poll"),
        CheckConstraint("(answered_at is null) = (answered_by_id is null)", name="answered"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    poll_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[int | None]
