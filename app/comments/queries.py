"""Reads of talk: a page of threads with their replies, and counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from app.comments.models import Comment, CommentReport, Talk
from app.core.database import db
from app.engine.errors import NotFound
from app.engine.phrase import Phrase, phrase
from app.engine.windows import may
from app.people.actor import Actor
from app.people.queries import names_for
from app.projects.kinds import ActivityRef, Question

PAGE = 25
SHOWN_REPLIES = 2
FIRST_WORDS = 80  # of a question in a list
KINDS = {
    "question": phrase("Question"),
    "support": phrase("Support"),
    "concern": phrase("Worry"),
    "suggestion": phrase("Suggestion"),
}


@dataclass(frozen=True)
class Thread:
    """A comment with its replies, the first ones to be shown unfolded."""

    comment: Comment
    replies: tuple[Comment, ...]

    @property
    def unfolded(self) -> tuple[Comment, ...]:
        """An answer stands first, then the earliest replies."""
        answers = tuple(reply for reply in self.replies if reply.is_answer)
        return (*answers, *(reply for reply in self.replies if not reply.is_answer))[:SHOWN_REPLIES]

    @property
    def folded(self) -> tuple[Comment, ...]:
        """The replies that a tap opens."""
        shown = {reply.id for reply in self.unfolded}
        return tuple(reply for reply in self.replies if reply.id not in shown)


@dataclass(frozen=True)
class TalkPage:
    """One page of a talk as a reader sees it."""

    ref: ActivityRef
    subject: str
    talk: Talk | None
    threads: tuple[Thread, ...]
    names: dict[int, Phrase]
    total: int
    page: int
    pages: int
    writes: bool
    moderates: bool
    answers: bool
    reader_id: int | None


def visible() -> ColumnElement[bool]:
    """The condition that a comment's words may be shown to everybody."""
    return Comment.hidden_by_id.is_(None)


def may_write(actor: Actor, ref: ActivityRef, action: str) -> bool:
    """Whether an actor may comment now: by the ring that the method names, else as a member of the community."""
    if not actor.known or not ref.running:
        return False
    if action:
        return ref.is_open and may(ref.activity, action, actor.rings_in(ref.community_id))
    return actor.belongs_to(ref.community_id)


def talk_page(ref: ActivityRef, subject: str, reader: Actor, *, action: str = "", page: int = 1) -> TalkPage:
    """A page of threads, newest first, with a fixed number of queries."""
    talk = db.session.scalar(select(Talk).where(Talk.subject == subject))
    writes = may_write(reader, ref, action)
    moderates = reader.facilitates(ref.community_id)
    if talk is None:
        return TalkPage(ref, subject, None, (), {}, 0, 1, 1, writes, moderates, moderates, reader.person_id)
    total = db.session.scalar(
        select(func.count()).select_from(Comment).where(Comment.talk_id == talk.id, Comment.parent_id.is_(None))
    )
    pages = max(1, -(-(total or 0) // PAGE))
    page = min(max(1, page), pages)
    heads = list(
        db.session.scalars(
            select(Comment)
            .where(Comment.talk_id == talk.id, Comment.parent_id.is_(None))
            .order_by(Comment.id.desc())
            .offset((page - 1) * PAGE)
            .limit(PAGE)
        )
    )
    replies: dict[int, list[Comment]] = {head.id: [] for head in heads}
    for reply in db.session.scalars(select(Comment).where(Comment.parent_id.in_(replies)).order_by(Comment.id)):
        if reply.parent_id is not None:
            replies[reply.parent_id].append(reply)
    everybody = {head.person_id for head in heads} | {r.person_id for group in replies.values() for r in group}
    return TalkPage(
        ref=ref,
        subject=subject,
        talk=talk,
        threads=tuple(Thread(head, tuple(replies[head.id])) for head in heads),
        names=names_for(everybody, reader, ref.community_id),
        total=total or 0,
        page=page,
        pages=pages,
        writes=writes,
        moderates=moderates,
        answers=moderates or (talk.owner_id is not None and talk.owner_id == reader.person_id),
        reader_id=reader.person_id,
    )


def counts(subjects: Iterable[str]) -> dict[str, int]:
    """How many comments each subject has, with one query."""
    query = (
        select(Talk.subject, func.count(Comment.id))
        .join(Comment, Comment.talk_id == Talk.id)
        .where(Talk.subject.in_(set(subjects)), visible())
        .group_by(Talk.subject)
    )
    return dict(db.session.execute(query).all())


def unanswered(refs: Sequence[ActivityRef], subjects: Select[str] | None = None) -> list[list[Question]]:
    """The questions of each activity's talks that have no marked answer, oldest first; of some subjects where told so."""
    found: dict[int, list[Question]] = {ref.id: [] for ref in refs}
    reply = aliased(Comment)
    answered = select(reply.id).where(reply.parent_id == Comment.id, reply.is_answer, reply.hidden_by_id.is_(None))
    query = (
        select(Talk.activity_run_id, Talk.href, Comment.public_id, func.substr(Comment.text, 1, FIRST_WORDS + 1))
        .join(Comment, Comment.talk_id == Talk.id)
        .where(Talk.activity_run_id.in_(found), Comment.parent_id.is_(None), Comment.kind == "question")
        .where(visible(), ~answered.exists())
        .order_by(Comment.id)
    )
    if subjects is not None:
        query = query.where(Talk.subject.in_(subjects))
    for activity_id, href, public_id, text in db.session.execute(query):
        words = " ".join(text.split())
        words = words if len(text) <= FIRST_WORDS else f"{words[:FIRST_WORDS]}…"
        found[activity_id].append(Question(words, f"{href}#c-{public_id}"))
    return [found[ref.id] for ref in refs]


def find_comment(public_id: str) -> tuple[Comment, Talk]:
    """A comment and its talk."""
    row = db.session.execute(
        select(Comment, Talk).join(Talk, Talk.id == Comment.talk_id).where(Comment.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def address_of(slug: str, comment: Comment) -> str:
    """Where a comment stands."""
    href = db.session.scalars(select(Talk.href).where(Talk.id == comment.talk_id)).one()
    return f"{href}#c-{comment.public_id}"


def written_by(person_id: int, limit: int = 20) -> list[tuple[Comment, Talk]]:
    """What a person wrote, newest first."""
    query = (
        select(Comment, Talk)
        .join(Talk, Talk.id == Comment.talk_id)
        .where(Comment.person_id == person_id)
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    return [(comment, talk) for comment, talk in db.session.execute(query)]


def reported(community_id: int) -> list[tuple[Comment, Talk, int]]:
    """Comments somebody reported or whose authors appealed, still to be looked at."""
    reports = select(CommentReport.comment_id, func.count().label("n")).group_by(CommentReport.comment_id).subquery()
    query = (
        select(Comment, Talk, func.coalesce(reports.c.n, 0))
        .join(Talk, Talk.id == Comment.talk_id)
        .outerjoin(reports, reports.c.comment_id == Comment.id)
        .where(
            Comment.community_id == community_id,
            (visible() & reports.c.n.is_not(None)) | ((Comment.appeal != "") & (Comment.appeal_answer == "")),
        )
        .order_by(Comment.id.desc())
        .limit(100)
    )
    return [(comment, talk, int(n)) for comment, talk, n in db.session.execute(query)]


def find_talk(public_id: str) -> Talk:
    """A talk by its public id."""
    talk = db.session.scalar(select(Talk).where(Talk.public_id == public_id))
    if talk is None:
        raise NotFound
    return talk
