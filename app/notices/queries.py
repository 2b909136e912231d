"""Reads of notices, their kind of activity and their gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from app.core.database import db
from app.core.events import record_event
from app.core.i18n import at_local, local_date
from app.core.outbox import tell
from app.core.seals import hashes_of
from app.core.transaction import Tx
from app.engine.catalogue import ActivitySpec, GateSpec, SettingSpec
from app.engine.errors import NotFound
from app.engine.gates import GateResult, Missing
from app.engine.phrase import Moment, Phrase, phrase, plural_phrase
from app.engine.words import Key, Staff
from app.notices import boards
from app.notices.copies import begin_alike
from app.notices.models import Complaint, Notice
from app.notices.period import CALENDAR, COUNTS
from app.projects.kinds import ActivityKind, ActivityRef, GateKind, GateRef, Summary
from app.projects.models import ActivityRun


def notices_of(activity_ids: Iterable[int]) -> dict[int, Notice]:
    """The notice that stands, of each activity that has one."""
    query = select(Notice).where(Notice.activity_run_id.in_(set(activity_ids)), Notice.overtaken_at.is_(None))
    return {row.activity_run_id: row for row in db.session.scalars(query)}


def overtaken_of(activity_id: int) -> list[Notice]:
    """The notices of an activity that hung for what holds no more, oldest first."""
    query = select(Notice).where(Notice.activity_run_id == activity_id, Notice.overtaken_at.is_not(None))
    return list(db.session.scalars(query.order_by(Notice.id)))


def open_complaints(notice_ids: Iterable[int]) -> dict[int, int]:
    """How many complaints of each notice have no answer yet."""
    query = (
        select(Complaint.notice_id, func.count())
        .where(Complaint.notice_id.in_(set(notice_ids)), Complaint.answered_at.is_(None))
        .group_by(Complaint.notice_id)
    )
    return dict(db.session.execute(query).all())


def complaints_of(notice_id: int) -> list[Complaint]:
    """The complaints of a notice, oldest first."""
    return list(db.session.scalars(select(Complaint).where(Complaint.notice_id == notice_id).order_by(Complaint.id)))


def find_complaint(public_id: str) -> tuple[Complaint, Notice]:
    """A complaint and its notice."""
    row = db.session.execute(
        select(Complaint, Notice).join(Notice, Notice.id == Complaint.notice_id).where(Complaint.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def address_of(slug: str, row: Notice | Complaint) -> str:
    """Where a notice stands, or that of a complaint."""
    activity_id = row.activity_run_id if isinstance(row, Notice) else None
    if isinstance(row, Complaint):
        activity_id = db.session.scalar(select(Notice.activity_run_id).where(Notice.id == row.notice_id))
    run = db.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == activity_id)).one()
    return f"/c/{slug}/notice/{run}"


def hangs(notice: Notice | None, now: int) -> bool:
    """Whether a notice is posted and its period runs."""
    return notice is not None and notice.posted_at is not None and notice.until_at is not None and now < notice.until_at


def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
    """Whether each notice hangs, and until when."""
    notices = notices_of(ref.id for ref in refs)
    found = []
    for ref in refs:
        notice = notices.get(ref.id)
        if notice is None or notice.posted_at is None or notice.until_at is None:
            found.append(Summary(phrase("The notice is not posted yet.")))
        elif hangs(notice, now):
            found.append(
                Summary(
                    phrase("On the notice board until %(when)s.", when=Moment(notice.until_at)),
                    phrase("Read “%(title)s”, and object if something is wrong", title=notice.title),
                    phrase("Read the notice"),
                    notice.until_at,
                    "object",
                )
            )
        else:
            found.append(Summary(phrase("The notice hung until %(when)s.", when=Moment(notice.until_at))))
    return found


def judge(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when the notice was posted, its period is over, and every complaint has an answer."""
    notices = notices_of(ref.activity.id for ref in refs if ref.activity)
    waiting = open_complaints(notice.id for notice in notices.values())
    found = []
    for ref in refs:
        notice = notices.get(ref.activity.id) if ref.activity else None
        href = ref.activity.href if ref.activity else None
        complaints = waiting.get(notice.id, 0) if notice else 0
        missing = []
        if notice is None or notice.posted_at is None or notice.until_at is None:
            says = phrase("A public notice hangs for its days, and no complaint is left open.")
            # A notice that comes after another activity is nobody's job while that one lasts.
            waits = ref.activity is not None and ref.activity.window.state == "waiting"
            missing.append(Missing(phrase("Write the notice and post it."), None if waits else href))
        elif hangs(notice, now):
            says = phrase("The notice hangs until %(when)s.", when=Moment(notice.until_at))
            missing.append(Missing(phrase("Wait until its days are over.")))
        else:
            says = phrase("The notice hung until %(when)s.", when=Moment(notice.until_at))
        if complaints:
            todo = plural_phrase("Answer %(n)s complaint.", "Answer %(n)s complaints.", complaints)
            missing.insert(0, Missing(todo, href))
        found.append(GateResult(ref.gate.key, ref.gate.kind, not missing, says, tuple(missing)))
    return found


