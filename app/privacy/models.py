"""The ledger of erasures: ids only, so that an old copy that is restored can be erased again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId


class Erasure(Base):
    """One person whose data was erased: on what ground, who carried it out where it was not the person.

    ``person`` is the public id alone; ``note`` names the paper, and nobody. ``words`` says that the texts went too.
    """

    __tablename__ = "erasure"
    __table_args__ = (CheckConstraint("ground in ('asked','paper','left','order','again')", name="ground"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person: Mapped[str] = mapped_column(String(16), unique=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    ground: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
