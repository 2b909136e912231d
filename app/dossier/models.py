"""The table of dossiers."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, within


class Dossier(Base):
    """The newest dossier of a project in a language: a file beside the media, public as the project is.

    ``mark`` says what it was made of: once that would be another one, the file isn't given out any more.
    """

    __tablename__ = "dossier"
    __table_args__ = (UniqueConstraint("project_id", "lang"), within("project"))

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    lang: Mapped[str] = mapped_column(String(10))
    mark: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int]
    files: Mapped[int]
    at: Mapped[Instant]
