"""Where deliveries stand, for those who look after them. Addresses are shown in part only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core.database import db
from app.core.delivery import STATES, Delivery
from app.engine.phrase import Phrase, phrase

MOST = 50
# What went wrong, and what one does about it.
ERRORS: Mapping[str, Phrase] = {
    "unreachable": phrase("The other server could not be reached."),
    "denied": phrase("The mail server did not accept our name and password. Whoever runs this site has to look."),
    "lost": phrase("The connection broke off before anything was handed over."),
    "later": phrase("The other server asked us to try again later (%(code)s)."),
    "refused": phrase(
        "The other server refused it for good (%(code)s): the address is probably wrong, or the mailbox full."
    ),
    "refused group": phrase("The group’s robot refused it (%(code)s): it was probably removed, or asks for a keyword."),
    "foreign": phrase("The settings of this site do not allow this address any more."),
    "no_reply": phrase("It was handed over, but the other server never said whether it took it."),
    "interrupted": phrase("The server stopped while this was being sent. Nobody knows whether it arrived."),
    "stopped": phrase("Its reader wants no e-mail any more, or has another address."),
    "fault": phrase("It could not be written: a fault of this program."),
}


@dataclass(frozen=True)
class Board:
    """The deliveries of a community: how many in each state, and those that ask for somebody's look."""

    counts: Mapping[str, int]
    uncertain: list[Delivery]
    failed: list[Delivery]
    waiting: list[Delivery]
    oldest: int | None


def why(row: Delivery) -> Phrase | None:
    """What went wrong with a delivery."""
    key = f"{row.error} {row.channel}" if f"{row.error} {row.channel}" in ERRORS else row.error
    found = ERRORS.get(key)
    return phrase(found.msgid, code=row.code or "") if found is not None and "%(code)s" in found.msgid else found


def board(community_id: int) -> Board:
    """What a facilitator sees of what was sent from a community."""
    here = Delivery.community_id == community_id
    # Nobody has to do anything about what its own reader stopped.
    query = select(Delivery.state, func.count()).where(here, Delivery.error != "stopped").group_by(Delivery.state)
    counts = dict(db.session.execute(query).all())
    waits = (here, Delivery.state == "queued", Delivery.attempts > 0)
    return Board(
        counts={state: counts.get(state, 0) for state in STATES},
        uncertain=_newest(here, Delivery.state == "uncertain"),
        failed=_newest(here, Delivery.state == "failed", Delivery.error != "stopped"),
        waiting=_newest(*waits),
        oldest=db.session.scalar(select(func.min(Delivery.created_at)).where(here, Delivery.state == "queued")),
    )


def _newest(*which: object) -> list[Delivery]:
    query = select(Delivery).where(*which).order_by(Delivery.id.desc()).limit(MOST)  # type: ignore[arg-type]
    return list(db.session.scalars(query))


def confirmation(person_id: int) -> Delivery | None:
    """The newest e-mail that asked a person to confirm an address."""
    query = select(Delivery).where(Delivery.person_id == person_id, Delivery.purpose == "confirm")
    return db.session.scalar(query.order_by(Delivery.id.desc()).limit(1))
