"""What is in the box already, for whoever puts a ballot into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.ballots.statements import BALLOTS_OF, BALLOTS_OF_FORM
from app.core.transaction import Tx


@dataclass(frozen=True)
class There:
    """What is in the box already: the live ballot of a slot, and the one that this form made."""

    live: Row[Any] | None
    again: Row[Any] | None


def look(tx: Tx, poll: Row[Any], slot_id: int | None, form: str) -> tuple[Tx, There]:
    """What is in the box, read after the entry was held, and the transaction with the time by which it is judged."""
    if slot_id is None:
        rows = tx.execute(BALLOTS_OF_FORM, {"poll": poll.id, "form": form}).all()
    else:
        rows = tx.execute(BALLOTS_OF, {"slot": slot_id, "form": form}).all()
    found = [row for row in rows if row.id is not None]
    live = None if slot_id is None else next((row for row in found if row.live), None)
    return tx.later(rows[0].time), There(live, next((row for row in found if row.form == form), None))
