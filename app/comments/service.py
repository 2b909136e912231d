"""Commands of talk: post, edit, mark an answer, report, hide, appeal."""

from __future__ import annotations

from sqlalchemy import select

from app.comments import queries
from app.comments.models import Comment, CommentReport, CommentRevision, Talk
from app.core.clock import MINUTE
from app.core.events import record_event
from app.core.limits import count_try
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.queries import facilitators_of
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun
from app.projects.queries import find_activity

EDIT_MINUTES = 15
FLOOD, FLOOD_MINUTES = 6, 10
LEAST_REASON = 10


def ensure_talk(
    tx: Tx, ref: ActivityRef, subject: str, title: str, href: str, *, action: str = "", owner_id: int | None = None
) -> Talk:
    """The talk about a subject, made when there is none yet."""
    talk = tx.session.scalar(select(Talk).where(Talk.subject == subject))
    if talk is None:
        talk = Talk(
            community_id=ref.community_id,
            project_id=ref.project_id,
            activity_run_id=ref.id,
            subject=subject,
            title=title[:120],
            href=href,
            action=action,
            owner_id=owner_id,
        )
        tx.session.add(talk)
        tx.session.flush()
    return talk


def post(
    actor: Actor, talk_public_id: str, kind: str, text: str, *, parent: str | None = None, once: str | None = None
) -> str:
    """Post a comment, or a reply to one, and return its public id."""
    person_id = actor.person()
    if kind not in queries.KINDS:
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"kind": wrong})
    if not text.strip():
        wrong = phrase("Please fill this in.")
        raise Invalid(wrong, {"text": wrong})
    count_try("comment", str(person_id), most=FLOOD, window=FLOOD_MINUTES * MINUTE)
    with transaction() as tx:
        talk = tx.session.scalar(select(Talk).where(Talk.public_id == talk_public_id))
        if talk is None:
            raise NotFound
        sent = [talk_public_id, kind, text, parent or ""]
        if once and (known := replayed(tx, f"comment:{person_id}", once, sent)):
            return known
        ref = _ref(tx, talk)
        if not queries.may_write(actor, ref, talk.action):
            if not ref.running or (talk.action and not ref.is_open):
                raise Closed(phrase("This talk is closed. What was written stays readable."))
            raise Forbidden(phrase("Those who belong to this community may write here. You can read everything."))
        above = None
        if parent:
            above = tx.session.scalar(select(Comment).where(Comment.public_id == parent, Comment.talk_id == talk.id))
            if above is None or above.parent_id is not None:
                raise NotFound
        comment = Comment(
            community_id=talk.community_id,
            talk_id=talk.id,
            parent_id=above.id if above else None,
            kind=kind,
            text=text.strip(),
            person_id=person_id,
            at=tx.now,
        )
        tx.session.add(comment)
        tx.session.flush()
        record_event(
            tx,
            "comment.posted",
            community_id=talk.community_id,
            project_id=talk.project_id,
            person_id=person_id,
            data={"comment": comment.public_id, "kind": kind, "text": comment.text},
            public={"comment": comment.public_id},
        )
        told = {above.person_id} if above else {talk.owner_id} if talk.owner_id else set()
        tell(
            tx,
            [person for person in told if person != person_id],
            "comment.reply" if above else "comment.posted",
            community_id=talk.community_id,
            project_id=talk.project_id,
            data={"title": talk.title, "text": comment.text[:200]},
            href=f"{talk.href}#c-{comment.public_id}",
        )
        if once:
            remember(tx, f"comment:{person_id}", once, sent, comment.public_id)
        return comment.public_id


def _ref(tx: Tx, talk: Talk) -> ActivityRef:
    public_id = tx.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == talk.activity_run_id)).one()
    return find_activity(public_id, tx.now)


def _require_running(tx: Tx, talk: Talk) -> None:
    if not _ref(tx, talk).running:
        raise Closed(phrase("This talk is closed. What was written stays readable."))


def edit(actor: Actor, public_id: str, text: str, *, once: str = "") -> None:
    """Edit one's comment within fifteen minutes; what it said before is kept. The same form again changes nothing more."""
    if not text.strip():
        wrong = phrase("Please fill this in.")
        raise Invalid(wrong, {"text": wrong})
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        if comment.person_id != actor.person():
            raise Forbidden(phrase("Only its author edits a comment."))
        scope, sent = f"comment.edit:{actor.person_id}", [public_id, text]
        if once and replayed(tx, scope, once, sent):
            return
        _require_running(tx, talk)
        if tx.now > comment.at + EDIT_MINUTES * MINUTE or comment.hidden_by_id is not None:
            raise Closed(phrase("A comment can be edited for %(n)s minutes. Write a reply instead.", n=EDIT_MINUTES))
        tx.session.add(CommentRevision(comment_id=comment.id, text=comment.text, at=tx.now))
        comment.text, comment.edited_at = text.strip(), tx.now
        if once:
            remember(tx, scope, once, sent, public_id)


