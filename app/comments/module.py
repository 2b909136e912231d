"""The manifest of talk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.comments.activity import DISCUSSION
from app.comments.models import Comment, CommentReport, CommentRevision, Talk
from app.comments.personal import PERSONAL
from app.comments.queries import address_of, spoke
from app.comments.search import SEARCHABLE
from app.comments.views import comments as blueprint
from app.core.module import Module
from app.core.removals import Holds
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


_TALK = select(Talk.project_id).where(Talk.id == Comment.talk_id)
_SAID = select(Talk.project_id).join(Comment, Comment.talk_id == Talk.id)
WORDS = phrase("Words")
COMMENTS = Holds(
    Comment,
    {
        "text": WORDS,
        "hidden_reason": phrase("Why it was hidden"),
        "appeal": phrase("Appeal"),
        "appeal_answer": phrase("Answer to the appeal"),
    },
    _TALK.scalar_subquery(),
    kind="comment",
    title=phrase("A comment"),
    href=address_of,
    events=frozenset({"comment.posted", "comment.hidden", "comment.appeal_judged"}),
)
REVISIONS = Holds(
    CommentRevision,
    {"text": WORDS},
    _SAID.where(Comment.id == CommentRevision.comment_id).scalar_subquery(),
    of=Comment,
    by="comment_id",
)
REPORTS = Holds(CommentReport, {"reason": WORDS}, _SAID.where(Comment.id == CommentReport.comment_id).scalar_subquery())
TALKS = Holds(Talk, {"title": WORDS}, Talk.project_id)

comments = Module(
    name="comments",
    blueprints=(blueprint,),
    provides=(DISCUSSION, Speaks(spoke), SEARCHABLE),
    messages={
        "comment.posted": _posted,
        "comment.reply": _reply,
        "comment.reported": _reported,
        "comment.hidden": _hidden,
        "comment.appealed": _appealed,
        "comment.judged": _judged,
    },
    holds=(COMMENTS, REVISIONS, REPORTS, TALKS),
    personal=PERSONAL,
)
