"""Tables of meetings: the meeting, who came, what was noted, the versions of its minutes, who confirmed them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within

CALLED = ("title", "place", "agenda")  # the words of a call: the log holds their commitments


class Meeting(Base):
    """A meeting that was called. ``door`` is the secret of its code to sign in by, while it lasts.

    ``item`` is the line of the agenda that it has come to, from 1; ``change`` counts the calls that followed the first.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        anchor(),
        within("project"),
        within("activity_run"),
        CheckConstraint("starts_at < ends_at", name="hours"),
        CheckConstraint("ended_at is null or opened_at is not null", name="ended"),
        CheckConstraint("cancelled_at is null or opened_at is null", name="cancelled"),
        Index(None, "community_id", "starts_at"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int] = mapped_column(index=True)
    form: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(160))
    agenda: Mapped[str] = mapped_column(Text)
    rings: Mapped[list[Any]]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    called_at: Mapped[Instant]
    called_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    change: Mapped[int] = mapped_column(default=0)
    change_reason: Mapped[str] = mapped_column(Text, default="")
    cancelled_at: Mapped[int | None]
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    door: Mapped[str] = mapped_column(String(16), default="")
    item: Mapped[int] = mapped_column(default=0)
    question: Mapped[str] = mapped_column(String(300), default="")
    commitments: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of what the log tells of its words, by field


class Presence(Base):
    """Somebody who came: signed in by the code, or entered from the paper by whoever holds the meeting."""

    __tablename__ = "meeting_presence"
    __table_args__ = (
        anchor(),
        within("meeting"),
        within("household"),
        CheckConstraint("how in ('code','paper')", name="how"),
        Index(None, "meeting_id", "live"),
        Index(
            "uq_meeting_presence_person",
            "meeting_id",
            "person_id",
            unique=True,
            sqlite_where=sql("live"),
            postgresql_where=sql("live"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    meeting_id: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    household_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(60), default="")
    label: Mapped[str] = mapped_column(String(60), default="")
    ring: Mapped[str] = mapped_column(String(40))
    how: Mapped[str] = mapped_column(String(10))
    at: Mapped[Instant]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    live: Mapped[bool] = mapped_column(default=True)


class MeetingNote(Base):
    """What was noted: a point, a minority's view, a decision, a show of hands, a photo. ``speaker`` wanted to be named."""

    __tablename__ = "meeting_note"
    __table_args__ = (
        within("meeting"),
        CheckConstraint("kind in ('point','minority','decision','hands','photo')", name="kind"),
        Index(None, "meeting_id", "live"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    meeting_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    item: Mapped[int] = mapped_column(default=0)
    ring: Mapped[str] = mapped_column(String(40), default="")
    speaker: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    who: Mapped[str] = mapped_column(String(80), default="")
    due: Mapped[str] = mapped_column(String(10), default="")
    in_favour: Mapped[int | None]
    against: Mapped[int | None]
    abstained: Mapped[int | None]
    media: Mapped[str] = mapped_column(String(16), default="")
    at: Mapped[Instant]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    live: Mapped[bool] = mapped_column(default=True)


class Minutes(Base):
    """One version of a meeting's minutes: a draft, then offered to those who came, then frozen with ``body``.

    A version that was taken back is dropped, and stays; a correction of what is frozen is the next version.
    """

    __tablename__ = "meeting_minutes"
    __table_args__ = (
        anchor(),
        within("meeting"),
        UniqueConstraint("meeting_id", "number"),
        CheckConstraint("frozen_at is null or offered_at is not null", name="frozen"),
        CheckConstraint("frozen_at is null or dropped_at is null", name="dropped"),
        Index(
            "uq_meeting_minutes_open",
            "meeting_id",
            unique=True,
            sqlite_where=sql("frozen_at is null and dropped_at is null"),
            postgresql_where=sql("frozen_at is null and dropped_at is null"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    meeting_id: Mapped[int]
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[Instant]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    offered_at: Mapped[int | None]
    present: Mapped[int] = mapped_column(default=0)
    needed: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text, default="")  # canonical JSON, hashed as stored
    commitments: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of the text that was offered, and of the body's
    sha256: Mapped[str] = mapped_column(String(64), default="")
    dropped_at: Mapped[int | None]


class Confirmation(Base):
    """Somebody who was there says that the minutes are right: with a tap, or with a signature that was entered."""

    __tablename__ = "meeting_confirmation"
    __table_args__ = (
        within("meeting_minutes", "minutes_id"),
        within("meeting_presence", "presence_id"),
        UniqueConstraint("minutes_id", "presence_id"),
        CheckConstraint("how in ('screen','paper')", name="how"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    minutes_id: Mapped[int]
    presence_id: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    how: Mapped[str] = mapped_column(String(10))
    at: Mapped[Instant]