def mark_answer(actor: Actor, public_id: str) -> None:
    """Mark a reply as the answer to its question, or unmark it: the owner of the subject, or a facilitator."""
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        if comment.parent_id is None or not (
            actor.facilitates(talk.community_id) or (talk.owner_id and talk.owner_id == actor.person_id)
        ):
            raise Forbidden
        _require_running(tx, talk)
        comment.is_answer = not comment.is_answer


def report(actor: Actor, public_id: str, reason: str) -> None:
    """Tell the facilitators that a comment breaks the rules; once a person."""
    _need(reason)
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        if not actor.belongs_to(talk.community_id):
            raise Forbidden
        known = tx.session.scalar(
            select(CommentReport).where(
                CommentReport.comment_id == comment.id, CommentReport.person_id == actor.person()
            )
        )
        if known is None:
            tx.session.add(
                CommentReport(comment_id=comment.id, person_id=actor.person(), reason=reason.strip(), at=tx.now)
            )
        tell(
            tx,
            [person.id for person in facilitators_of(talk.community_id)],
            "comment.reported",
            community_id=talk.community_id,
            project_id=talk.project_id,
            data={"title": talk.title},
            href=f"{talk.href}#c-{comment.public_id}",
            dedupe=f"reported:{comment.public_id}",
        )


def _need(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST_REASON)
        raise Invalid(short, {"reason": short})


def hide(actor: Actor, public_id: str, reason: str) -> None:
    """Hide a comment; its author is told the reason and may appeal."""
    _need(reason)
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        person_id = actor.require_facilitator(talk.community_id)
        if comment.hidden_by_id is not None:
            raise Conflict(phrase("This comment is hidden already."))
        comment.hidden_by_id, comment.hidden_reason = person_id, reason.strip()
        comment.appeal = comment.appeal_answer = ""
        record_event(
            tx,
            "comment.hidden",
            community_id=talk.community_id,
            project_id=talk.project_id,
            person_id=person_id,
            data={"comment": comment.public_id, "reason": reason.strip()},
            public={"comment": comment.public_id},
        )
        tell(
            tx,
            [comment.person_id],
            "comment.hidden",
            community_id=talk.community_id,
            project_id=talk.project_id,
            data={"title": talk.title, "reason": reason.strip()},
            href=f"{talk.href}#c-{comment.public_id}",
        )


def appeal(actor: Actor, public_id: str, text: str) -> None:
    """Appeal against the hiding of one's comment, once."""
    _need(text)
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        if comment.person_id != actor.person() or comment.hidden_by_id is None:
            raise NotFound
        if comment.appeal:
            raise Conflict(phrase("You have appealed already; the answer comes to your page."))
        comment.appeal = text.strip()
        tell(
            tx,
            [person.id for person in facilitators_of(talk.community_id)],
            "comment.appealed",
            community_id=talk.community_id,
            project_id=talk.project_id,
            data={"title": talk.title},
            href=f"{talk.href}#c-{comment.public_id}",
        )


def judge_appeal(actor: Actor, public_id: str, *, show: bool, answer: str) -> None:
    """Answer an appeal. Where there is another facilitator, the one who hid the comment doesn't judge it."""
    _need(answer)
    with transaction() as tx:
        comment, talk = queries.find_comment(public_id)
        person_id = actor.require_facilitator(talk.community_id)
        others = [person.id for person in facilitators_of(talk.community_id) if person.id != comment.hidden_by_id]
        if comment.hidden_by_id is None or not comment.appeal or comment.appeal_answer:
            raise Conflict(phrase("There is no open appeal here."))
        if person_id == comment.hidden_by_id and others:
            raise Forbidden(phrase("Another facilitator judges an appeal against your own decision."))
        comment.appeal_answer = answer.strip()
        if show:
            comment.hidden_by_id, comment.hidden_reason = None, ""
        record_event(
            tx,
            "comment.appeal_judged",
            community_id=talk.community_id,
            project_id=talk.project_id,
            person_id=person_id,
            data={"comment": comment.public_id, "shown": show, "answer": answer.strip()},
            public={"comment": comment.public_id, "shown": show},
        )
        tell(
            tx,
            [comment.person_id],
            "comment.judged",
            community_id=talk.community_id,
            project_id=talk.project_id,
            data={"title": talk.title, "shown": show, "answer": answer.strip()},
            href=f"{talk.href}#c-{comment.public_id}",
        )
