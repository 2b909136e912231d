"""Erasure: a person's data goes, and every count, hash and proof stays as it was."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.personal import Erasing, Subject
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.people.access import PERSON, note_access
from app.people.actor import Actor
from app.people.models import Household, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.queries import unit_label
from app.privacy import sweeping
from app.privacy.kept import holdings, kinds, listeners, subject_of
from app.privacy.models import Erasure

ASKED, PAPER, LEFT, ORDER, AGAIN = "asked", "paper", "left", "order", "again"
# The grounds that the desk chooses from.
GROUNDS: dict[str, Phrase] = {
    PAPER: phrase("The person asked for it on paper"),
    LEFT: phrase("The person has left, and nothing is needed any more"),
    ORDER: phrase("An order of a court or of an authority"),
}
# Everybody reads these, in the list of what was removed: in both languages, as the mark itself is.
REASONS = {
    ASKED: "本人要求删除个人信息。Personal data erased at the person’s own request.",
    PAPER: "本人书面要求删除个人信息。Personal data erased at the person’s request on paper.",
    LEFT: "本人已搬离，个人信息不再需要。The person has left, and the data is needed no longer.",
    ORDER: "依有关机关的决定删除个人信息。Personal data erased by order of an authority.",
    AGAIN: "恢复旧备份后，再次执行已作的删除。An erasure done before, done again after an old copy was restored.",
}
PHRASES = ("删去我的资料", "erase my data")  # to be typed: nobody does this by mistake
LEAST_NOTE = 6


def erase_own(actor: Actor, typed: str, *, words: bool) -> str:
    """Erase all about oneself, at once. Returns the public id of the erasure."""
    person_id = actor.person()
    if " ".join(typed.split()).casefold() not in PHRASES:
        wrong = phrase("Type these words: %(words)s", words=phrase("erase my data"))
        raise Invalid(phrase("Nothing is erased yet."), {"typed": wrong})
    with transaction() as tx:
        return _erase(tx, subject_of(person_id), ASKED, words=words, by=None)


def erase_for(actor: Actor, community_id: int, person_public_id: str, ground: str, note: str, *, words: bool) -> str:
    """Erase all about somebody who asked on paper or has left, by the town's administrator."""
    by = actor.require_admin()
    wrong = {}
    if ground not in GROUNDS:
        wrong["ground"] = phrase("Choose one of these.")
    if len(note.strip()) < LEAST_NOTE:
        wrong["note"] = phrase("Name the paper, at least %(n)s characters.", n=LEAST_NOTE)
    if wrong:
        raise Invalid(phrase("Nothing is erased yet."), wrong)
    with transaction() as tx:
        person = tx.session.scalar(select(Person).where(Person.public_id == person_public_id))
        if person is None:
            raise NotFound
        subject = subject_of(person.id)
        if subject.community_id != community_id:
            raise NotFound
        return _erase(tx, subject, ground, words=words, by=actor, by_id=by, note=note.strip())


def note_found(actor: Actor, community_id: int, person_public_id: str) -> None:
    """Write down that somebody was looked up to be erased."""
    note_access(actor, community_id, "erasure", person_public_id, whose=PERSON)


def erase_again(erasure: str, person_public_id: str, *, words: bool) -> bool:
    """Erase somebody whom a restored copy brought back; whether there was anything to erase."""
    with transaction() as tx:
        person = tx.session.scalar(select(Person).where(Person.public_id == person_public_id))
        done = tx.session.scalar(select(Erasure.id).where(Erasure.person == person_public_id))
        if person is None or done is not None:
            return False
        _erase(tx, subject_of(person.id), AGAIN, words=words, by=None, public_id=erasure)
        return True


def why_not(subject: Subject, now: int) -> Phrase | None:
    """What keeps somebody from being erased at all: an office, which has to be ended first."""
    grant = select(RoleGrant.id).where(RoleGrant.person_id == subject.person_id, RoleGrant.ended_at.is_(None))
    if db.session.scalar(grant.where((RoleGrant.until.is_(None)) | (RoleGrant.until > now)).limit(1)) is not None:
        return phrase("Whoever has an office gives it back first: the town’s administrator ends it.")
    return None


def _erase(
    tx: Tx,
    subject: Subject,
    ground: str,
    *,
    words: bool,
    by: Actor | None,
    by_id: int | None = None,
    note: str = "",
    public_id: str | None = None,
) -> str:
    tx.lock(Lock(Person, subject.person_id))
    if tx.session.scalar(select(Erasure.id).where(Erasure.person == subject.public_id)) is not None:
        raise Conflict(phrase("This was erased before."))
    refused = why_not(subject, tx.now) if ground != AGAIN else None
    if refused is not None:
        raise Conflict(refused)
    erasure = Erasure(
        person=subject.public_id,
        community_id=subject.community_id,
        ground=ground,
        note=note,
        words=words,
        by_id=by_id,
        at=tx.now,
    )
    if public_id is not None:
        erasure.public_id = public_id
    tx.session.add(erasure)
    tx.session.flush()
    _take_out(tx, subject, erasure, by)
    # A negative random key: counted up, the order of these rows would be that of the erasures, and tell whose they are.
    nobody = Person(id=-secrets.randbits(62) - 1, name="", created_at=0, left_at=0)
    tx.session.add(nobody)
    tx.session.flush()
    erasing = Erasing(subject, nobody.id, words, tx.now)
    for kind in reversed(kinds()):  # what stands on others goes first
        if kind.erase is not None:
            kind.erase(tx, erasing)
    tx.session.flush()
    tx.session.expire_all()
    record_event(tx, "person.erased", community_id=subject.community_id, public={"erasure": erasure.public_id})
    return erasure.public_id


def _take_out(tx: Tx, subject: Subject, erasure: Erasure, by: Actor | None) -> None:
    """The name wherever it stands by itself in the community's projects, and the words where they go too."""
    texts = set() if sweeping.others_called(subject) else {subject.name}
    if erasure.words:
        texts |= {text for kind in kinds() if kind.texts is not None for text in kind.texts(subject)}
    sweeping.take_out(
        tx,
        holdings(),
        listeners(),
        sweeping.Sweep(
            subject,
            erasure.public_id,
            REASONS[erasure.ground],
            by_id=by.person() if by is not None else subject.person_id,
            by_public_id=by.public_id if by is not None else subject.public_id,
            by_name=by.name if by is not None else sweeping.CLOCK if erasure.ground == AGAIN else sweeping.BY,
            now=tx.now,
        ),
        texts,
    )


def find_at_desk(actor: Actor, community_id: int, typed: str, name: str) -> Person:
    """Somebody as a paper names them, by address and name; those who moved out are found too."""
    actor.require_admin()
    query = (
        select(Person, Building.label, Entrance.label, Unit.room)
        .join(Household, Household.id == Person.household_id)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Household.community_id == community_id, Person.name == name.strip())
        .order_by(Person.id)
    )
    wanted = "".join(typed.split())
    found = [
        person
        for person, building, entrance, room in db.session.execute(query)
        if wanted in (f"{building}-{room}", f"{building}-{entrance}-{room}", unit_label(building, entrance, room))
    ]
    if len(found) != 1:
        sentence = phrase(
            "Nobody is called so at this address. Write the address like 5-302, the name as it stands there."
        )
        raise Invalid(phrase("Nothing is erased yet."), {"name": sentence})
    return found[0]
