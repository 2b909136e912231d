"""Commands on one's e-mail address: enter, confirm, choose how often, stop, remove."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, select, update

from app.core.clock import DAY, HOUR
from app.core.database import db
from app.core.delivery import Delivery
from app.core.ids import new_public_id
from app.core.limits import count_try
from app.core.transaction import Tx, transaction
from app.engine.errors import Closed, Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.notifications import digest, links, mail
from app.notifications.models import CHOICES, MailAddress
from app.people.actor import Actor

CONFIRM = 48 * HOUR
# Plain ASCII, one @, nothing that a header or an envelope could read as more than one address.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")


def tidy_address(typed: str) -> str:
    """An address as typed, without blanks around it; refused when it is none that we can send to."""
    found = typed.strip()
    name, _, host = found.rpartition("@")
    if len(found) > 160 or not ADDRESS.fullmatch(found) or ".." in found or name.startswith(".") or name.endswith("."):
        wrong = phrase("This is not an e-mail address, like li@example.org.")
        raise Invalid(wrong, {"address": wrong})
    return f"{name}@{host.lower()}"


def enter(actor: Actor, typed: str, language: str) -> None:
    """Enter one's address, or another one; a link is sent there, and nothing else before it was followed."""
    person_id, address = actor.person(), tidy_address(typed)
    if not mail.ready():
        raise Closed(phrase("This site can't send e-mail yet. Messages stand on your page."))
    count_try("mail-person", str(person_id), most=5, window=DAY)
    count_try("mail-address", address.lower(), most=3, window=DAY)  # nobody's mailbox is filled from here
    with transaction() as tx:
        row = _own(tx, person_id)
        if row is not None and row.address == address and row.confirmed_at is not None:
            raise Conflict(phrase("This address is confirmed already."))
        if row is None:
            row = MailAddress(person_id=person_id)
            tx.session.add(row)
        else:
            _drop(tx, Delivery.person_id == person_id)
        row.address, row.nonce, row.language = address, new_public_id(), language
        row.asked_at, row.confirmed_at, row.since, row.next_at = tx.now, None, tx.now, 0
        tx.session.flush()
        tx.session.add(
            Delivery(
                key=f"confirm:{row.public_id}:{row.nonce}",
                community_id=_home(actor),
                channel="email",
                purpose="confirm",
                person_id=person_id,
                shown=links.masked(address),
                next_at=tx.now,
                created_at=tx.now,
            )
        )


def _home(actor: Actor) -> int | None:
    return actor.home_id or next((key for key in actor.roles if key is not None), None)


def _own(tx: Tx, person_id: int) -> MailAddress | None:
    query = select(MailAddress).where(MailAddress.person_id == person_id).with_for_update()
    found: MailAddress | None = tx.session.scalar(query)
    return found


def _drop(tx: Tx, *which: ColumnElement[bool]) -> None:
    """What still waits for an address that is no longer written to is not sent."""
    tx.session.execute(
        update(Delivery)
        .where(Delivery.channel == "email", Delivery.state == "queued", *which)
        .values(state="failed", error="stopped", ended_at=tx.now)
    )


def is_late(row: MailAddress, now: int) -> bool:
    """Whether the link that confirms an address has ended."""
    return now >= row.asked_at + CONFIRM


def confirm(public_id: str, token: str) -> None:
    """Confirm an address by the link that was sent there: once, within 48 hours."""
    with transaction() as tx:
        row = links.find("confirm", public_id, token, hold=True)
        if row.confirmed_at is not None:
            raise Conflict(phrase("This address is confirmed already."))
        if is_late(row, tx.now):
            raise Closed(phrase("This link has ended. Enter your address once more on “my page”."))
        row.confirmed_at = row.since = tx.now
        row.next_at = digest.next_time(tx.now, row.choice)


def choose(actor: Actor, choice: str, language: str) -> None:
    """Choose how often e-mail comes: once a day, once a week, at once, or never."""
    if choice not in CHOICES:
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"choice": wrong})
    with transaction() as tx:
        row = _own(tx, actor.person())
        if row is None:
            raise NotFound
        row.language = language
        _choose(tx, row, choice)


def _choose(tx: Tx, row: MailAddress, choice: str) -> None:
    if row.choice == choice:
        return
    if row.choice == "none":
        row.since = tx.now  # what came while one wanted nothing is not sent after all
    if choice == "none":
        _drop(tx, Delivery.person_id == row.person_id, Delivery.purpose == "news")
    row.choice, row.next_at = choice, digest.next_time(tx.now, choice)


def stop(public_id: str, token: str) -> None:
    """Stop e-mail by the link that stands in each; done twice, it is done once."""
    with transaction() as tx:
        _choose(tx, links.find("stop", public_id, token, hold=True), "none")


def remove(actor: Actor) -> None:
    """Remove one's address: it is forgotten, and what waited for it isn't sent."""
    with transaction() as tx:
        row = _own(tx, actor.person())
        if row is not None:
            _drop(tx, Delivery.person_id == row.person_id)
            tx.session.delete(row)


def address_of(person_id: int) -> MailAddress | None:
    """A person's address, for a read."""
    return db.session.scalar(select(MailAddress).where(MailAddress.person_id == person_id))
