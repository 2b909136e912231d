"""The manifest of notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.notices.kept import HUNG
from app.notices.queries import NOTICE, OVER
from app.notices.views import notices as blueprint


def _lodged(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody complained against the notice “%(title)s”.", title=data["title"])


def _answered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your complaint against “%(title)s” was answered: %(answer)s", title=data["title"], answer=data["answer"]
    )


notices = Module(
    name="notices",
    blueprints=(blueprint,),
    provides=(NOTICE, OVER, HUNG),
    messages={"complaint.lodged": _lodged, "complaint.answered": _answered},
)
