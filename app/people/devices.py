"""On which day a device was last in use."""

from __future__ import annotations

from sqlalchemy import update

from app.core.transaction import transaction
from app.people.models import Device


def note_seen(device_id: int) -> None:
    """Write down that a device is in use today."""
    with transaction() as tx:
        seen = update(Device).where(Device.id == device_id).values(seen_at=tx.now)
        tx.session.execute(seen.execution_options(synchronize_session=False))
