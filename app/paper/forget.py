"""When the links of a round end, no sheet leads to a household any longer, nor what was read on it."""

from __future__ import annotations

from sqlalchemy import select, update

from app.ballots.models import Poll, RollEntry
from app.core.transaction import Tx
from app.paper.models import PaperEntry, PaperSheet
from app.paper.scan import burn


def forget(tx: Tx, poll: Poll) -> None:
    """Whose a sheet was, what two persons read on it, its picture, and the hour at which it was put into the box."""
    burn(tx, poll)
    sheets = select(PaperSheet.id).where(PaperSheet.poll_id == poll.id)
    readings = update(PaperEntry).where(PaperEntry.sheet_id.in_(sheets))
    tx.session.execute(readings.values(roll_entry_id=None, choice=None).execution_options(synchronize_session=False))
    named = update(PaperSheet).where(PaperSheet.poll_id == poll.id)
    tx.session.execute(named.values(roll_entry_id=None).execution_options(synchronize_session=False))
    # A household's hour at the box is that of its sheet.
    boxed = update(RollEntry).where(RollEntry.poll_id == poll.id, RollEntry.boxed_at.is_not(None))
    tx.session.execute(boxed.values(boxed_at=None).execution_options(synchronize_session=False))
