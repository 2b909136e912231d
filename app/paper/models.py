"""Tables of votes on paper. A sheet and a household meet in ``paper_sheet`` and ``paper_entry``: the desk sees it, logged."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId


class PaperSheet(Base):
    """A numbered sheet of a round, from the hour it was issued to its end."""

    __tablename__ = "paper_sheet"
    __table_args__ = (
        UniqueConstraint("poll_id", "number"),
        UniqueConstraint("poll_id", "serial"),
        ForeignKeyConstraint(["roll_entry_id", "poll_id"], ["roll_entry.id", "roll_entry.poll_id"]),
        CheckConstraint("state in ('issued','returned','valid','spoilt','blank','overtaken')", name="state"),
        CheckConstraint("(state = 'issued') = (returned_at is null)", name="returned"),
        CheckConstraint("(state in ('issued','returned')) = (ended_at is null)", name="ended"),
        Index(None, "poll_id", "state"),
        Index(None, "roll_entry_id"),
        Index(
            "ix_paper_sheet_unsealed",
            "poll_id",
            "number",
            sqlite_where=sql("not sealed"),
            postgresql_where=sql("not sealed"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    number: Mapped[int]
    serial: Mapped[str] = mapped_column(String(20))
    roll_entry_id: Mapped[int | None]  # whose it is: from its issue on, or since two agreed on it
    named: Mapped[bool] = mapped_column(default=False)  # issued to a unit, not blank for the booth
    state: Mapped[str] = mapped_column(String(10), default="issued")
    turn: Mapped[int] = mapped_column(default=1)  # 2 when it is read anew because the sample differed
    issued_at: Mapped[Instant]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    returned_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    sealed: Mapped[bool] = mapped_column(default=True)  # the log tells all of this: see seal.py
    scan: Mapped[str] = mapped_column(String(16), default="")  # public id of a picture of it, until the links end
    scan_sha256: Mapped[str] = mapped_column(String(64), default="")


class PaperEntry(Base):
    """What one person read on a sheet. Nobody reads a sheet twice."""

    __tablename__ = "paper_entry"
    __table_args__ = (
        UniqueConstraint("sheet_id", "turn", "person_id"),
        CheckConstraint("kind in ('valid','spoilt','blank')", name="kind"),
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("paper_sheet.id"))
    turn: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    roll_entry_id: Mapped[int | None] = mapped_column(ForeignKey("roll_entry.id"))
    choice: Mapped[str | None] = mapped_column(Text)
    at: Mapped[Instant]


class PaperHelper(Base):
    """Somebody besides the staff who may enter sheets of a round and help people to vote."""

    __tablename__ = "paper_helper"
    __table_args__ = (UniqueConstraint("poll_id", "person_id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    named_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    ended_at: Mapped[int | None]


class PaperDraw(Base):
    """The drawn sample of a round: first the log's root is fixed, then dice are thrown."""

    __tablename__ = "paper_draw"

    id: Mapped[Key]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), unique=True)
    log_size: Mapped[int]
    log_root: Mapped[str] = mapped_column(String(64))
    fixed_at: Mapped[Instant]
    dice: Mapped[str] = mapped_column(String(40), default="")
    seed: Mapped[str] = mapped_column(String(64), default="")
    serials: Mapped[list[Any]] = mapped_column(default=list)
    drawn_at: Mapped[int | None]


class PaperCheck(Base):
    """A sheet that was taken out again and compared with what was counted."""

    __tablename__ = "paper_check"

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("paper_sheet.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    same: Mapped[bool]
    at: Mapped[Instant]
