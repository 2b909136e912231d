"""Commands on messages."""

from __future__ import annotations

from sqlalchemy import update

from app.core.outbox import Message
from app.core.transaction import transaction
from app.people.actor import Actor


def mark_read(actor: Actor) -> None:
    """Mark all messages of a person as looked at."""
    with transaction() as tx:
        tx.session.execute(
            update(Message).where(Message.person_id == actor.person(), Message.read_at.is_(None)).values(read_at=tx.now)
        )
