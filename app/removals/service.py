"""The command that removes words, and how the thing is found in which they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.removals import GROUNDS, Holds, Removal, stored_mark
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.engine.words import commitment_in
from app.people.actor import Actor
from app.people.places import Community
from app.projects.models import Project
from app.records.models import Record, RecordWord
from app.removals import sweep
from app.removals.sweep import Passage, Places

RECORD = "record"
LEAST_REASON = 10


@dataclass(frozen=True)
class Thing:
    """What holds the words: a row of a module, or a record."""

    kind: str
    title: Phrase
    row: Any
    community: Community
    project_id: int
    href: str
    passages: tuple[Passage, ...]


def find_thing(holdings: Sequence[Holds], kind: str, slug: str, public_id: str) -> Thing:
    """The thing with this address, and its words that are still there."""
    found: Thing | None = None
    if kind == RECORD:
        found = _record(public_id)
    else:
        holds = next((item for item in holdings if item.kind == kind and item.href is not None), None)
        if holds is not None:
            found = _row(holds, public_id)
    if found is None or found.community.slug != slug:
        raise NotFound
    return found


def _record(public_id: str) -> Thing | None:
    record = db.session.scalar(select(Record).where(Record.public_id == public_id))
    if record is None:
        return None
    here = db.session.get_one(Community, record.community_id)
    query = select(RecordWord).where(RecordWord.record_id == record.id, RecordWord.text.is_not(None))
    passages = tuple(
        Passage(row.hash, None, row.text or "") for row in db.session.scalars(query.order_by(RecordWord.id))
    )
    href = f"/c/{here.slug}/record/{record.public_id}"
    return Thing(RECORD, phrase("A record"), record, here, record.project_id, href, passages)


def _row(holds: Holds, public_id: str) -> Thing | None:
    model: Any = holds.model
    found = db.session.execute(select(model, holds.project).where(model.public_id == public_id)).one_or_none()
    if found is None or holds.href is None or holds.title is None:
        return None
    row, project_id = found
    here = db.session.get_one(Community, row.community_id)
    passages = tuple(sweep.passages_of(holds, row))
    return Thing(holds.kind, holds.title, row, here, project_id, holds.href(here.slug, row), passages)


def places_of(holdings: Sequence[Holds], thing: Thing, keys: Collection[str], *, everywhere: bool) -> Places:
    """Where the chosen words stand: in the whole project, or in the thing alone with the events that tell of it."""
    texts = texts_of(holdings, thing, keys)
    found = sweep.find_places(holdings, thing.project_id, texts)
    own = [thing.row, *(row for _, row, _ in earlier_of(holdings, thing, keys))]
    if not everywhere:
        # A row with commitments may hold the same words twice, also in what was frozen of it: there they go together.
        found.rows = [
            (holds, row, key) for holds, row, key in found.rows if row in own and (key in keys or holds.seals)
        ]
        found.words = []
        found.events = [event for event in found.events if thing.row.public_id in sweep.leaves(event.data)]
        found.messages = [message for message in found.messages if message.href == thing.href]
    if thing.kind == RECORD:
        chosen = sweep.same_words(keys)
        found.words += [word for word in chosen if word not in found.words]
    else:
        found.rows = [
            (holds, row, key) for holds, row, key in found.rows if row is not thing.row or key in keys or holds.seals
        ]
    return found


def earlier_of(holdings: Sequence[Holds], thing: Thing, keys: Collection[str]) -> list[tuple[Holds, Any, str]]:
    """The earlier forms of a thing, with those of its fields that are chosen."""
    found, own = [], thing.row.id
    for holds in holdings:
        if holds.of is not None and isinstance(thing.row, holds.of):
            query = select(holds.model).where(getattr(holds.model, holds.by) == own)
            found += [(holds, row, key) for row in db.session.scalars(query) for key in holds.columns if key in keys]
    return found


def texts_of(holdings: Sequence[Holds], thing: Thing, keys: Collection[str]) -> set[str]:
    """What is to be removed: the chosen words, and what earlier forms said in their place."""
    chosen = {passage.text for passage in thing.passages if passage.key in keys}
    return chosen | {getattr(row, key) for _, row, key in earlier_of(holdings, thing, keys)}


def wrong_with(keys: Collection[str], thing: Thing, ground: str, reason: str) -> dict[str, Phrase]:
    """What keeps words from being removed, by the fields of the form."""
    wrong = {}
    if not keys or not set(keys) <= {passage.key for passage in thing.passages}:
        wrong["passages"] = phrase("Choose what is to be removed.")
    if ground not in GROUNDS:
        wrong["ground"] = phrase("Choose one of these.")
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = phrase("Say in a sentence why, at least %(n)s characters.", n=LEAST_REASON)
    return wrong


def remove(
    actor: Actor,
    holdings: Sequence[Holds],
    kind: str,
    slug: str,
    public_id: str,
    *,
    keys: Collection[str],
    ground: str,
    reason: str,
    everywhere: bool = True,
    listeners: Sequence[Callable[[Tx, Removal], None]] = (),
) -> str:
    """Remove words for good, by the town's administrator, and tell it in the log. Returns the public id of the removal.

    ``listeners`` are told within the transaction, when all is blanked.
    """
    person_id = actor.require_admin()
    with transaction() as tx:
        # Whoever closes a step, corrects a record or removes words holds the project: nothing with these words is
        # published meanwhile.
        project_id = find_thing(holdings, kind, slug, public_id).project_id
        tx.lock(Lock(Project, project_id))
        sweep.hold_sealed(holdings, project_id)
        tx.session.expire_all()
        thing = find_thing(holdings, kind, slug, public_id)
        wrong = wrong_with(keys, thing, ground, reason)
        if wrong:
            raise Invalid(phrase("Nothing is removed yet."), wrong)
        texts = texts_of(holdings, thing, keys)
        places = places_of(holdings, thing, keys, everywhere=everywhere)
        removal = Removal(
            community_id=thing.community.id,
            project_id=thing.project_id,
            kind=kind,
            subject=public_id,
            href=thing.href,
            ground=ground,
            reason=reason.strip(),
            person_id=person_id,
            by_name=actor.name,
            at=tx.now,
            hashes=places.hashes,
        )
        carry_out(tx, removal, places, texts, actor.public_id, listeners)
        return removal.public_id


def carry_out(
    tx: Tx,
    removal: Removal,
    places: Places,
    texts: Collection[str],
    by: str,
    listeners: Sequence[Callable[[Tx, Removal], None]] = (),
) -> None:
    """Blank words where they stand and tell it in the log; ``by`` is the public id of whoever decided it."""
    tx.session.add(removal)
    tx.session.flush()
    sweep.blank(places, removal, texts)
    _retitle(tx, places, removal)
    record_event(
        tx,
        "words.redacted",
        community_id=removal.community_id,
        project_id=removal.project_id,
        person_id=removal.person_id,
        data={
            "kind": removal.kind,
            "subject": removal.subject,
            "href": removal.href,
            "reason": removal.reason,
            "by": removal.by_name,
            "person": by,
        },
        public={"removal": removal.public_id, "ground": removal.ground, "hashes": removal.hashes},
    )
    for listener in listeners:
        listener(tx, removal)


def _retitle(tx: Tx, places: Places, removal: Removal) -> None:
    """A record is listed under its project's title: where that was removed, the list shows the mark."""
    gone = {word.hash for word in places.words}
    for record in tx.session.scalars(select(Record).where(Record.id.in_(places.records))):
        if commitment_in(json.loads(record.body)["project"]["title"]) in gone:
            record.title = stored_mark(removal.ground, removal.at)
