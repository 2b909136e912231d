"""Tables of how the staff is signed in: sessions, second factors, recovery codes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId


class StaffSession(Base):
    """A browser in which a member of the staff is signed in; no address is kept, and when it was seen only roughly.

    ``sure_at`` is when the person last showed who they are; ``epoch`` is the person's at the sign-in, and must still be.
    """

    __tablename__ = "staff_session"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    epoch: Mapped[int]
    label: Mapped[str] = mapped_column(String(60), default="")
    begun_at: Mapped[Instant]
    sure_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    ended_at: Mapped[int | None]


class Factor(Base):
    """A second factor of a member of the staff: an authenticator's secret, sealed, or a passkey's public key.

    ``counter`` is the last step of time whose code was used, or the passkey's own count of signatures: neither goes back.
    """

    __tablename__ = "second_factor"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # totp | passkey
    name: Mapped[str] = mapped_column(String(60), default="")
    secret: Mapped[str] = mapped_column(Text)
    credential: Mapped[str | None] = mapped_column(String(1400), unique=True)
    counter: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[Instant]
    confirmed_at: Mapped[int | None]
    used_at: Mapped[int | None]


class RecoveryCode(Base):
    """A code that stands in for a lost factor, once; kept as an HMAC only."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    mac: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    used_at: Mapped[int | None]
