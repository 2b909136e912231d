"""Days that the town counts otherwise than the published list of holidays: read for a period, set by the town."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.i18n import local_date
from app.core.transaction import transaction
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import phrase
from app.notices.content import last_of
from app.notices.models import Notice, SpecialDay
from app.notices.period import WORKING, Period, period, published
from app.people.actor import Actor


def ruled(since: date, days: int) -> Mapping[date, bool]:
    """The days set by the town within reach of a period, and whether people work on each."""
    until = since + timedelta(days=3 * days + 60)
    query = select(SpecialDay.day, SpecialDay.working).where(
        SpecialDay.day.between(since.isoformat(), until.isoformat())
    )
    return {date.fromisoformat(day): working for day, working in db.session.execute(query)}


def period_of(posted_on: date, days: int, count: str) -> Period:
    """A notice's period by the calendar as it is known now."""
    return period(posted_on, days, count, ruled(posted_on, days) if count == WORKING else {})


def recounted(notice: Notice) -> Period | None:
    """The period of a posted notice as today's calendar would give it, where that is another one.

    What was posted stands all the same: it may be lengthened, never shortened. One that was lengthened is not called
    too long.
    """
    if notice.posted_at is None or notice.until_at is None or notice.count != WORKING:
        return None
    found = period_of(local_date(notice.posted_at), notice.days, notice.count)
    if found.last > last_of(notice.until_at) or (
        found.last < last_of(notice.until_at) and notice.until_at == notice.posted_until
    ):
        return found
    return None


def special_days(since: date) -> list[SpecialDay]:
    """The days that the town has set, from a day on, in their order."""
    query = select(SpecialDay).where(SpecialDay.day >= since.isoformat()).order_by(SpecialDay.day)
    return list(db.session.scalars(query))


def set_day(actor: Actor, day: date, working: bool, why: str) -> None:
    """Say of a day whether people work on it, with the reason; a day set before is set anew."""
    actor.require_admin()
    if not why.strip():
        missing = phrase("Please fill this in.")
        raise Invalid(missing, {"why": missing})
    with transaction() as tx:
        row = tx.session.scalar(select(SpecialDay).where(SpecialDay.day == day.isoformat()).with_for_update())
        before = None if row is None else {"working": row.working, "why": row.why}
        if row is None:
            row = SpecialDay(day=day.isoformat())
            tx.session.add(row)
        row.working, row.why, row.by_name, row.at = working, why.strip(), actor.name, tx.now
        tx.session.flush()
        record_event(
            tx,
            "calendar.day_set",
            community_id=None,
            person_id=actor.person(),
            data={"day": row.day, "working": working, "why": row.why, "listed": published(day), "before": before},
        )


def unset_day(actor: Actor, day: date) -> None:
    """Let the published list hold again for a day."""
    actor.require_admin()
    with transaction() as tx:
        row = tx.session.scalar(select(SpecialDay).where(SpecialDay.day == day.isoformat()).with_for_update())
        if row is None:
            raise NotFound
        tx.session.delete(row)
        record_event(
            tx,
            "calendar.day_unset",
            community_id=None,
            person_id=actor.person(),
            data={"day": row.day, "working": row.working, "why": row.why},
        )
