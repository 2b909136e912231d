"""Commands on the sessions of the staff: begun at a sign-in, seen, made sure of, ended here or elsewhere."""

from __future__ import annotations

from sqlalchemy import select, update

from app.core.clock import MINUTE
from app.core.database import db
from app.core.events import record_event
from app.core.transaction import transaction
from app.engine.errors import NotFound
from app.people.actor import Actor
from app.people.models import Person
from app.people.security_models import StaffSession

SEEN_EVERY = 5 * MINUTE  # a session is known to have been seen in these steps only
MOST_LISTED = 50


def begin(person_id: int, label: str, *, ending: str = "") -> StaffSession:
    """A new session for somebody who has just shown who they are; the one that the browser had ends with that."""
    with transaction() as tx:
        finish(ending)
        person = tx.session.get_one(Person, person_id)
        row = StaffSession(
            person_id=person.id,
            epoch=person.epoch,
            label=label[:60],
            begun_at=tx.now,
            sure_at=tx.now,
            seen_at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        return row


def seen(public_id: str) -> None:
    """Note that a session was used."""
    with transaction() as tx:
        tx.session.execute(
            update(StaffSession)
            .where(StaffSession.public_id == public_id, StaffSession.seen_at < tx.now)
            .values(seen_at=tx.now)
        )


def make_sure(public_id: str) -> None:
    """Note that the person of a session has shown again who they are."""
    with transaction() as tx:
        tx.session.execute(
            update(StaffSession)
            .where(StaffSession.public_id == public_id, StaffSession.ended_at.is_(None))
            .values(sure_at=tx.now, seen_at=tx.now)
        )


def finish(public_id: str) -> None:
    """End a session whose browser signs out; nothing is to be done where it had none."""
    if not public_id:
        return
    with transaction() as tx:
        tx.session.execute(
            update(StaffSession)
            .where(StaffSession.public_id == public_id, StaffSession.ended_at.is_(None))
            .values(ended_at=tx.now)
        )


def sessions_of(person_id: int, since: int) -> list[StaffSession]:
    """The sessions of a person that have not ended and were begun after an instant, newest first."""
    query = (
        select(StaffSession)
        .join(Person, Person.id == StaffSession.person_id)
        .where(
            StaffSession.person_id == person_id,
            StaffSession.ended_at.is_(None),
            StaffSession.epoch == Person.epoch,
            StaffSession.begun_at >= since,
        )
        .order_by(StaffSession.id.desc())
        .limit(MOST_LISTED)
    )
    return list(db.session.scalars(query))


def end(actor: Actor, public_id: str) -> None:
    """End one of one's own sessions; its browser is signed out at its next request."""
    with transaction() as tx:
        row = tx.session.scalar(
            select(StaffSession).where(
                StaffSession.public_id == public_id,
                StaffSession.person_id == actor.person(),
                StaffSession.ended_at.is_(None),
            )
        )
        if row is None:
            raise NotFound
        row.ended_at = tx.now
        record_event(tx, "session.ended", community_id=None, person_id=actor.person(), data={"session": public_id})


def end_others(actor: Actor, here: str) -> int:
    """End all of one's own sessions but this one, and return how many."""
    with transaction() as tx:
        others = tx.session.scalars(
            select(StaffSession).where(
                StaffSession.person_id == actor.person(),
                StaffSession.public_id != here,
                StaffSession.ended_at.is_(None),
            )
        ).all()
        for row in others:
            row.ended_at = tx.now
        record_event(tx, "sessions.ended", community_id=None, person_id=actor.person(), data={"number": len(others)})
        return len(others)
