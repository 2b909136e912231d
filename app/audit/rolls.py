"""What a roll froze beside its root, the hours of its disputes, and the end of the links to its slots."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.audit.finding import Wrong, same
from app.audit.log import Log, Told, place
from app.ballots.models import RollEntry, Slot, SlotLink
from app.ballots.rolls import beside
from app.core.database import db

NAMES = {
    "entries": ("roll_entry", "rings, source, entered_by_id or owner_id"),
    "voices": ("roll_voice", "household_id"),
}


def disputes_of(log: Log) -> dict[tuple[str, str], int]:
    """When the households of each poll that said so said that they don't agree, by poll and address."""
    return {
        (str(told.body.get("poll")), str(told.event.data.get("household"))): told.event.at
        for told in log.kept.get("household.disputed", ())
    }


def check_beside(poll: Any, announced: Told) -> None:
    """Compare what was frozen beside the root with the announcement's event; one of before says nothing of it."""
    said = announced.event.data.get("roll")
    if said is None:
        return
    found = beside(poll.id)
    for part, (table, fields) in NAMES.items():
        if found[part] != said.get(part):
            source = f"expected what the event of {place(announced.body)} holds"
            raise Wrong(table, f"of {poll.public_id}", fields, source)


def check_disputes(poll: Any, disputes: dict[tuple[str, str], int]) -> None:
    """The hours of disputes, which are taken out of ``disputes``."""
    query = select(RollEntry.id, RollEntry.label, RollEntry.disputed_at).where(
        RollEntry.poll_id == poll.id,
        RollEntry.disputed_at.is_not(None)
        | RollEntry.label.in_([label for name, label in disputes if name == poll.public_id]),
    )
    for row in db.session.execute(query).all():
        at = disputes.pop((poll.public_id, row.label), None)
        same("roll_entry", row.id, "disputed_at", row.disputed_at, at, "the log tells")


def check_slot_links(poll: Any, deleted: Told | None) -> None:
    """Links between roll and slots: one for each slot, or none at all once the log tells of their end."""
    name = poll.public_id
    at = deleted.body.get("deleted") if deleted is not None else None
    same("poll", name, "links_deleted_at", poll.links_deleted_at, at, "the log tells")
    slots = db.session.scalar(select(func.count()).select_from(Slot).where(Slot.poll_id == poll.id))
    links = db.session.scalar(select(func.count()).select_from(SlotLink).where(SlotLink.poll_id == poll.id))
    same("slot_link", f"of {name}", "slot_id", links, 0 if deleted is not None else slots, "its slots and the log tell")
