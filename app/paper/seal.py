"""What the log tells of sheets, and when: nothing while the vote is open, since each entry would add to the turnout.

Who recorded what and when stands in the rows and in an event of the desk. From the close on it enters the log: which
sheets were in the box and what became of them in the open, their hours behind a hash. Whoever seals holds the poll alone.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from app.ballots.models import Poll
from app.ballots.times import close_of
from app.core.events import record_event
from app.core.transaction import Lock, Tx, transaction
from app.paper.models import PaperSheet

MOST = 500  # sheets of one entry
SEALED = "paper.sealed"


def seal(tx: Tx, poll: Poll) -> None:
    """Enter into the log what it doesn't tell of a closed poll's sheets. The caller holds the poll alone."""
    if tx.now < close_of(poll, tx.now):
        return
    tx.session.flush()
    query = select(PaperSheet).where(PaperSheet.poll_id == poll.id, ~PaperSheet.sealed).order_by(PaperSheet.number)
    waiting = list(tx.session.scalars(query.execution_options(populate_existing=True)))
    for start in range(0, len(waiting), MOST):
        rows = waiting[start : start + MOST]
        record_event(
            tx,
            SEALED,
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"hours": [[row.number, row.returned_at, row.ended_at] for row in rows]},
            public={
                "poll": poll.public_id,
                "sheets": [[row.number, row.state] for row in rows],
                "scans": [[row.number, row.scan_sha256] for row in rows if row.scan_sha256],
            },
        )
        for row in rows:
            row.sealed = True
    tx.session.flush()


def seal_due() -> int:
    """Seal the sheets of each poll that closed; returns of how many polls."""
    with transaction() as tx:
        query = select(Poll.id).where(
            Poll.closes_at <= tx.now,
            or_(Poll.prolonged_until.is_(None), Poll.prolonged_until <= tx.now),
            Poll.id.in_(select(PaperSheet.poll_id).where(~PaperSheet.sealed)),
        )
        due = list(tx.session.scalars(query.order_by(Poll.id)))
    for poll_id in due:
        with transaction(lock=[Lock(Poll, poll_id)]) as tx:
            seal(tx, tx.session.get_one(Poll, poll_id, populate_existing=True))
    return len(due)