def holds(refs: Sequence[ActivityRef], now: int) -> list[Phrase | None]:
    """What of each notice still keeps the decision it comes after from being adopted; None when it is over."""
    notices = notices_of(ref.id for ref in refs)
    waiting = open_complaints(notice.id for notice in notices.values())
    found: list[Phrase | None] = []
    for ref in refs:
        notice = notices.get(ref.id)
        if notice is None or notice.posted_at is None or notice.until_at is None:
            found.append(phrase("The result is posted as a public notice first."))
        elif waiting.get(notice.id):
            n = waiting[notice.id]
            found.append(plural_phrase("%(n)s complaint is answered first.", "%(n)s complaints are answered first.", n))
        elif hangs(notice, now):
            found.append(phrase("The notice of the result hangs until %(when)s.", when=Moment(notice.until_at)))
        else:
            found.append(None)
    return found


def lengthen(tx: Tx, ref: ActivityRef, rested_since: int) -> None:
    """Let a notice hang longer by the days that its project rested: nobody could complain meanwhile."""
    notice = tx.session.scalar(
        select(Notice).where(Notice.activity_run_id == ref.id, Notice.overtaken_at.is_(None)).with_for_update()
    )
    if notice is None or notice.posted_at is None or notice.until_at is None or notice.until_at <= rested_since:
        return
    days = (local_date(tx.now) - local_date(rested_since)).days
    if not days:
        return
    notice.until_at = at_local(local_date(notice.until_at) + timedelta(days=days))
    tx.session.get_one(ActivityRun, ref.id).closes_at = notice.until_at
    record_event(
        tx,
        "notice.lengthened",
        community_id=ref.community_id,
        project_id=ref.project_id,
        data={"days": days},
        public={"notice": notice.public_id, "until": notice.until_at},
    )


def overtake(tx: Tx, ref: ActivityRef) -> None:
    """What the notice told of holds no more: it stays to be read, and another one hangs for what follows."""
    notice = tx.session.scalar(
        select(Notice).where(Notice.activity_run_id == ref.id, Notice.overtaken_at.is_(None)).with_for_update()
    )
    if notice is None or notice.posted_at is None:
        return  # a draft is written on
    notice.overtaken_at = tx.now
    run = tx.session.get_one(ActivityRun, ref.id)
    run.opens_at = run.closes_at = None
    record_event(
        tx,
        "notice.overtaken",
        community_id=ref.community_id,
        project_id=ref.project_id,
        data={},
        public={"notice": notice.public_id},
    )
    tell(
        tx,
        tx.session.scalars(_who_complained().where(Complaint.notice_id == notice.id)).all(),
        "notice.overtaken",
        community_id=ref.community_id,
        project_id=ref.project_id,
        data={"title": notice.title},
        href=f"/c/{ref.slug}/notice/{ref.public_id}",
        dedupe=f"overtaken:{notice.public_id}",
    )


def record(ref: ActivityRef, now: int) -> dict[str, Any]:
    """The notice as it hung, with complaints and answers, without names of those who complained; and those before it."""
    notice = notices_of([ref.id]).get(ref.id)
    overtaken = [{**_told(row), "overtaken_at": row.overtaken_at} for row in overtaken_of(ref.id)]
    before = {"overtaken": overtaken} if overtaken else {}
    if notice is None or notice.posted_at is None:
        return {"posted": False, **before}
    return {"posted": True, **_told(notice), **boards.told(ref, notice), **before}


def _told(notice: Notice) -> dict[str, Any]:
    more = {key: getattr(notice, key) for key in ("scope", "conclusion", "objecting", "contact", "signatory")}
    return {
        "title": notice.title,
        "basis": notice.basis,
        "text": notice.text,
        "text_hash": Key(notice.text_hash),
        # With these the fingerprint can be computed again.
        "notice": Key(notice.public_id),
        "hash_form": notice.hash_form,
        "commitments": {key: Key(hashed) for key, hashed in hashes_of(notice.commitments).items()},
        "posted_at": notice.posted_at,
        "until_at": notice.until_at,
        "by": notice.by_name,
        **{key: value for key, value in more.items() if value},
        **({"figures": notice.figures} if notice.figures is not None else {}),
        "days": notice.days,
        "count": Key(notice.count),
        "provisional": notice.provisional,
        "posted_until": notice.posted_until,
        "complaints": [
            {"text": row.text, "at": row.at, "answer": Staff(row.answer), "by": row.answered_by}
            for row in complaints_of(notice.id)
        ],
    }


COUNT = SettingSpec("count", "str", default=CALENDAR, choices=COUNTS)
NOTICE = ActivityKind(
    spec=ActivitySpec("notice", ("object",), (SettingSpec("days", "int", default=7, minimum=1), COUNT)),
    title=phrase("Public notice"),
    endpoint="notices.activity",
    summaries=summaries,
    record=record,
    record_template="notices/_record.html",
    own_times=True,
    holds=holds,
    resumed=lengthen,
    undone=overtake,
    copied=begin_alike,
)
OVER = GateKind(
    GateSpec("notice_over", waivable=False, needs_activity=("notice",)),
    phrase("Public notice over, without an open complaint"),
    judge,
)


def spoke(activity_ids: Sequence[int]) -> set[int]:
    """Who complained against the notices of these activities; those on paper have no page."""
    query = _who_complained().join(Notice, Notice.id == Complaint.notice_id)
    return set(db.session.scalars(query.where(Notice.activity_run_id.in_(activity_ids), Complaint.on_paper_by == "")))


def _who_complained() -> Select[Any]:
    """Persons who complained; of a complaint by a household's code no person is known."""
    return select(Complaint.person_id).where(Complaint.person_id.is_not(None))
