"""The table of what can be found: made from the features' own rows, and made anew whenever one likes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, within


class SearchDocument(Base):
    """A document that everybody may read. ``title_words`` and ``words`` are what is searched; ``facets`` are the
    filters as words, so that the full-text index narrows by them too.

    SQLite keeps an FTS5 table beside it, by triggers; PostgreSQL columns ``found`` and ``found_title`` with their GIN indexes.
    They stand in the migration. A batch migration of this table would drop the triggers:
    make them anew there.
    """

    __tablename__ = "search_document"
    __table_args__ = (
        UniqueConstraint("kind", "public_id"),
        within("project"),
        Index(None, "community_id", "kind", "at"),
        Index(None, "community_id", "at"),
        Index(None, "kind", "at"),
        Index(None, "at"),
    )

    id: Mapped[Key]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    public_id: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(16))
    step: Mapped[str] = mapped_column(String(40))
    year: Mapped[int]
    number: Mapped[str] = mapped_column(String(20), default="")
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    title_words: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    facets: Mapped[str] = mapped_column(String(200))
    at: Mapped[Instant]
