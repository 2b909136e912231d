"""How rows lose their person, and how an instant is written in the export: for what each feature declares."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, update

from app.core.events import Event
from app.core.i18n import iso
from app.core.personal import Erasing
from app.core.transaction import Tx


def when(at: int | None) -> str:
    """An instant as it stands in the export; nothing where there is none."""
    return iso(at) if at is not None else ""


def unname_events(tx: Tx, of: Erasing, *beginnings: str) -> None:
    """Take the person out of events that are compared with nothing: who did it is no part of their hash."""
    tx.session.execute(
        update(Event)
        .where(
            Event.person_id == of.subject.person_id,
            or_(*(Event.kind.startswith(beginning) for beginning in beginnings)),
        )
        .values(person_id=None)
        .execution_options(synchronize_session=False)
    )


def hand_on(tx: Tx, of: Erasing, column: Any) -> None:
    """Let rows be by somebody without a name, to whom no roll leads."""
    tx.session.execute(
        update(column.class_)
        .where(column == of.subject.person_id)
        .values({column.key: of.nobody_id})
        .execution_options(synchronize_session=False)
    )
