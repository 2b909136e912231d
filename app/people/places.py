"""Tables of places: the town, its communities, their buildings, entrances and units."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor, within


class Town(Base):
    """The town itself: one row, whose desk stands in for a community's where there is none."""

    __tablename__ = "town"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    desk_place: Mapped[str] = mapped_column(String(120), default="")
    desk_hours: Mapped[str] = mapped_column(String(120), default="")
    desk_phone: Mapped[str] = mapped_column(String(40), default="")


class Community(Base):
    """A residential compound 小区 with its own roll, desk and log."""

    __tablename__ = "community"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(160), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    desk_place: Mapped[str] = mapped_column(String(120), default="")
    desk_hours: Mapped[str] = mapped_column(String(120), default="")
    desk_phone: Mapped[str] = mapped_column(String(40), default="")
    plan: Mapped[str] = mapped_column(String(120), default="")  # public id of a photo, or the name of a static drawing
    has_owners_committee: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Instant]


class Building(Base):
    """A building of a community, called by its label: ``5`` for 5号楼."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("community_id", "label"), anchor())

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    label: Mapped[str] = mapped_column(String(40))
    sort: Mapped[int] = mapped_column(default=0)


class Entrance(Base):
    """An entrance 单元 of a building; a building without any has one with an empty label."""

    __tablename__ = "entrance"
    __table_args__ = (UniqueConstraint("building_id", "label"), anchor(), within("building"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    building_id: Mapped[int]
    label: Mapped[str] = mapped_column(String(40))


class Unit(Base):
    """A flat: its room, its floor area in 0.01 m² where known, and how it is occupied."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("entrance_id", "room"),
        anchor(),
        within("entrance"),
        CheckConstraint("floor_area is null or floor_area > 0", name="floor_area"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    entrance_id: Mapped[int]
    room: Mapped[str] = mapped_column(String(40))
    floor_area: Mapped[int | None]
    occupancy: Mapped[str] = mapped_column(String(10), default="")  # owner | let | empty | other | ""
    gone_at: Mapped[int | None]


class Owner(Base):
    """Who owns one or several units: one head in an owners' vote. Merged by a person's decision, never by equal names."""

    __tablename__ = "owner"
    __table_args__ = (anchor(),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(80))
    is_developer: Mapped[bool] = mapped_column(default=False)  # who holds the unsold units: one head in all
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    merged_reason: Mapped[str] = mapped_column(Text, default="")
    merged_at: Mapped[int | None]


class Ownership(Base):
    """A share of a unit: ``share_num / share_den``. Co-owners of one unit have one vote between them."""

    __tablename__ = "ownership"
    __table_args__ = (
        UniqueConstraint("owner_id", "unit_id"),
        within("owner"),
        within("unit"),
        CheckConstraint("share_num > 0 and share_num <= share_den", name="share"),
    )

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    owner_id: Mapped[int]
    unit_id: Mapped[int]
    share_num: Mapped[int] = mapped_column(default=1)
    share_den: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(String(120), default="")
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]


class OwnerPerson(Base):
    """A person who speaks for an owner, by papers shown at the desk; until it ends."""

    __tablename__ = "owner_person"
    __table_args__ = (within("owner"), UniqueConstraint("owner_id", "person_id"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    owner_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    paper: Mapped[str] = mapped_column(String(200))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    ended_at: Mapped[int | None]


class RollImport(Base):
    """A spreadsheet of the roll: received, read, previewed, and confirmed or set aside."""

    __tablename__ = "roll_import"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    filename: Mapped[str] = mapped_column(String(120))
    file_sha256: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="reading")  # reading | refused | ready | applied | dropped
    problem: Mapped[dict[str, Any] | None]
    bad: Mapped[list[Any]] = mapped_column(default=list)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    applied_at: Mapped[int | None]


class RollRowStaged(Base):
    """One row of a spreadsheet that waits for its import to be confirmed."""

    __tablename__ = "roll_row"
    __table_args__ = (UniqueConstraint("import_id", "line"),)

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("roll_import.id"))
    line: Mapped[int]
    building: Mapped[str] = mapped_column(String(40))
    entrance: Mapped[str] = mapped_column(String(40))
    room: Mapped[str] = mapped_column(String(40))
    floor_area: Mapped[int | None]
    occupancy: Mapped[str] = mapped_column(String(10))
    householder: Mapped[str] = mapped_column(String(80))
    change: Mapped[str] = mapped_column(String(10))  # added | changed | same
    before: Mapped[dict[str, Any] | None]
