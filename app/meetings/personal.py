"""What is kept of a person at meetings: the line on the list, and confirmed minutes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select, update

from app.core.clock import DAY
from app.core.database import db
from app.core.i18n import iso
from app.core.personal import Erasing, Keep, Personal, Subject
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.meetings.models import Confirmation, Meeting, Minutes, Presence


def _read(of: Subject) -> dict[str, Any]:
    given: dict[int, list[int]] = {}
    query = select(Confirmation.presence_id, Minutes.number).join(Minutes, Minutes.id == Confirmation.minutes_id)
    for presence, number in db.session.execute(query.where(Confirmation.person_id == of.person_id)):
        given.setdefault(presence, []).append(number)
    rows = db.session.execute(
        select(Presence, Meeting.title, Meeting.starts_at)
        .join(Meeting, Meeting.id == Presence.meeting_id)
        .where(_mine(of))
        .order_by(Presence.id)
    )
    return {
        "meetings": [
            {
                "title": title,
                "at": iso(at),
                "name": row.name,
                "household": row.label,
                "signed": iso(row.at),
                "confirmed_versions": given.get(row.id, []),
            }
            for row, title, at in rows
        ]
    }


def _mine(of: Subject) -> Any:
    mine = Presence.person_id == of.person_id
    if of.household_id is None or not of.name:
        return mine
    return or_(mine, and_(Presence.household_id == of.household_id, Presence.name == of.name))


def _erase(tx: Tx, of: Erasing) -> None:
    tx.session.execute(
        update(Presence).where(_mine(of.subject)).values(**NAMELESS).execution_options(synchronize_session=False)
    )


NAMELESS: dict[str, Any] = {"name": "", "label": "", "household_id": None}


def _old(before: int) -> Any:
    """Lines of meetings whose minutes are confirmed, or that were so long ago that nobody will."""
    confirmed = select(Minutes.meeting_id).where(Minutes.frozen_at < before)
    past = select(Meeting.id).where(Meeting.ends_at < before - 365 * DAY)
    return select(Presence.id).where(
        Presence.name != "", or_(Presence.meeting_id.in_(confirmed), Presence.meeting_id.in_(past))
    )


def _forget(tx: Tx, ids: list[int]) -> int:
    tx.session.execute(
        update(Presence).where(Presence.id.in_(ids)).values(**NAMELESS).execution_options(synchronize_session=False)
    )
    return len(ids)


KEEPS = (
    Keep(
        "attendance",
        phrase("Names and addresses on the list of a meeting, after its minutes were confirmed"),
        phrase("They show that enough came; after that the number does."),
        3 * 365,
        _old,
        _forget,
    ),
)
PERSONAL = (
    Personal(
        "meetings",
        phrase("Meetings you came to"),
        phrase("Your line on the list: name, address, ring and hour; and whether you confirmed the minutes."),
        phrase("So that the minutes are confirmed by those who were there."),
        phrase("Some years after the minutes were confirmed; after that only how many came."),
        phrase("Those who hold the meeting, each look noted; everybody sees how many came."),
        "13(1)(2)",
        columns=(
            "meeting_presence.person_id",
            "meeting_presence.household_id",
            "meeting_confirmation.person_id",
        ),
        deeds=(
            "meeting.called_by_id",
            "meeting_presence.entered_by_id",
            "meeting_note.person_id",
            "meeting_minutes.person_id",
            "meeting_confirmation.entered_by_id",
        ),
        parts={"meetings": phrase("Meetings")},
        read=_read,
        erase=_erase,
    ),
)
