"""Discussion as an activity of a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.comments import queries, service
from app.comments.models import Comment, Talk
from app.core.database import db
from app.core.transaction import Tx
from app.engine.catalogue import ActivitySpec
from app.engine.phrase import phrase, plural_phrase
from app.engine.words import Key
from app.projects.kinds import ActivityKind, ActivityRef, Question, Summary

MOST_IN_RECORD = 200


def subject_of(ref: ActivityRef) -> str:
    """The subject of a step's own talk."""
    return f"activity:{ref.public_id}"


def opened(tx: Tx, ref: ActivityRef) -> None:
    """Make the talk when its step opens."""
    href = f"/c/{ref.slug}/talk/{ref.public_id}"
    service.ensure_talk(tx, ref, subject_of(ref), ref.project_title, href, action="comment")


def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
    """How many comments each talk has."""
    counts = queries.counts(subject_of(ref) for ref in refs)
    found = []
    for ref in refs:
        n = counts.get(subject_of(ref), 0)
        says = plural_phrase("%(n)s comment so far.", "%(n)s comments so far.", n)
        ask = ref.activity.title if ref.is_open else None
        found.append(
            Summary(
                says,
                ask,
                phrase("Say something"),
                ref.window.closes_at,
                "comment",
            )
        )
    return found


def record(ref: ActivityRef, now: int) -> dict[str, Any]:
    """Numbers by kind, and the questions with their marked answers, suggestions and worries, in people's own words."""
    talk = db.session.scalar(select(Talk).where(Talk.subject == subject_of(ref)))
    if talk is None:
        return {"counts": {}, "said": []}
    where = (Comment.talk_id == talk.id, queries.visible())
    counts = dict(db.session.execute(select(Comment.kind, func.count()).where(*where).group_by(Comment.kind)).all())
    heads = list(
        db.session.scalars(
            select(Comment).where(*where, Comment.parent_id.is_(None)).order_by(Comment.id).limit(MOST_IN_RECORD)
        )
    )
    answers: dict[int, str] = {}
    for reply in db.session.scalars(
        select(Comment).where(*where, Comment.is_answer, Comment.parent_id.in_([head.id for head in heads]))
    ):
        if reply.parent_id is not None:
            answers[reply.parent_id] = reply.text
    return {
        "counts": counts,
        "said": [{"kind": Key(head.kind), "text": head.text, "answer": answers.get(head.id, "")} for head in heads],
    }


def asks(refs: Sequence[ActivityRef], now: int) -> list[list[Question]]:
    """What was asked in each talk and has no marked answer."""
    return queries.unanswered(refs)


DISCUSSION = ActivityKind(
    spec=ActivitySpec("discussion", ("comment",)),
    title=phrase("Discussion"),
    endpoint="comments.activity",
    summaries=summaries,
    record=record,
    record_template="comments/_record.html",
    opened=opened,
    asks=asks,
)
