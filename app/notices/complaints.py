"""Complaints against notices: lodged on the screen, on paper or by a household's code, and answered by name."""

from __future__ import annotations

from sqlalchemy import select

from app.core.clock import DAY
from app.core.events import record_event
from app.core.limits import count_try
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.notices import queries
from app.notices.models import Complaint, Notice
from app.people.actor import Actor
from app.people.models import Person
from app.people.queries import facilitators_of, persons_of_households
from app.people.sign_in import WRONG, check_code, household_behind
from app.projects.queries import find_activity_by_id

LEAST = 10
MOST_BY_CODE = 10  # of one household on one day, each form once


def complain(actor: Actor, notice_public_id: str, text: str, *, on_paper_by: str = "", once: str = "") -> str:
    """Complain against a notice within its period; a facilitator enters one that came on paper, with its author's name."""
    _long_enough(text)
    with transaction() as tx:
        notice = _held(tx, notice_public_id)
        scope = f"complaint:{actor.person_id}"
        if once and (known := replayed(tx, scope, once, [notice_public_id, text, on_paper_by])):
            return known
        if not actor.belongs_to(notice.community_id):
            raise Forbidden(
                phrase("Those who belong to this community may complain here, or anybody on paper at the desk.")
            )
        if on_paper_by:
            actor.require_facilitator(notice.community_id)
        row = Complaint(person_id=actor.person(), on_paper_by=on_paper_by.strip()[:60], text=text.strip())
        made = _lodge(tx, notice, row)
        if once:
            remember(tx, scope, once, [notice_public_id, text, on_paper_by], made)
        return made


def complain_by_code(code: str, address: str, notice_public_id: str, text: str, *, once: str) -> str:
    """Complain for a household by the code on its slip, without signing in. Wrong codes are limited by address."""
    _long_enough(text)
    household_id, community_id = household_behind(check_code(code, address))
    count_try("complaint", str(household_id), most=MOST_BY_CODE, window=DAY)
    with transaction() as tx:
        notice = _held(tx, notice_public_id)
        if notice.community_id != community_id:
            raise Invalid(WRONG, {"code": WRONG})
        scope = f"complaint:h{household_id}"
        if known := replayed(tx, scope, once, [notice_public_id, text]):
            return known
        made = _lodge(tx, notice, Complaint(household_id=household_id, text=text.strip()))
        remember(tx, scope, once, [notice_public_id, text], made)
        return made


def _long_enough(text: str) -> None:
    if len(text.strip()) < LEAST:
        short = phrase("Say what is wrong, in at least %(least)s characters.", least=LEAST)
        raise Invalid(short, {"text": short})


def _held(tx: Tx, notice_public_id: str) -> Notice:
    notice = tx.session.scalar(select(Notice).where(Notice.public_id == notice_public_id))
    if notice is None or notice.posted_at is None:
        raise NotFound
    tx.lock(Lock(Notice, notice.id))
    tx.session.refresh(notice)
    found: Notice = notice
    return found


def _lodge(tx: Tx, notice: Notice, row: Complaint) -> str:
    """Put down a complaint, if the notice still hangs, and tell the facilitators; its public id."""
    if notice.overtaken_at is not None:
        raise Closed(phrase("Not recorded: what this notice told of holds no more."))
    if notice.until_at is None or tx.now >= notice.until_at:
        raise Closed(phrase("Not recorded: the notice hung until %(when)s.", when=Moment(notice.until_at or tx.now)))
    ref = find_activity_by_id(notice.activity_run_id, tx.now)
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    row.community_id, row.notice_id, row.at = notice.community_id, notice.id, tx.now
    tx.session.add(row)
    tx.session.flush()
    record_event(
        tx,
        "complaint.lodged",
        community_id=notice.community_id,
        project_id=notice.project_id,
        person_id=row.person_id,
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
        households = [] if row.household_id is None else [row.household_id]
        told = [row.person_id] if row.person_id is not None else [p.id for p in persons_of_households(households)]
        tell(
            tx,
            told,
            "complaint.answered" if row.person_id is not None else "complaint.answered_by_code",
            community_id=row.community_id,
            project_id=notice.project_id,
            data={"title": notice.title, "answer": row.answer},
            href=f"/c/{ref.slug}/notice/{ref.public_id}#c-{row.public_id}",
        )
