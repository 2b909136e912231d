"""Tables of the objection desk. The objection itself, and its answer, stand with the votes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key


class Disagreement(Base):
    """Somebody's reasons why an objection does not stand."""

    __tablename__ = "disagreement"
    __table_args__ = (UniqueConstraint("objection_id", "person_id"),)

    id: Mapped[Key]
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class Willing(Base):
    """Somebody of a roll who would sit on a panel."""

    __tablename__ = "willing"
    __table_args__ = (UniqueConstraint("poll_id", "person_id"),)

    id: Mapped[Key]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]


class Panel(Base):
    """A panel and its draw by lot: first the list of the willing closes, then dice are thrown. All to repeat it is here."""

    __tablename__ = "panel"

    id: Mapped[Key]
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), unique=True)
    checkpoint: Mapped[str] = mapped_column(String(200))
    dice: Mapped[str] = mapped_column(String(40), default="")
    seed: Mapped[str] = mapped_column(String(64), default="")
    pool: Mapped[list[Any]]  # the public ids of those who were willing
    at: Mapped[Instant]  # when the list closed
    drawn_at: Mapped[int | None]


class Seat(Base):
    """One of the three of a panel."""

    __tablename__ = "panel_seat"
    __table_args__ = (UniqueConstraint("panel_id", "number"), UniqueConstraint("panel_id", "person_id"))

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panel.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    number: Mapped[int]


class PanelWord(Base):
    """What one of a panel says. Its turn is 0 for whether the objection stands, else when the answer was offered."""

    __tablename__ = "panel_word"
    __table_args__ = (UniqueConstraint("seat_id", "turn"),)

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("panel_seat.id"))
    turn: Mapped[int]
    yes: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class DeskMessage(Base):
    """A message between the desk and those who objected; ``name`` is empty where they stay unnamed."""

    __tablename__ = "objection_message"

    id: Mapped[Key]
    objection_id: Mapped[int] = mapped_column(ForeignKey("objection.id"), index=True)
    from_desk: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
