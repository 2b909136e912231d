"""Deliveries sent: marked *sending* and committed first, then sent, then marked. Several at once never send one twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from app.core.clock import HOUR, MINUTE
from app.core.database import db
from app.core.delivery import Delivery
from app.core.transaction import transaction
from app.notifications import hooks, mail
from app.notifications.smtp import Post, Result

log = logging.getLogger(__name__)
LEASE = 10 * MINUTE
FIRST, LONGEST = MINUTE, 6 * HOUR
MOST_ATTEMPTS = 12  # about a day
AT_ONE_GO = 500


@dataclass(frozen=True)
class Claim:
    """A delivery that this process sends: nobody else does while it is marked so."""

    id: int
    channel: str
    attempt: int
    at: int


def wait_after(attempt: int) -> int:
    """How long to wait after so many tries: one minute, two, four, up to six hours."""
    return min(FIRST << (attempt - 1), LONGEST)


def claim(channels: frozenset[str]) -> Claim | None:
    """Mark the next due delivery of these channels as being sent, and commit that; None when none is due."""
    with transaction() as tx:
        # Whoever sent it is gone, and nobody knows how far they came: sent again it might come twice.
        tx.session.execute(
            update(Delivery)
            .where(Delivery.state == "sending", Delivery.lease_until < tx.now)
            .values(state="uncertain", error="interrupted", lease_until=None, ended_at=tx.now)
        )
        due = tx.session.scalar(
            select(Delivery)
            .where(Delivery.state == "queued", Delivery.next_at <= tx.now, Delivery.channel.in_(sorted(channels)))
            .order_by(Delivery.next_at, Delivery.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if due is None:
            return None
        due.state, due.lease_until, due.attempts = "sending", tx.now + LEASE, due.attempts + 1
        due.error, due.code = "", None
        return Claim(due.id, due.channel, due.attempts, tx.now)


def mark(held: Claim, result: Result) -> None:
    """Write down what came of a try. Nothing is written over what somebody else has done since."""
    with transaction() as tx:
        row = tx.session.get_one(Delivery, held.id, with_for_update=True, populate_existing=True)
        if row.attempts != held.attempt or row.state not in ("sending", "uncertain"):
            return
        state = result.state
        if state == "retry":
            state = "queued" if row.attempts < MOST_ATTEMPTS else "failed"
        row.state, row.error, row.code, row.lease_until = state, result.error, result.code, None
        row.ended_at = None if state == "queued" else tx.now
        row.next_at = tx.now + wait_after(row.attempts) if state == "queued" else row.next_at


def send_due() -> int:
    """Send what is due, one after the other, and return how many were tried. Where a server is down, the rest waits."""
    channels = {"group"} | ({"email"} if mail.ready() else set())
    post = Post(mail.server()) if mail.ready() else None
    count = 0
    try:
        while channels and count < AT_ONE_GO and (held := claim(frozenset(channels))):
            count += 1
            result = _try(lambda held=held: _send(held, post))  # type: ignore[misc]
            mark(held, result)
            if result.down and held.channel == "email":
                channels.discard("email")
    finally:
        if post is not None:
            post.close()
    return count


def _try(send: Callable[[], Result]) -> Result:
    try:
        return send()
    except Exception:
        log.exception("a delivery could not be written")
        return Result("failed", "fault")  # it has not left the house: what leaves it answers with a result


def _send(held: Claim, post: Post | None) -> Result:
    db.session.rollback()
    row = db.session.get_one(Delivery, held.id)
    if held.channel == "group":
        line = hooks.line(row)
        db.session.rollback()  # nothing is held while another server thinks
        return hooks.send(line) if line is not None else Result("failed", "stopped")
    found = mail.letter(row, held.at)
    db.session.rollback()
    assert post is not None
    return post.send(found.to, found.message) if found is not None else Result("failed", "stopped")
