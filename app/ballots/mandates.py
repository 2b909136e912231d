"""Written mandates: who casts for an owner in one poll. Entered at the desk, revocable until the close."""

from __future__ import annotations

from sqlalchemy import func, select

from app.ballots import voices
from app.ballots.law_models import Mandate
from app.ballots.models import Poll, RollEntry
from app.ballots.standings import Standing
from app.core.database import db
from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.transaction import Lock, transaction
from app.engine.errors import Closed, Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.models import Person
from app.people.owners import find_person


def entries(poll_id: int) -> list[RollEntry]:
    """The entries of an owners' roll, in the order of their addresses."""
    return list(db.session.scalars(select(RollEntry).where(RollEntry.poll_id == poll_id).order_by(RollEntry.id)))


def mandates_of(poll_id: int) -> list[tuple[Mandate, RollEntry, Person]]:
    """The mandates of a poll, those that were revoked too."""
    query = (
        select(Mandate, RollEntry, Person)
        .join(RollEntry, RollEntry.id == Mandate.roll_entry_id)
        .join(Person, Person.id == Mandate.holder_id)
        .where(Mandate.poll_id == poll_id)
        .order_by(Mandate.id)
    )
    return [(mandate, entry, person) for mandate, entry, person in db.session.execute(query)]


def _poll(poll_public_id: str) -> Poll:
    query = select(Poll).where(Poll.public_id == poll_public_id, Poll.electorate == "owner")
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def give(
    actor: Actor, poll_public_id: str, entry_id: int | None, unit: str, name: str, paper: str, scan: Upload | None
) -> str:
    """Record a written mandate: the holder casts for this owner until it is revoked. Not after the close."""
    found = _poll(poll_public_id)
    person_id = actor.require_facilitator(found.community_id)
    holder_id = find_person(actor, found.community_id, unit, name).id
    with transaction(lock=[Lock(Poll, found.id)]) as tx:
        poll = tx.session.get_one(Poll, found.id, populate_existing=True)
        _require_before_close(poll, tx.now)
        entry = tx.session.get(RollEntry, entry_id) if entry_id is not None else None
        if entry is None or entry.poll_id != poll.id:
            sentence = phrase("Choose one of these.")
            raise Invalid(sentence, {"entry": sentence})
        standing = select(func.count()).where(Mandate.poll_id == poll.id, Mandate.revoked_at.is_(None))
        if tx.session.scalar(standing.where(Mandate.roll_entry_id == entry.id)):
            sentence = phrase("A mandate of this owner stands already. Revoke it first.")
            raise Invalid(sentence, {"entry": sentence})
        most = int(poll.matter.get("proxies", 0))
        if (tx.session.scalar(standing.where(Mandate.holder_id == holder_id)) or 0) >= most:
            sentence = phrase("One person may hold %(n)s mandates at most in this vote.", n=most)
            raise Invalid(sentence, {"name": sentence})
        media = (
            name_upload(tx, scan, community_id=poll.community_id, person_id=person_id, visibility="staff")
            if scan is not None
            else None
        )
        row = Mandate(
            community_id=poll.community_id,
            poll_id=poll.id,
            roll_entry_id=entry.id,
            holder_id=holder_id,
            paper=paper,
            scan=media.public_id if media else "",
            entered_by_id=person_id,
            at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        record_event(
            tx,
            "mandate.recorded",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={
                **{"mandate": row.public_id, "entry": entry.unit_key, "holder": holder_id, "paper": paper},
                "person": actor.public_id,
            },
            public={"poll": poll.public_id, "mandate": row.public_id, "scan": media.sha256 if media else ""},
        )
        return row.public_id


def revoke(actor: Actor, poll_public_id: str, mandate_public_id: str) -> None:
    """Revoke a mandate before the close. What its holder has cast stays until the owner casts anew."""
    found = _poll(poll_public_id)
    person_id = actor.require_facilitator(found.community_id)
    with transaction(lock=[Lock(Poll, found.id)]) as tx:
        poll = tx.session.get_one(Poll, found.id, populate_existing=True)
        _require_before_close(poll, tx.now)
        row = tx.session.scalar(
            select(Mandate).where(Mandate.public_id == mandate_public_id, Mandate.poll_id == poll.id)
        )
        if row is None:
            raise NotFound
        if row.revoked_at is not None:
            raise Conflict(phrase("This mandate is revoked already."))
        row.revoked_at, row.revoked_by_id = tx.now, person_id
        record_event(
            tx,
            "mandate.revoked",
            community_id=poll.community_id,
            project_id=poll.project_id,
            person_id=person_id,
            data={"person": actor.public_id},
            public={"poll": poll.public_id, "mandate": row.public_id},
        )


def _require_before_close(poll: Poll, now: int) -> None:
    if now >= poll.closes_at:
        raise Closed(phrase("The vote is closed: mandates can't change any more."))


def other_places(actor: Actor, poll: Poll, place: Standing | None) -> list[RollEntry]:
    """The other entries of an owners' roll that a person may cast for, beside the one that a page shows."""
    if poll.electorate != "owner" or place is None:
        return []
    ids = [id_ for id_ in voices.entries_of(actor, poll.id) if id_ != place.entry.id]
    return list(db.session.scalars(select(RollEntry).where(RollEntry.id.in_(ids)).order_by(RollEntry.id)))
