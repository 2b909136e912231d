"""The manifest of notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.module import Module
from app.core.removals import Holds
from app.engine.phrase import Phrase, phrase
from app.notices.kept import HUNG
from app.notices.models import Complaint, Notice
from app.notices.queries import NOTICE, OVER, address_of
from app.notices.views import notices as blueprint


def _lodged(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody complained against the notice “%(title)s”.", title=data["title"])


def _answered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your complaint against “%(title)s” was answered: %(answer)s", title=data["title"], answer=data["answer"]
    )


NOTICES = Holds(
    Notice,
    {"title": phrase("Title"), "basis": phrase("Basis"), "text": phrase("Text")},
    Notice.project_id,
    kind="notice",
    title=phrase("A public notice"),
    href=address_of,
    events=frozenset({"notice.posted"}),
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

notices = Module(
    name="notices",
    blueprints=(blueprint,),
    provides=(NOTICE, OVER, HUNG),
    messages={"complaint.lodged": _lodged, "complaint.answered": _answered},
    holds=(NOTICES, COMPLAINTS),
)
