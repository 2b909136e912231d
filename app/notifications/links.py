"""The links in e-mails, which work without signing in: each names an address and what it may do, and nothing else."""

from __future__ import annotations

import hmac

from sqlalchemy import select

from app.core.database import db
from app.engine.errors import NotFound
from app.notifications.models import MailAddress
from app.people.codes import mac


def token(purpose: str, row: MailAddress) -> str:
    """The secret part of a link: made from the row and the application's secret, so it is kept nowhere."""
    return mac(f"mail-{purpose}", f"{row.public_id}\0{row.address}\0{row.nonce}")[:40]


def path(purpose: str, row: MailAddress) -> str:
    """A link's path: ``confirm`` or ``stop``."""
    return f"/mail/{row.public_id}/{purpose}/{token(purpose, row)}"


def find(purpose: str, public_id: str, given: str, *, hold: bool = False) -> MailAddress:
    """The address that a link speaks of; NotFound for a link that was never made, or has ended."""
    query = select(MailAddress).where(MailAddress.public_id == public_id)
    row = db.session.scalar(query.with_for_update() if hold else query)
    if row is None or not hmac.compare_digest(token(purpose, row).encode(), given.encode()):
        raise NotFound
    return row


def masked(address: str) -> str:
    """An address as others may see it: ``z***@example.org``."""
    name, _, host = address.partition("@")
    return f"{name[:1]}***@{host}"[:80]
