"""Columns that many lists have, and sentences in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from app.api.columns import Column
from app.core.i18n import LANGUAGES, force_locale, iso, say
from app.engine.method import Text
from app.engine.phrase import Phrase, phrase

ID = Column("id", "id", phrase("Its identifier, which never changes."))
COMMUNITY = Column("community", "slug", phrase("The short name of its community."))
PROJECT = Column("project", "id", phrase("The identifier of its project."))
ACTIVITY = Column("activity", "id", phrase("The identifier of the activity that it belongs to."))
PAGE = Column("page", "address", phrase("Its page, for people."))


def titles(what: Phrase) -> tuple[Column, Column]:
    """The two columns of a text that a method gives in both languages."""
    return Column("title_zh", "text", what), Column("title_en", "text", phrase("The same in English."))


def title_in(text: Text) -> dict[str, str]:
    """A method's title as the two columns."""
    return {"title_zh": text.zh_Hans, "title_en": text.en}


def when(at: int | None) -> str | None:
    """An instant as ISO 8601 in the town's time; nothing for none."""
    return iso(at) if at is not None else None


def in_both(sentences: Sequence[Phrase | Text | None]) -> list[dict[str, str] | None]:
    """Some sentences in both languages, in their order; nothing for none."""
    found: list[dict[str, str] | None] = [None if sentence is None else {} for sentence in sentences]
    for lang in LANGUAGES:
        with force_locale(lang):
            for words, sentence in zip(found, sentences, strict=True):
                if words is not None:
                    words[lang] = say(sentence)
    return found
