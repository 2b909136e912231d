"""What is new, gathered for each person who wants e-mail: enqueued exactly once, never empty."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from app.core.delivery import Delivery
from app.core.i18n import at_local, local_date
from app.core.outbox import Message
from app.core.transaction import Tx, transaction
from app.notifications import links, mail
from app.notifications.models import MailAddress
from app.people.models import Person

AT_ONE_GO = 100
WEEKDAY = 4  # Friday: for the weekend, when neighbours have time


def next_time(now: int, choice: str) -> int:
    """When the next e-mail is due: at the next hour of the digest; on Friday for a weekly one; at once for the others."""
    if choice not in ("daily", "weekly"):
        return now
    day = local_date(now)
    while at_local(day, mail.digest_hour()) <= now or (choice == "weekly" and day.weekday() != WEEKDAY):
        day += timedelta(days=1)
    return at_local(day, mail.digest_hour())


def _waiting() -> ColumnElement[bool]:
    """A message that this address should be told of: newer than its confirmation, in no e-mail, not read on the page."""
    return and_(
        Message.person_id == MailAddress.person_id,
        Message.delivery_id.is_(None),
        Message.created_at >= MailAddress.since,
        Message.read_at.is_(None),
    )


def enqueue_due() -> int:
    """Enqueue an e-mail for each person to whom one is due and who has something new; returns how many."""
    count = 0
    while mail.ready():
        with transaction() as tx:
            found = _some(tx)
            if not found:
                _skip_empty(tx)
                return count
            made = sum(_enqueue(tx, row) for row in found)
        count += made
        if not made:
            return count  # all of it was read on the page meanwhile; the next tick looks again
    return count


def _is_due(tx: Tx) -> ColumnElement[bool]:
    return and_(
        MailAddress.confirmed_at.is_not(None),
        or_(
            MailAddress.choice == "once",
            and_(MailAddress.choice.in_(("daily", "weekly")), MailAddress.next_at <= tx.now),
        ),
    )


def _some(tx: Tx) -> list[MailAddress]:
    """Some addresses to which something is due. Held: another tick passes them over."""
    return list(
        tx.session.scalars(
            select(MailAddress)
            .join(Person, Person.id == MailAddress.person_id)
            .where(_is_due(tx), Person.left_at.is_(None), exists().where(_waiting()))
            .order_by(MailAddress.id)
            .limit(AT_ONE_GO)
            .with_for_update(of=MailAddress.__table__, skip_locked=True)
        )
    )


def _skip_empty(tx: Tx) -> None:
    """To whom nothing is new, no e-mail is sent; the next one is due at its own hour."""
    for choice in ("daily", "weekly"):
        tx.session.execute(
            update(MailAddress)
            .where(MailAddress.choice == choice, MailAddress.next_at <= tx.now, ~exists().where(_waiting()))
            .values(next_at=next_time(tx.now, choice))
        )


def _enqueue(tx: Tx, row: MailAddress) -> bool:
    """One e-mail with all that is new for a person. What it holds is fixed here, with the messages that it takes."""
    row.next_at = next_time(tx.now, row.choice)
    mine = (
        Message.person_id == row.person_id,
        Message.delivery_id.is_(None),
        Message.created_at >= row.since,
        Message.read_at.is_(None),
    )
    newest = tx.session.execute(
        select(Message.id, Message.community_id).where(*mine).order_by(Message.id.desc()).limit(1)
    ).first()
    if newest is None:  # read on the page a moment ago
        return False
    delivery = Delivery(
        key=f"news:{row.public_id}:{newest.id}",
        community_id=newest.community_id,
        channel="email",
        purpose="news",
        person_id=row.person_id,
        shown=links.masked(row.address),
        next_at=tx.now,
        created_at=tx.now,
    )
    tx.session.add(delivery)
    tx.session.flush()
    took = update(Message).where(*mine).values(delivery_id=delivery.id).returning(Message.id)
    taken = bool(tx.session.scalars(took).all())
    if not taken:
        tx.session.delete(delivery)
    return taken
