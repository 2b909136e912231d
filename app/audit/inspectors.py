"""Inspectors against the log: who was named, what each found, and whether a round is void by the word of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.audit.log import Told, place
from app.ballots.inspector_models import Inspector
from app.core.database import db
from app.engine.voting.moves import AGREEING
from app.people.models import Person


def check_inspectors(poll: Any, announced: Told, faults: Sequence[Told], voided: Told | None) -> None:
    """Check a poll's inspectors with their findings, and that it is void when, and only when, the log tells so."""
    name = poll.public_id
    query = select(Inspector.__table__, Person.public_id).join(Person, Person.id == Inspector.person_id)
    rows = db.session.execute(query.where(Inspector.poll_id == poll.id).order_by(Inspector.id)).all()
    source = f"{place(announced.body)} of the log tells"
    named = announced.event.data.get("inspectors", [])
    if len(rows) != len(named):
        raise Wrong(
            "poll_inspector", f"of {name}", "poll_id", f"expected the {len(named)} that {place(announced.body)} names"
        )
    for row, (called, public_id) in zip(rows, named, strict=True):
        same("poll_inspector", row.id, "community_id", row.community_id, poll.community_id, "its poll tells")
        same("poll_inspector", row.id, "name", row.name, called, source)
        same("poll_inspector", row.id, "person_id", row.public_id, public_id, source)
    found = {told.event.person_id: told for told in faults}
    for row in rows:
        same("poll_inspector", row.id, "named_at", row.named_at, announced.event.at, source)
        told = found.pop(row.person_id, None)
        at, reason = (told.event.at, told.event.data.get("reason")) if told is not None else (None, "")
        same("poll_inspector", row.id, "found_at", row.found_at, at, "the log tells of its finding")
        same("poll_inspector", row.id, "fault", row.fault, reason, "the log tells of its finding")
    for told in found.values():
        raise Wrong("poll_inspector", f"of {name}", "person_id", f"expected whoever {place(told.body)} tells of")
    at = voided.event.at if voided is not None else None
    same("poll", name, "voided_at", poll.voided_at, at, "the log tells whether it is void")
    if (voided is not None) != (len(faults) >= AGREEING):
        raise Wrong("poll", name, "voided_at", "expected that two inspectors found a fault, as the log tells")
