"""Tables of votes. A person and a stance meet in ``slot_link`` only; a ballot row has no time and no name."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
)
from sqlalchemy import text as sql
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within
from app.engine.errors import Frozen
from app.engine.phrase import phrase


def random_key() -> int:
    """A key that tells no order."""
    # Keys that count up would tell the order of casting, and so the time.
    return secrets.randbits(62)


def _slot_code() -> str:
    return secrets.token_hex(16)


class Decision(Base):
    """What is to be decided in one run of an activity; its policy is copied at the first announcement."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("activity_run_id"),
        anchor(),
        within("project"),
        within("activity_run"),
        CheckConstraint(
            "state in ('drafting','deciding','adopted','rejected','lapsed','withdrawn')",
            name="state",
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    activity_run_id: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    draft: Mapped[str] = mapped_column(Text, default="")
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="drafting")
    state_at: Mapped[int | None]
    narrowed_at: Mapped[int | None]
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class TextVersion(Base):
    """A text that was announced: immutable, with its hash."""

    __tablename__ = "text_version"
    __table_args__ = (UniqueConstraint("decision_id", "number"), UniqueConstraint("decision_id", "text_hash"))

    id: Mapped[Key]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    text_hash: Mapped[str] = mapped_column(String(64))


class Poll(Base):
    """One round on one version, frozen at the announcement but for what ``STILL_WRITTEN`` names."""

    __tablename__ = "poll"
    __table_args__ = (
        UniqueConstraint("decision_id", "attempt"),
        anchor(),
        within("decision"),
        CheckConstraint("announced_at <= opens_at and opens_at < closes_at", name="times"),
        CheckConstraint("prolonged_until is null or prolonged_until > closes_at", name="prolonged"),
        CheckConstraint("electorate in ('household','person','owner')", name="electorate"),
        CheckConstraint("mode in ('A','B','C')", name="mode"),
        CheckConstraint("paper in ('none','last','final')", name="paper"),
        Index(None, "closes_at"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    decision_id: Mapped[int]
    version_id: Mapped[int] = mapped_column(ForeignKey("text_version.id"))
    attempt: Mapped[int]
    rule: Mapped[str] = mapped_column(String(20))
    electorate: Mapped[str] = mapped_column(String(10))
    mode: Mapped[str] = mapped_column(String(1), default="A")
    paper: Mapped[str] = mapped_column(String(5), default="none")  # last: what was said last counts; final: paper does
    matter: Mapped[dict[str, Any]] = mapped_column(default=dict)  # an owners' vote: what it is under the law, by whom
    quorum: Mapped[str] = mapped_column(String(20))
    threshold: Mapped[str] = mapped_column(String(20))
    asked_of: Mapped[list[Any]] = mapped_column(default=list)  # buildings or entrances; empty: the whole community
    announced_at: Mapped[Instant]
    announced_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    opens_at: Mapped[Instant]
    closes_at: Mapped[Instant]
    rings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of which a third must take part: members and title
    prolong_days: Mapped[int] = mapped_column(default=0)
    prolonged_until: Mapped[int | None]
    voided_at: Mapped[int | None]
    roll_size: Mapped[int]
    roll_area: Mapped[int] = mapped_column(default=0)  # of all units together, in 0.01 m²
    roll_root: Mapped[str] = mapped_column(String(64))
    tally: Mapped[dict[str, Any] | None]
    settled_at: Mapped[int | None]
    final_at: Mapped[int | None]
    links_deleted_at: Mapped[int | None]


class RollEntry(Base):
    """A voting unit of a poll's frozen roll: a household, a person, or an owner with all their units."""

    __tablename__ = "roll_entry"
    __table_args__ = (
        UniqueConstraint("poll_id", "household_id"),
        UniqueConstraint("poll_id", "person_id"),
        UniqueConstraint("poll_id", "unit_key"),
        UniqueConstraint("id", "poll_id"),
        within("poll"),
        CheckConstraint(
            "(household_id is not null and person_id is null and owner_id is null)"
            " or (household_id is null and person_id is not null and owner_id is null)"
            " or (household_id is null and person_id is null and owner_id is not null)",
            name="unit",
        ),
    )

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    poll_id: Mapped[int]
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"), index=True)
    unit_key: Mapped[str | None] = mapped_column(String(64))  # who the unit is: bound by the root of the roll
    label: Mapped[str] = mapped_column(String(120))
    heads: Mapped[int] = mapped_column(default=1)
    area: Mapped[int] = mapped_column(default=0)
    rings: Mapped[list[Any]] = mapped_column(default=list)
    source: Mapped[str] = mapped_column(String(120), default="")
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    last_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    disputed_at: Mapped[int | None]
    boxed_at: Mapped[int | None]  # a paper ballot of this unit is in the box
    online_at: Mapped[
        int | None
    ]  # its last cast on screen, where the later of paper and screen counts: until the count
    voted: Mapped[bool] = mapped_column(default=False)  # told of a unit only where its ballot has no slot


class Slot(Base):
    """A random number under which a ballot stands."""

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("id", "poll_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=random_key)
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), index=True)
    code: Mapped[str] = mapped_column(String(32), unique=True, default=_slot_code)


class SlotLink(Base):
    """The only join between a voting unit and its slot."""

    __tablename__ = "slot_link"
    __table_args__ = (
        ForeignKeyConstraint(["roll_entry_id", "poll_id"], ["roll_entry.id", "roll_entry.poll_id"]),
        ForeignKeyConstraint(["slot_id", "poll_id"], ["slot.id", "slot.poll_id"]),
    )

    roll_entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot_id: Mapped[int] = mapped_column(unique=True)
    poll_id: Mapped[int]


class Batch(Base):
    """Ballots that entered the log together, in one entry, by their commitments in order."""

    __tablename__ = "ballot_batch"
    __table_args__ = (UniqueConstraint("poll_id", "number"), UniqueConstraint("id", "poll_id"))

    id: Mapped[Key]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    number: Mapped[int]
    size: Mapped[int]
    seq: Mapped[int]  # its entry in the community's log
    at: Mapped[Instant]


class Ballot(Base):
    """A ballot. Only ``live`` falls and ``batch_id`` is set, once; never deleted. One is live for a slot.

    Where votes are unlinked (mode C) there is no slot: nothing leads from a ballot to who cast it.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        ForeignKeyConstraint(["slot_id", "poll_id"], ["slot.id", "slot.poll_id"]),
        ForeignKeyConstraint(["batch_id", "poll_id"], ["ballot_batch.id", "ballot_batch.poll_id"]),
        Index("uq_ballot_live", "slot_id", unique=True, sqlite_where=sql("live"), postgresql_where=sql("live")),
        UniqueConstraint("slot_id", "seq"),
        UniqueConstraint("slot_id", "form"),
        Index(None, "poll_id"),
        # What is counted, by the index alone: a turnout is asked for with each page of a vote that goes on.
        Index("ix_ballot_counted", "poll_id", "stance", sqlite_where=sql("live"), postgresql_where=sql("live")),
        Index(
            "ix_ballot_unsealed",
            "poll_id",
            "commitment",
            sqlite_where=sql("batch_id is null"),
            postgresql_where=sql("batch_id is null"),
        ),
        Index(
            "uq_ballot_serial",
            "poll_id",
            "serial",
            unique=True,
            sqlite_where=sql("live and serial is not null"),
            postgresql_where=sql("live and serial is not null"),
        ),
        CheckConstraint("channel in ('web','paper','assisted')", name="channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=random_key)
    public_id: Mapped[PublicId]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"))
    slot_id: Mapped[int | None]
    stance: Mapped[str] = mapped_column(String(20))
    choice: Mapped[str] = mapped_column(Text)  # canonical JSON, as committed to
    seq: Mapped[int]
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("ballot.id"))
    live: Mapped[bool] = mapped_column(default=True)
    channel: Mapped[str] = mapped_column(String(10), default="web")
    serial: Mapped[str | None] = mapped_column(String(20))
    helper: Mapped[str] = mapped_column(String(60), default="")
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    commitment: Mapped[str] = mapped_column(String(64), unique=True)
    form: Mapped[str | None] = mapped_column(String(64))  # the hash of the key of the form that made it
    batch_id: Mapped[int | None]


class Objection(Base):
    """An objection and its life; its words are those of its ballot."""

    __tablename__ = "objection"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=random_key)
    public_id: Mapped[PublicId]
    poll_id: Mapped[int] = mapped_column(ForeignKey("poll.id"), index=True)
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), unique=True)
    state: Mapped[str] = mapped_column(String(12), default="raised")
    ended_at: Mapped[int | None]
    disagreed_at: Mapped[int | None]
    offered_at: Mapped[int | None]  # the answer that stands: what it puts into the text, and how it answers
    words: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    defers: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[str] = mapped_column(String(60), default="")
    due_on: Mapped[str] = mapped_column(String(10), default="")
    accepted: Mapped[bool | None]


class Outcome(Base):
    """What follows from an adopted decision: who sees to it, what is to be done, and when it is looked at again."""

    __tablename__ = "decision_outcome"

    id: Mapped[Key]
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    owner: Mapped[str] = mapped_column(String(60))
    tasks: Mapped[str] = mapped_column(Text)
    review_at: Mapped[Instant]
    at: Mapped[Instant]
    found: Mapped[str] = mapped_column(Text, default="")
    found_by: Mapped[str] = mapped_column(String(60), default="")
    found_at: Mapped[int | None]
    told_at: Mapped[int | None]


# What an announcement or a cast wrote down stays: only these may still be written, and no row is deleted.
STILL_WRITTEN: dict[type[Base], frozenset[str]] = {
    TextVersion: frozenset(),
    Poll: frozenset({"prolonged_until", "voided_at", "tally", "settled_at", "final_at", "links_deleted_at"}),
    RollEntry: frozenset({"last_person_id", "disputed_at", "boxed_at", "online_at", "voted"}),
    Slot: frozenset(),
    Batch: frozenset(),
    Ballot: frozenset({"live", "batch_id"}),
}


def _keep(_mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    changed = {item.key for item in inspect(row).attrs if item.history.has_changes()} - STILL_WRITTEN[type(row)]
    if changed:
        raise Frozen(
            phrase("This was frozen and can't be changed any more: %(what)s.", what=", ".join(sorted(changed)))
        )


def _never_deleted(_mapper: Mapper[Any], _connection: Connection, _row: Base) -> None:
    raise Frozen(phrase("This was frozen and can't be deleted."))


for _model in STILL_WRITTEN:
    event.listen(_model, "before_update", _keep)
    event.listen(_model, "before_delete", _never_deleted)
