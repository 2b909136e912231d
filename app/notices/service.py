"""Commands of notices: draft, post, complain, answer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.core.delivery import tell_groups
from app.core.events import record_event
from app.core.i18n import at_local, local_date
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import text_hash
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.notices import queries
from app.notices.models import Complaint, Notice
from app.notices.period import last_day
from app.people.actor import Actor
from app.people.models import Person
from app.people.queries import facilitators_of
from app.projects.kinds import ActivityRef, only
from app.projects.models import ActivityRun
from app.projects.queries import find_activity, find_activity_by_id

LEAST = 10


def save_draft(actor: Actor, activity_public_id: str, title: str, basis: str, text: str) -> None:
    """Write a notice until it is posted."""
    wrong = {
        name: phrase("Please fill this in.") for name, value in (("title", title), ("text", text)) if not value.strip()
    }
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    with transaction() as tx:
        ref = _ref(tx, actor, activity_public_id)
        notice = _standing(tx, ref)
        if notice is None:
            notice = Notice(community_id=ref.community_id, project_id=ref.project_id, activity_run_id=ref.id)
            tx.session.add(notice)
        elif notice.posted_at is not None:
            raise Frozen(phrase("The notice hangs already; its words can't be changed."))
        notice.title, notice.basis, notice.text = title.strip(), basis.strip(), text.strip()


def _standing(tx: Tx, ref: ActivityRef) -> Notice | None:
    query = select(Notice).where(Notice.activity_run_id == ref.id, Notice.overtaken_at.is_(None))
    found: Notice | None = tx.session.scalar(query.with_for_update())
    return found


def _ref(tx: Tx, actor: Actor, activity_public_id: str) -> ActivityRef:
    ref = only(queries.NOTICE.spec, find_activity(activity_public_id, tx.now))
    actor.require_facilitator(ref.community_id)
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    return ref


def post(actor: Actor, activity_public_id: str) -> int:
    """Post the notice: its words and its period are fixed. Returns the instant its period ends."""
    with transaction() as tx:
        ref = _ref(tx, actor, activity_public_id)
        notice = _standing(tx, ref)
        if ref.window.state == "waiting":
            # It comes after something else: the result of a vote can't hang before the vote is over.
            raise Closed(phrase("This has not begun yet."))
        if notice is None:
            raise Conflict(phrase("Write the notice first."))
        if notice.posted_at is not None:
            raise Frozen(phrase("The notice hangs already; its words can't be changed."))
        last = last_day(local_date(tx.now), ref.activity.whole("days"))
        until = at_local(last + timedelta(days=1))
        notice.posted_at, notice.until_at, notice.posted_by_id = tx.now, until, actor.person()
        notice.by_name = tx.session.scalar(select(Person.name).where(Person.id == actor.person())) or ""
        notice.text_hash = text_hash(notice.text)
        run = tx.session.get_one(ActivityRun, ref.id)
        run.opens_at, run.closes_at = tx.now, until
        record_event(
            tx,
            "notice.posted",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=actor.person(),
            data={"title": notice.title},
            public={"notice": notice.public_id, "text": notice.text_hash, "until": until},
        )
        tell_groups(
            tx,
            ref.community_id,
            "notice.posted",
            data={"title": notice.title, "until": until},
            href=f"/c/{ref.slug}/notice/{ref.public_id}",
            dedupe=f"posted:{notice.public_id}",
        )
        return until


def complain(actor: Actor, notice_public_id: str, text: str, *, on_paper_by: str = "", once: str = "") -> str:
    """Complain against a notice within its period; a facilitator enters one that came on paper, with its author's name."""
    if len(text.strip()) < LEAST:
        short = phrase("Say what is wrong, in at least %(least)s characters.", least=LEAST)
        raise Invalid(short, {"text": short})
    with transaction() as tx:
        notice = tx.session.scalar(select(Notice).where(Notice.public_id == notice_public_id))
        if notice is None or notice.posted_at is None or notice.until_at is None:
            raise NotFound
        tx.lock(Lock(Notice, notice.id))
        scope = f"complaint:{actor.person_id}"
        if once and (known := replayed(tx, scope, once, [notice_public_id, text, on_paper_by])):
            return known
        if not actor.belongs_to(notice.community_id):
            raise Forbidden(
                phrase("Those who belong to this community may complain here, or anybody on paper at the desk.")
            )
        if on_paper_by:
            actor.require_facilitator(notice.community_id)
        tx.session.refresh(notice)
        if notice.overtaken_at is not None:
            raise Closed(phrase("Not recorded: what this notice told of holds no more."))
        if tx.now >= notice.until_at:
            raise Closed(phrase("Not recorded: the notice hung until %(when)s.", when=Moment(notice.until_at)))
        ref = find_activity_by_id(notice.activity_run_id, tx.now)
        if not ref.running:
            raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
        row = Complaint(
            community_id=notice.community_id,
            notice_id=notice.id,
            person_id=actor.person(),
            on_paper_by=on_paper_by.strip()[:60],
            text=text.strip(),
            at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        record_event(
            tx,
            "complaint.lodged",
            community_id=notice.community_id,
            project_id=notice.project_id,
            person_id=actor.person(),
            data={"complaint": row.public_id, "text": row.text},
            public={"complaint": row.public_id, "notice": notice.public_id},
        )
        tell(
            tx,
            [person.id for person in facilitators_of(notice.community_id)],
            "complaint.lodged",
            community_id=notice.community_id,
            project_id=notice.project_id,
            data={"title": notice.title},
            href=f"/c/{ref.slug}/notice/{ref.public_id}",
        )
        if once:
            remember(tx, scope, once, [notice_public_id, text, on_paper_by], row.public_id)
        return row.public_id


def answer(actor: Actor, complaint_public_id: str, text: str) -> None:
    """Answer a complaint, by name and with a reason; the one who complained is told."""
    if len(text.strip()) < LEAST:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST)
        raise Invalid(short, {"answer": short})
    with transaction() as tx:
        row, notice = queries.find_complaint(complaint_public_id)
        tx.lock(Lock(Complaint, row.id))
        tx.session.refresh(row)
        person_id = actor.require_facilitator(row.community_id)
        if row.answered_at is not None:
            raise Frozen(phrase("This complaint was answered already."))
        ref = find_activity_by_id(notice.activity_run_id, tx.now)
        if not ref.running:
            raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
        row.answer, row.answered_at = text.strip(), tx.now
        row.answered_by = tx.session.scalar(select(Person.name).where(Person.id == person_id)) or ""
        record_event(
            tx,
            "complaint.answered",
            community_id=row.community_id,
            project_id=notice.project_id,
            person_id=person_id,
            data={"complaint": row.public_id, "answer": row.answer},
            public={"complaint": row.public_id},
        )
        tell(
            tx,
            [row.person_id],
            "complaint.answered",
            community_id=row.community_id,
            project_id=notice.project_id,
            data={"title": notice.title, "answer": row.answer},
            href=f"/c/{ref.slug}/notice/{ref.public_id}",
        )
