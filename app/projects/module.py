"""The manifest of projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.method import Text
from app.engine.phrase import Phrase, phrase
from app.projects import console as _console  # noqa: F401 - its routes hang on the blueprint
from app.projects import methods as _methods  # noqa: F401 - likewise
from app.projects import rings as _rings  # noqa: F401 - likewise
from app.projects.gates import SIGN_OFF
from app.projects.kept import PICTURE, POSTER
from app.projects.open_days import DATES
from app.projects.personal import PERSONAL
from app.projects.views import public


def _paused(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” rests for now: %(reason)s", title=data["title"], reason=data["reason"])


def _resumed(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” goes on: %(reason)s", title=data["title"], reason=data["reason"])


def _sent_back(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” goes back to “%(step)s”: %(reason)s",
        title=data["title"],
        step=Text(**data["step"]),
        reason=data["reason"],
    )


def _ended(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” was ended early: %(reason)s", title=data["title"], reason=data["reason"])


def _completed(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” is done: its last step is closed. Thank you.", title=data["title"])


projects = Module(
    name="projects",
    blueprints=(public,),
    provides=(SIGN_OFF, DATES, PICTURE, POSTER),
    messages={
        "project.paused": _paused,
        "project.resumed": _resumed,
        "project.sent_back": _sent_back,
        "project.ended": _ended,
        "project.completed": _completed,
    },
    confirmed=frozenset(
        {
            "projects.close_step",
            "projects.waive",
            "projects.send_back",
            "projects.move",
            "projects.rings",
            "projects.end_ring",
            "projects.methods",
        }
    ),
    personal=PERSONAL,
)
