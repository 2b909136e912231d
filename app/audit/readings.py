"""What was read on sheets of paper: two persons agree on how each sheet ended, and a counted one's ballot says that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.ballots.models import Ballot
from app.core.database import db
from app.engine import sheets
from app.engine.sheets import Reading
from app.paper.models import PaperEntry, PaperSheet


def check_readings(poll: Any, by_id: Mapping[int, Any]) -> None:
    """Check the readings of a poll's sheets, by the ids of these; of what was forgotten with the links only the kind."""
    found: dict[int, dict[int, list[Any]]] = {}
    query = (
        select(PaperEntry.__table__)
        .join(PaperSheet, PaperSheet.id == PaperEntry.sheet_id)
        .where(PaperSheet.poll_id == poll.id)
        .order_by(PaperEntry.id)
    )
    for row in db.session.execute(query):
        if not 1 <= row.turn <= by_id[row.sheet_id].turn:
            raise Wrong("paper_entry", row.id, "turn", "expected one that its sheet had")
        found.setdefault(row.sheet_id, {}).setdefault(row.turn, []).append(row)
    counted = _counted(poll)
    for sheet in by_id.values():
        for turn in range(1, sheet.turn + 1):
            _check_turn(poll, sheet, turn, found.get(sheet.id, {}).get(turn, []), counted)


def _check_turn(poll: Any, sheet: Any, turn: int, rows: list[Any], counted: Mapping[str, Any]) -> None:
    """A reading that stands alone is compared where a sheet's last turn has ended, or an earlier one had to."""
    ended = turn < sheet.turn or sheet.ended_at is not None
    try:
        read = [_reading(row, forgotten=poll.links_deleted_at is not None) for row in rows]
        agreed, before = sheets.agreed(read), sheets.agreed(read[:-1])
    except (TypeError, ValueError):
        raise Wrong("paper_entry", f"of {sheet.serial}", "person_id or choice", "expected what several read") from None
    if before is not None:
        raise Wrong("paper_entry", rows[-1].id, "sheet_id or turn", "expected no more readings: two had read the same")
    if not ended:
        if agreed is not None:
            raise Wrong("paper_sheet", sheet.serial, "state", "expected an end: two read the same")
        return
    if agreed is None:
        # Sheets that were overtaken before anybody read them twice don't exist: each end follows from two readings.
        raise Wrong("paper_entry", f"of {sheet.serial}", "kind", "expected that two read the same")
    if turn < sheet.turn:
        return
    kind = sheets.VALID if sheet.state == sheets.OVERTAKEN else sheet.state
    same("paper_entry", rows[0].id, "kind", agreed.kind, kind, "its sheet tells")
    ballot = counted.get(sheet.serial)
    if kind == sheets.VALID and ballot is not None and poll.links_deleted_at is None:
        said = Reading(0, sheets.VALID, agreed.unit, json.loads(ballot.choice))
        if sheets.meaning(agreed) != sheets.meaning(said):
            raise Wrong("paper_entry", f"of {sheet.serial}", "choice", "expected what its ballot says")
        same("paper_entry", f"of {sheet.serial}", "roll_entry_id", agreed.unit, sheet.roll_entry_id, "its sheet tells")


def _reading(row: Any, *, forgotten: bool) -> Reading:
    for field in ("choice", "roll_entry_id"):
        if row.kind != sheets.VALID and getattr(row, field) is not None:
            raise Wrong("paper_entry", row.id, field, f"expected none: what was read is {row.kind}")
    if row.kind != sheets.VALID or forgotten:
        return Reading(row.person_id, row.kind)
    try:
        choice = json.loads(row.choice or "")
        if not isinstance(choice, dict):
            raise ValueError(choice)
    except ValueError:
        raise Wrong("paper_entry", row.id, "choice", "expected what was read, as JSON") from None
    return Reading(row.person_id, row.kind, row.roll_entry_id, choice)


def _counted(poll: Any) -> dict[str, Any]:
    """The newest ballot that each sheet became."""
    query = select(Ballot.serial, Ballot.choice).where(Ballot.poll_id == poll.id, Ballot.channel == "paper")
    return {row.serial: row for row in db.session.execute(query.order_by(Ballot.seq))}
