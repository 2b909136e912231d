"""Tables of public notices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, event, inspect
from sqlalchemy import text as sql
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within
from app.core.removals import is_mark
from app.core.seals import hashes_of
from app.engine.errors import Frozen
from app.engine.phrase import phrase


class Notice(Base):
    """A notice: a draft until it is posted, frozen from then on. Its period can't be shortened.

    One stands for an activity; it is overtaken when what it told of holds no more, as when a vote was found void.
    ``posted_until`` is the end that was posted; ``until_at`` may only lie later. ``hash_form`` says what ``text_hash``
    covers: 1 the text alone, as before there were more fields, 2 all that the notice says, of words their commitments.
    ``commitments`` are these, by field, with their salts (app/core/seals.py); of form 1 the hash of its text, without.
    """

    __tablename__ = "notice"
    __table_args__ = (
        anchor(),
        within("project"),
        within("activity_run"),
        CheckConstraint("posted_at is null or posted_at < until_at", name="period"),
        CheckConstraint(
            "posted_at is null or (posted_until is not null and until_at >= posted_until)", name="not_shortened"
        ),
        CheckConstraint("overtaken_at is null or posted_at is not null", name="overtaken"),
        CheckConstraint("count in ('calendar','working')", name="count"),
        CheckConstraint("hash_form in (1,2)", name="hash_form"),
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
    scope: Mapped[str] = mapped_column(String(300), default="")
    conclusion: Mapped[str] = mapped_column(Text, default="")
    objecting: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(String(300), default="")
    signatory: Mapped[str] = mapped_column(String(120), default="")
    wording: Mapped[str] = mapped_column(String(40), default="")  # the template that the draft was begun from
    figures: Mapped[dict[str, Any] | None]  # what the decision came to that it comes after, as it was at the posting
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    hash_form: Mapped[int] = mapped_column(default=2)
    commitments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    posted_at: Mapped[int | None] = mapped_column(active_history=True)
    posted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    count: Mapped[str] = mapped_column(String(10), default="calendar")
    days: Mapped[int] = mapped_column(default=0)
    provisional: Mapped[bool] = mapped_column(default=False)
    posted_until: Mapped[int | None]
    until_at: Mapped[int | None] = mapped_column(active_history=True)
    overtaken_at: Mapped[int | None]


class Complaint(Base):
    """A complaint within a notice's period: on the screen, on paper, or by the code of a household; and its answer."""

    __tablename__ = "complaint"
    __table_args__ = (
        within("notice"),
        within("household"),
        CheckConstraint("person_id is not null or household_id is not null", name="whose"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    notice_id: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    household_id: Mapped[int | None] = mapped_column(index=True)  # of one that came by code: no person is known
    on_paper_by: Mapped[str] = mapped_column(String(60), default="")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(60), default="")
    answered_at: Mapped[int | None]


class NoticeProof(Base):
    """A photo that shows a notice on the board of a building: the day it was taken, and who hung it."""

    __tablename__ = "notice_proof"
    __table_args__ = (
        within("notice"),
        within("building"),
        UniqueConstraint("notice_id", "building_id", "photo"),
    )

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    notice_id: Mapped[int] = mapped_column(index=True)
    building_id: Mapped[int]
    photo: Mapped[str] = mapped_column(String(16))  # public id of a photo
    day: Mapped[str] = mapped_column(String(10))
    hung_by: Mapped[str] = mapped_column(String(60))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]


class NoticeWording(Base):
    """A template of notices that a community keeps: words with places to fill, in braces."""

    __tablename__ = "notice_wording"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    words: Mapped[dict[str, Any]]
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
    gone_at: Mapped[int | None]


class SpecialDay(Base):
    """A day that the town counts otherwise than the published list of holidays does."""

    __tablename__ = "special_day"

    id: Mapped[Key]
    day: Mapped[str] = mapped_column(String(10), unique=True)
    working: Mapped[bool]
    why: Mapped[str] = mapped_column(String(200))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]


STILL_WRITTEN = frozenset({"until_at", "overtaken_at"})  # of a notice that was posted


def _keep(_mapper: Mapper[Any], _connection: Connection, row: Notice) -> None:
    state = inspect(row)
    posting = state.attrs.posted_at.history
    before_at = posting.deleted[0] if posting.deleted else None if posting.added else row.posted_at
    if before_at is None:
        return  # a draft, or one that is being posted now
    changed = {item.key for item in state.attrs if item.history.has_changes()}
    changed -= {name for name in changed if is_mark(str(getattr(row, name)))}  # words that the law bade remove
    seals = state.attrs.commitments.history
    if seals.deleted and hashes_of(seals.deleted[0]) == hashes_of(row.commitments):
        changed.discard("commitments")  # and the salts of these
    if changed - STILL_WRITTEN:
        raise Frozen(phrase("The notice hangs already; its words can't be changed."))
    before = state.attrs.until_at.history.deleted
    if before and before[0] is not None and (row.until_at is None or row.until_at < before[0]):
        raise Frozen(phrase("The period of a notice that hangs can't be shortened."))


event.listen(Notice, "before_update", _keep)
