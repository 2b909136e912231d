"""The manifest of notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.module import Module
from app.core.removals import Holds
from app.engine.phrase import Moment, Phrase, phrase
from app.notices import complaint_views as _complaints  # noqa: F401 - its routes hang on the blueprint
from app.notices import desk_views as _desk  # noqa: F401 - likewise
from app.notices.kept import HUNG
from app.notices.models import Complaint, Notice
from app.notices.personal import PERSONAL
from app.notices.queries import NOTICE, OVER, address_of, spoke
from app.notices.search import DATES, SEARCHABLE
from app.notices.views import notices as blueprint
from app.projects.kinds import Speaks


def _lodged(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody complained against the notice “%(title)s”.", title=data["title"])


def _answered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your complaint against “%(title)s” was answered: %(answer)s", title=data["title"], answer=data["answer"]
    )


NOTICES = Holds(
    Notice,
    {
        "title": phrase("Title"),
        "basis": phrase("Basis"),
        "text": phrase("Text"),
        "scope": phrase("Whom it concerns"),
        "conclusion": phrase("Conclusion"),
        "objecting": phrase("How to object"),
        "contact": phrase("Contact"),
        "signatory": phrase("Signed by"),
        "by_name": phrase("Posted by"),
    },
    Notice.project_id,
    kind="notice",
    title=phrase("A public notice"),
    href=address_of,
    events=frozenset({"notice.posted"}),  # those of before repeat the title
    seals="commitments",
)
COMPLAINTS = Holds(
    Complaint,
    {"text": phrase("Text"), "answer": phrase("Answer"), "on_paper_by": phrase("Name")},
    select(Notice.project_id).where(Notice.id == Complaint.notice_id).scalar_subquery(),
    kind="complaint",
    title=phrase("A complaint"),
    href=address_of,
    events=frozenset({"complaint.lodged", "complaint.answered"}),
)


def _posted(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "A notice hangs: “%(title)s”. Whoever sees something wrong in it can say so until %(until)s.",
        title=data["title"],
        until=Moment(data["until"]),
    )


def _overtaken(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "What the notice “%(title)s” told of, against which you complained, holds no more. It is decided anew.",
        title=data["title"],
    )


def _answered_by_code(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "The complaint against “%(title)s” that came with your household's code was answered: %(answer)s",
        title=data["title"],
        answer=data["answer"],
    )


notices = Module(
    name="notices",
    blueprints=(blueprint,),
    provides=(NOTICE, OVER, Speaks(spoke, follows=True), SEARCHABLE, DATES, HUNG),
    messages={
        "complaint.lodged": _lodged,
        "complaint.answered": _answered,
        "complaint.answered_by_code": _answered_by_code,
        "notice.posted": _posted,
        "notice.overtaken": _overtaken,
    },
    holds=(NOTICES, COMPLAINTS),
    confirmed=frozenset({"notices.post", "notices.extend"}),
    personal=PERSONAL,
)
