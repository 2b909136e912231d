"""What was removed because the law bade it: who, when, on what ground; and the mark that stands in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId
from app.core.i18n import local_date, say
from app.engine.phrase import Phrase, phrase

# The grounds as they are chosen, and as they stand in a mark.
GROUNDS: dict[str, Phrase] = {
    "personal": phrase("Personal data that must be erased (Personal Information Protection Law, art. 47)"),
    "unlawful": phrase("Content that the law forbids"),
    "rights": phrase("It violates somebody’s rights: name, privacy, portrait (Civil Code, arts. 1194 to 1197)"),
    "order": phrase("An order of a court or of an authority"),
}
SHORT: dict[str, Phrase] = {
    "personal": phrase("personal data"),
    "unlawful": phrase("forbidden by law"),
    "rights": phrase("somebody’s rights"),
    "order": phrase("order of an authority"),
}
# In rows the mark is stored where the words stood, so that whatever reads them shows it: in both languages.
STORED = {
    "personal": "个人信息 personal data",
    "unlawful": "法律禁止 forbidden by law",
    "rights": "他人权益 rights of others",
    "order": "有关机关决定 official order",
}


_MARK = re.compile("〔[0-9]{4}-[0-9]{2}-[0-9]{2} 依法删去 removed: (?:" + "|".join(STORED.values()) + ")〕")


class Removal(Base):
    """One act of removing words: its hashes are commitments of a record's words, and hashes of events that held them."""

    __tablename__ = "removal"
    __table_args__ = (
        Index(None, "community_id", "id"),
        CheckConstraint("ground in ('personal','unlawful','rights','order')", name="ground"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(16))
    href: Mapped[str] = mapped_column(String(200))
    ground: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
    hashes: Mapped[list[Any]]


@dataclass(frozen=True)
class Holds:
    """Where a module keeps people's words: a table, its columns of words, and how a row is found and addressed.

    ``project`` is an expression that gives the project of a row. Rows without ``kind`` have no address of their own; those
    that name the row ``of`` which they are earlier forms, in the column ``by``, are blanked with it, whatever they said.
    ``within`` tells the fields of a JSON column that are words. ``events`` are kinds whose data repeats the words, and
    of which rows are compared with the public part alone, so that they can be emptied. ``seals`` is the column of the
    commitments of its words (app/core/seals.py): a removal names these, and drops their salts.
    """

    model: type[Base]
    columns: Mapping[str, Phrase]
    project: Any
    kind: str = ""
    title: Phrase | None = None
    href: Callable[[str, Any], str] | None = None
    of: type[Base] | None = None
    by: str = ""
    json: str = ""
    within: Callable[[Any], Mapping[str, Phrase]] | None = None
    events: frozenset[str] = field(default_factory=frozenset)
    seals: str = ""


def mark_of(removal: Removal) -> str:
    """The mark in place of words, in the reader's language."""
    day = local_date(removal.at).isoformat()
    return say(phrase("[Removed by law on %(day)s: %(ground)s]", day=day, ground=SHORT[removal.ground]))


def is_mark(text: str) -> bool:
    """Whether a row's words are such a mark."""
    return _MARK.fullmatch(text) is not None


def stored_mark(ground: str, at: int) -> str:
    """The mark that a row keeps in place of its words."""
    return f"〔{local_date(at).isoformat()} 依法删去 removed: {STORED[ground]}〕"
