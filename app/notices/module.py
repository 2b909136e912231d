"""The manifest of notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.notices import complaint_views as _complaints  # noqa: F401 - its routes hang on the blueprint
from app.notices import desk_views as _desk  # noqa: F401 - likewise
from app.notices.queries import NOTICE, OVER
from app.notices.views import notices as blueprint


def _lodged(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody complained against the notice “%(title)s”.", title=data["title"])


def _answered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your complaint against “%(title)s” was answered: %(answer)s", title=data["title"], answer=data["answer"]
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
    provides=(NOTICE, OVER),
    messages={
        "complaint.lodged": _lodged,
        "complaint.answered": _answered,
        "complaint.answered_by_code": _answered_by_code,
    },
)
