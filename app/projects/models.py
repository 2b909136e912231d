"""Tables of projects: stored method versions, projects, runs of steps and of activities, waivers, sign-offs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within

IMPORTED = "imported"  # brought from another installation: it is read here, and nothing moves it


class MethodVersion(Base):
    """The stored text of a method file. A project keeps the version it started with; the file may go."""

    __tablename__ = "method_version"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    key: Mapped[str] = mapped_column(String(40), index=True)
    version: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    added_at: Mapped[Instant]
    offered: Mapped[bool] = mapped_column(default=True)


class Project(Base):
    """A project. ``state`` and ``step`` are the projection of its events; ``step`` is empty once it is over."""

    __tablename__ = "project"
    __table_args__ = (
        anchor(),
        Index(None, "community_id", "state"),
        CheckConstraint("state in ('running','paused','ended','completed','imported')", name="state"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    # The project whose words it was begun with.
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    method_version_id: Mapped[int] = mapped_column(ForeignKey("method_version.id"))
    title: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(120), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[dict[str, Any]]  # {} for the community, else {"buildings": [id…]} or {"entrances": [id…]}
    picture: Mapped[str] = mapped_column(
        String(120), default=""
    )  # public id of a photo, or the name of a static drawing
    pin_x: Mapped[int | None]  # thousandths of the site plan's width
    pin_y: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default="running")
    step: Mapped[str] = mapped_column(String(40), default="")
    state_reason: Mapped[str] = mapped_column(Text, default="")
    facilitator_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    started_at: Mapped[Instant]
    moved_at: Mapped[Instant]
    over_at: Mapped[int | None]


class ProjectOrigin(Base):
    """Where a project was brought from: the log that vouches for it, with key and checkpoint, and its dossier.

    ``facts`` is the project as its dossier holds it, as signed there; its rows here follow from that.
    """

    __tablename__ = "project_origin"
    __table_args__ = (within("project"),)

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(String(120), index=True)
    community_name: Mapped[str] = mapped_column(String(60))
    site: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(240))
    checkpoint: Mapped[str] = mapped_column(Text)
    dossier_sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int]
    facts: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class StepRunRow(Base):
    """One run of one step. A step that was sent back and opened again has several."""

    __tablename__ = "step_run"
    __table_args__ = (UniqueConstraint("project_id", "step", "attempt"), anchor(), within("project"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    step: Mapped[str] = mapped_column(String(40))
    attempt: Mapped[int]
    opened_at: Mapped[Instant]
    closed_at: Mapped[int | None]
    left: Mapped[str] = mapped_column(String(10), default="")


class ActivityRun(Base):
    """One run of one activity, within a run of its step. Its dates, where set, are the facilitator's."""

    __tablename__ = "activity_run"
    __table_args__ = (
        UniqueConstraint("step_run_id", "key"),
        anchor(),
        within("project"),
        within("step_run"),
        CheckConstraint("opens_at is null or closes_at is null or opens_at < closes_at", name="window"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int] = mapped_column(index=True)
    step_run_id: Mapped[int]
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    opens_at: Mapped[int | None]
    closes_at: Mapped[int | None]


class GateWaiver(Base):
    """A gate that a named person waived, with the reason, for one run of a step."""

    __tablename__ = "gate_waiver"
    __table_args__ = (UniqueConstraint("step_run_id", "gate"), within("step_run"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    step_run_id: Mapped[int]
    gate: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]


class SignOff(Base):
    """A facilitator's word on a gate's question: yes or no, with what it rests on. The newest one counts."""

    __tablename__ = "sign_off"
    __table_args__ = (Index(None, "step_run_id", "gate"), within("step_run"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    step_run_id: Mapped[int]
    gate: Mapped[str] = mapped_column(String(40))
    holds: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
