"""A notice as a page or a print shows it: posted, or as it would hang if it were posted now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.i18n import at_local, language
from app.notices import service
from app.notices.content import TYPED, fill
from app.notices.forms import NoticeForm
from app.notices.models import Notice
from app.notices.wordings import Wording
from app.people.places import Community
from app.projects.kinds import ActivityRef


@dataclass(frozen=True)
class Sheet:
    """A notice with its days: ``first_at`` the day of posting, ``last_at`` the last one that was posted."""

    notice: Notice
    first_at: int
    last_at: int
    extended_to: int | None
    contact: str

    @property
    def is_posted(self) -> bool:
        return self.notice.posted_at is not None


def in_words(frozen: Mapping[str, str]) -> str:
    """Words that were frozen in both languages, in the reader's."""
    return frozen[language()]


def of(notice: Notice, here: Community) -> Sheet:
    """A posted notice. One from before there were more fields shows the desk as it is now."""
    assert notice.posted_at is not None
    assert notice.posted_until is not None
    assert notice.until_at is not None
    later = notice.until_at - 1 if notice.until_at > notice.posted_until else None
    contact = notice.contact or service.desk_of(here)
    return Sheet(notice, notice.posted_at, notice.posted_until - 1, later, contact)


def as_it_would_hang(draft: Notice, ref: ActivityRef, here: Community, now: int) -> Sheet:
    """A draft with what posting it now would put in; the draft itself stays as it is."""
    shown = Notice(**{key: getattr(draft, key) for key in TYPED})
    found = service.preview(shown, ref, here, now)
    return Sheet(shown, now, at_local(found.last), None, shown.contact)


def beginning(ref: ActivityRef, here: Community, wording: Wording | None, draft: Notice | None) -> dict[str, str]:
    """What the form of a notice holds at first: what the system knows, the words of a template, else the draft's."""
    known = {"scope": service.places_of(ref, here), "contact": service.desk_of(here), "signatory": here.name}
    if draft is not None:
        known |= {key: value for key in TYPED if (value := getattr(draft, key))} | {"wording": draft.wording}
    if wording is not None:
        values = service.known_values(ref, here)
        known |= {key: fill(words, values) for key, words in wording.words.items()} | {"wording": wording.key}
    return known


def typed(form: NoticeForm) -> dict[str, Any]:
    """What was typed into the form of a notice."""
    return {key: form[key].data or "" for key in (*TYPED, "wording")}
