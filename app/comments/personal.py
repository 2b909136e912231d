"""What is kept of a person's talk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.comments.models import Comment, CommentReport, CommentRevision, Talk
from app.core.database import db
from app.core.i18n import iso
from app.core.personal import Erasing, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.unnaming import hand_on, unname_events


def _edited(person_id: int) -> list[CommentRevision]:
    query = select(CommentRevision).join(Comment, Comment.id == CommentRevision.comment_id)
    return list(db.session.scalars(query.where(Comment.person_id == person_id).order_by(CommentRevision.id)))


def _read(of: Subject) -> dict[str, Any]:
    return {
        "comments": [
            {
                "kind": row.kind,
                "text": row.text,
                "at": iso(row.at),
                "hidden": row.hidden_reason,
                "appeal": row.appeal,
                "appeal_answer": row.appeal_answer,
            }
            for row in own(Comment, Comment.person_id, of.person_id)
        ],
        "comments_before": [{"text": row.text, "until": iso(row.at)} for row in _edited(of.person_id)],
        "reports": [
            {"reason": row.reason, "at": iso(row.at)}
            for row in own(CommentReport, CommentReport.person_id, of.person_id)
        ],
    }


def _erase(tx: Tx, of: Erasing) -> None:
    for column in (Comment.person_id, CommentReport.person_id, Talk.owner_id):
        hand_on(tx, of, column)
    unname_events(tx, of, "comment.")


def _texts(of: Subject) -> list[str]:
    said = own(Comment, Comment.person_id, of.person_id)
    reports = own(CommentReport, CommentReport.person_id, of.person_id)
    return [
        *(row.text for row in said),
        *(row.appeal for row in said),
        *(row.text for row in _edited(of.person_id)),
        *(row.reason for row in reports),
    ]


PERSONAL = (
    Personal(
        "comments",
        phrase("What you said"),
        phrase("Comments and answers, what they said before you edited them, appeals, and what you reported."),
        phrase("So that neighbours can talk, and a talk can be read later."),
        phrase("As long as the project’s record. You can have your name taken off, and the words removed too."),
        phrase("Everybody, without your name unless you show it. Reports: facilitators."),
        "13(1)(1)",
        columns=("comment.person_id", "comment_report.person_id", "talk.owner_id"),
        deeds=("comment.hidden_by_id",),
        parts={
            "comments": phrase("Comments"),
            "comments_before": phrase("Comments before you edited them"),
            "reports": phrase("Comments you reported"),
        },
        read=_read,
        erase=_erase,
        texts=_texts,
    ),
)
