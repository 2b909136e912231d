"""Proof that a notice hangs on a building's board: a photo with its day, and who hung it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from app.core.events import record_event
from app.core.i18n import local_date
from app.core.media import Media, Upload, name_upload
from app.core.transaction import Lock, transaction
from app.engine.errors import Closed, Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.notices import queries
from app.notices.boards import board_of
from app.notices.content import last_of
from app.notices.models import Notice, NoticeProof
from app.people.actor import Actor
from app.projects.kinds import only
from app.projects.queries import find_activity

MOST_A_BUILDING = 12


def prove(
    actor: Actor, activity_public_id: str, building_id: int, photo: Upload | None, day: date, hung_by: str
) -> None:
    """Keep a photo of the notice on a building's board, with its day and the name of who hung it."""
    wrong = {}
    if photo is None:
        wrong["photo"] = phrase("Choose the photo of the board.")
    if not hung_by.strip():
        wrong["hung_by"] = phrase("Please fill this in.")
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    assert photo is not None
    with transaction() as tx:
        ref = only(queries.NOTICE.spec, find_activity(activity_public_id, tx.now))
        person_id = actor.require_facilitator(ref.community_id)
        if not ref.running:
            raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
        notice = queries.notices_of([ref.id]).get(ref.id)
        if notice is None or notice.posted_at is None or notice.until_at is None:
            raise NotFound
        tx.lock(Lock(Notice, notice.id))
        label = board_of(ref, building_id)
        if not local_date(notice.posted_at) <= day <= min(local_date(tx.now), last_of(notice.until_at)):
            outside = phrase("The photo shows the board on a day on which the notice hung.")
            raise Invalid(outside, {"day": outside})
        there = tx.session.scalars(
            select(Media.sha256)
            .join(NoticeProof, NoticeProof.photo == Media.public_id)
            .where(NoticeProof.notice_id == notice.id, NoticeProof.building_id == building_id)
        ).all()
        if photo.sha256 in there:
            return  # the same photo twice is one proof
        if len(there) >= MOST_A_BUILDING:
            raise Conflict(phrase("There are %(most)s photos of this board already.", most=MOST_A_BUILDING))
        media = name_upload(tx, photo, community_id=ref.community_id, person_id=person_id)
        tx.session.add(
            NoticeProof(
                community_id=ref.community_id,
                notice_id=notice.id,
                building_id=building_id,
                photo=media.public_id,
                day=day.isoformat(),
                hung_by=hung_by.strip(),
                entered_by_id=person_id,
                at=tx.now,
            )
        )
        record_event(
            tx,
            "notice.proved",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"building": label, "day": day.isoformat(), "hung_by": hung_by.strip()},
            public={"notice": notice.public_id, "photo": media.sha256},
        )
