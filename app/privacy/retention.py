"""What is forgotten when its time is over: once a day, in small transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from app.core import jobs
from app.core.clock import DAY, now
from app.core.database import db
from app.core.i18n import local
from app.core.jobs import Claim, Job
from app.core.personal import Keep
from app.core.transaction import transaction
from app.privacy.kept import days_of, keeps

BATCH = 500
JOB = "forget"
AT_NIGHT = 3  # o'clock


@dataclass(frozen=True)
class Due:
    """How many rows of one kind are past their time."""

    keep: Keep
    days: int
    rows: int


def due(at: int) -> list[Due]:
    """What would be forgotten now."""
    found = []
    for keep in keeps():
        days = days_of(keep)
        rows = db.session.scalar(select(func.count()).select_from(keep.due(at - days * DAY).subquery())) or 0
        found.append(Due(keep, days, rows))
    return found


def forget(at: int) -> Mapping[str, int]:
    """Forget what is past its time, and return how many rows of each kind."""
    gone = dict[str, int]()
    for keep in keeps():
        before, count = at - days_of(keep) * DAY, 0
        while True:
            with transaction() as tx:
                ids = list(tx.session.scalars(keep.due(before).order_by(None).limit(BATCH)))
                count += keep.forget(tx, ids) if ids else 0
            if len(ids) < BATCH:
                break
        gone[keep.key] = count
    return gone


def enqueue_due() -> int:
    """Ask for the day's forgetting once, in the night; whoever runs jobs does it."""
    here = local(now())
    day = (here - timedelta(hours=AT_NIGHT)).date().isoformat()
    key = f"{JOB}:{day}"
    if db.session.scalar(select(Job.id).where(Job.key == key)) is not None:
        return 0
    with transaction() as tx:
        jobs.enqueue(tx, JOB, {}, key=key)
    return 1


def run(_claim: Claim) -> None:
    """The day's forgetting."""
    forget(now())
