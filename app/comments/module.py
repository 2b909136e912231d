"""The manifest of talk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.comments.activity import DISCUSSION
from app.comments.queries import spoke
from app.comments.views import comments as blueprint
from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.projects.kinds import Speaks


def _posted(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody commented on “%(title)s”: %(text)s", title=data["title"], text=data["text"])


def _reply(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody replied to you in “%(title)s”: %(text)s", title=data["title"], text=data["text"])


def _reported(data: Mapping[str, Any]) -> Phrase:
    return phrase("A comment in “%(title)s” was reported.", title=data["title"])


def _hidden(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your comment in “%(title)s” was hidden: %(reason)s You can appeal.", title=data["title"], reason=data["reason"]
    )


def _appealed(data: Mapping[str, Any]) -> Phrase:
    return phrase("Somebody appeals against the hiding of a comment in “%(title)s”.", title=data["title"])


def _judged(data: Mapping[str, Any]) -> Phrase:
    if data["shown"]:
        return phrase(
            "Your comment in “%(title)s” is shown again: %(answer)s", title=data["title"], answer=data["answer"]
        )
    return phrase("Your comment in “%(title)s” stays hidden: %(answer)s", title=data["title"], answer=data["answer"])


comments = Module(
    name="comments",
    blueprints=(blueprint,),
    provides=(DISCUSSION, Speaks(spoke)),
    messages={
        "comment.posted": _posted,
        "comment.reply": _reply,
        "comment.reported": _reported,
        "comment.hidden": _hidden,
        "comment.appealed": _appealed,
        "comment.judged": _judged,
    },
)
