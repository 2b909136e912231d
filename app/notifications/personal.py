"""What is kept of a person's messages and e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from app.core.delivery import Delivery
from app.core.i18n import iso, say
from app.core.outbox import Message
from app.core.personal import Erasing, Keep, Personal, Subject, dropping, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.notifications.addresses import address_of
from app.notifications.models import MailAddress
from app.notifications.queries import words_of
from app.people.models import Person
from app.people.unnaming import when

OTHERS = frozenset({"name", "by", "text", "why"})  # of a message's values: other people's names and words
ELIDED = "…"


def _read(of: Subject) -> dict[str, Any]:
    mail = address_of(of.person_id)
    return {
        "messages": [
            {
                "kind": row.kind,
                "at": iso(row.created_at),
                "read": when(row.read_at),
                "text": say(words_of(row.kind, {k: ELIDED if k in OTHERS and v else v for k, v in row.data.items()})),
            }
            for row in own(Message, Message.person_id, of.person_id)
        ],
        "mail": {
            "address": mail.address if mail is not None else "",
            "language": mail.language if mail is not None else "",
            "how_often": mail.choice if mail is not None else "",
            "entered": iso(mail.asked_at) if mail is not None else "",
            "confirmed": when(mail.confirmed_at) if mail is not None else "",
            "sent": [
                {"at": iso(row.created_at), "to": row.shown, "state": row.state, "ended": when(row.ended_at)}
                for row in own(Delivery, Delivery.person_id, of.person_id)
            ],
        },
    }


def _erase(tx: Tx, of: Erasing) -> None:
    quiet = {"synchronize_session": False}
    for model in (Message, MailAddress, Delivery):
        tx.session.execute(delete(model).where(model.person_id == of.subject.person_id).execution_options(**quiet))
    if of.subject.household_id is None or not of.subject.name:
        return
    # Those of the same household were told that somebody signed in or voted, by name.
    home = select(Person.id).where(Person.household_id == of.subject.household_id)
    for row in tx.session.scalars(select(Message).where(Message.person_id.in_(home))):
        if of.subject.name in row.data.values():
            row.data = {key: "" if text == of.subject.name else text for key, text in row.data.items()}


@dataclass(frozen=True)
class _Ended:
    """A delivery's row keeps its key, so that nothing is sent twice, and loses to whom and what."""

    def __call__(self, tx: Tx, ids: list[int]) -> int:
        tx.session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(shown="", data={}, href="", error="")
            .execution_options(synchronize_session=False)
        )
        return len(ids)


KEEPS = (
    Keep(
        "messages",
        phrase("Messages on “my page”"),
        phrase("They tell what became of something; what they tell of stands in the archive."),
        2 * 365,
        lambda before: select(Message.id).where(Message.created_at < before),
        dropping(Message),
    ),
    Keep(
        "deliveries",
        phrase("To which address, shortened, an e-mail went, and whether it arrived"),
        phrase("To mend what did not arrive."),
        90,
        lambda before: select(Delivery.id).where(Delivery.ended_at < before, Delivery.shown != ""),
        _Ended(),
    ),
    Keep(
        "unconfirmed",
        phrase("E-mail addresses that were never confirmed"),
        phrase("Somebody may have typed another’s address."),
        7,
        lambda before: select(MailAddress.id).where(MailAddress.confirmed_at.is_(None), MailAddress.asked_at < before),
        dropping(MailAddress),
    ),
)
PERSONAL = (
    Personal(
        "messages",
        phrase("Messages and e-mail"),
        phrase(
            "Messages on “my page”; if you gave one, an e-mail address, how often it is written to, and whether it "
            "arrived."
        ),
        phrase("So that you learn what became of what you wrote."),
        phrase("Messages for two years; the address until you remove it; what was sent where for three months."),
        phrase("You. Facilitators see a shortened address of what did not arrive, noted."),
        "13(1)(1)",
        columns=("message.person_id", "mail_address.person_id", "delivery.person_id"),
        deeds=("group_hook.added_by_id",),
        parts={"messages": phrase("Messages"), "mail": phrase("E-mail")},
        read=_read,
        erase=_erase,
    ),
)
