"""Where a person wants to read what is new: an e-mail address, once it is confirmed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId

CHOICES = ("daily", "weekly", "once", "none")


class MailAddress(Base):
    """A person's address. Nothing but the link that confirms it is sent before ``confirmed_at``; removed, the row goes.

    ``nonce`` makes the links in its e-mails: another one ends them. Messages from before ``since`` are not sent.
    """

    __tablename__ = "mail_address"
    __table_args__ = (
        CheckConstraint("choice in ('daily','weekly','once','none')", name="choice"),
        Index(None, "choice", "next_at"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    address: Mapped[str] = mapped_column(String(160))
    nonce: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(10))
    choice: Mapped[str] = mapped_column(String(10), default="daily")
    asked_at: Mapped[Instant]
    confirmed_at: Mapped[int | None]
    since: Mapped[Instant]
    next_at: Mapped[Instant]
