"""Tables of persons: households, who lives in them, roles and rings, and how people sign in."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Household(Base):
    """Those who live in a unit together 户. Moving out ends it; the unit's next household is another row."""

    __tablename__ = "household"
    __table_args__ = (
        anchor(),
        within("unit"),
        Index(
            "uq_household_living",
            "unit_id",
            unique=True,
            sqlite_where=text("ended_at is null"),
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    unit_id: Mapped[int]
    householder: Mapped[str] = mapped_column(String(80), default="")
    since: Mapped[Instant]
    ended_at: Mapped[int | None]


class Person(Base):
    """A person. Residents have no account beyond their devices; staff have an e-mail address and a password.

    ``epoch`` rises when all sessions must end.
    """

    __tablename__ = "person"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(String(60))
    shows_name: Mapped[bool] = mapped_column(default=False)
    reminders: Mapped[bool] = mapped_column(default=False)  # wants to be reminded of votes that close
    email: Mapped[str | None] = mapped_column(String(160), unique=True)
    password: Mapped[str | None] = mapped_column(String(160))
    epoch: Mapped[int] = mapped_column(default=0)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    created_at: Mapped[Instant]
    left_at: Mapped[int | None]


class RoleGrant(Base):
    """A role a person has in a community, or in the town where ``community_id`` is empty; until it ends."""

    __tablename__ = "role_grant"
    __table_args__ = (Index(None, "community_id", "role"),)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    role: Mapped[str] = mapped_column(String(20))
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    deputy_for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    until: Mapped[int | None]
    ended_at: Mapped[int | None]


class RingMember(Base):
    """A ring of the method that a person belongs to in a community, beside what role and household give."""

    __tablename__ = "ring_member"
    __table_args__ = (UniqueConstraint("community_id", "person_id", "ring"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    ring: Mapped[str] = mapped_column(String(40))
    at: Mapped[Instant]


class HouseholdCode(Base):
    """The code on a household's slip, kept as an HMAC only. Issuing another ends it."""

    __tablename__ = "household_code"
    __table_args__ = (within("household"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    household_id: Mapped[int] = mapped_column(index=True)
    mac: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[int | None]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Device(Base):
    """A browser paired with a household, for one person of it, until it is removed."""

    __tablename__ = "device"
    __table_args__ = (within("household"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    household_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("household_code.id"))
    label: Mapped[str] = mapped_column(String(60), default="")
    paired_at: Mapped[Instant]
    seen_at: Mapped[int | None]  # some moment of the day on which it was last used
    ended_at: Mapped[int | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class MoveCode(Base):
    """Six digits that carry a paired device into another browser within ten minutes, once."""

    __tablename__ = "move_code"

    id: Mapped[Key]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    mac: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[int | None]


class StaffLink(Base):
    """A link for staff: an invitation, or a new password. Good once, until it expires; only its HMAC is kept."""

    __tablename__ = "staff_link"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10))  # invite | reset
    mac: Mapped[str] = mapped_column(String(64), unique=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[int | None]


class AccessLog(Base):
    """Who among the staff looked at whose data, and why they could."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "community_id", "id"), Index(None, "subject"))

    id: Mapped[Key]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str] = mapped_column(String(60))
    whose: Mapped[str] = mapped_column(String(10), default="list", server_default="list")  # household | person | list
    subject: Mapped[str] = mapped_column(String(60), default="")
    route: Mapped[str] = mapped_column(String(60), default="", server_default="")  # the page that showed it
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[Instant]
