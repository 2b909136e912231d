"""Corrections: a record of its own, with a number of its own, that supersedes the one it corrects; both name each other.

What staff entered may be corrected, word by word, with a reason. What residents said, the text that was voted on, and
whatever the engine counted or judged stays: for that a step is sent back, in public.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.events import LogHead, record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.engine.words import Key, Path, Staff, exchanged, spots
from app.people.actor import Actor
from app.projects.models import Project
from app.records.models import Record
from app.records.service import next_number
from app.records.words import Words, parted, store, verify, words_of

LEAST_REASON = 10
MOST = 4000
PART = "correction"
FILL_IN = phrase("Please fill this in.")


@dataclass(frozen=True)
class Passage:
    """Words of a record that may be corrected: where they stand, and in which part of it (None: above or below the parts)."""

    path: Path
    hash: str
    text: str

    @property
    def part(self) -> int | None:
        """The number of the part in which they stand."""
        return int(self.path[1]) if self.path[0] == "parts" else None


def passages(body: Any, words: Words) -> list[Passage]:
    """What of a record may be corrected, in its order."""
    found = []
    for spot in spots(body):
        word = words[spot.hash].word
        if spot.staff and word is not None and spot.path[0] != PART:
            found.append(Passage(spot.path, spot.hash, word.text))
    return found


def correction_of(record_ids: Sequence[int]) -> dict[int, Record]:
    """The corrections of some records, by the records they correct."""
    query = select(Record).where(Record.corrects_id.in_(record_ids))
    return {row.corrects_id: row for row in db.session.scalars(query) if row.corrects_id is not None}


def newest(record: Record) -> Record:
    """The record that stands: the last correction of a record, or itself."""
    following = correction_of([record.id]).get(record.id)
    while following is not None:
        record, following = following, correction_of([following.id]).get(following.id)
    return record


def wrong_with(given: Mapping[Path, str], reason: str) -> dict[str, Phrase]:
    """What keeps a correction from being published, by the fields of its form."""
    wrong = {}
    if not given:
        wrong["changes"] = phrase("Change at least one passage.")
    if len(reason.strip()) < LEAST_REASON:
        wrong["reason"] = phrase("Say in a sentence why, at least %(n)s characters.", n=LEAST_REASON)
    if any(not text for text in given.values()):
        wrong["changes"] = phrase("A passage can’t be made empty. What the law bids remove is removed in another way.")
    if any(len(text) > MOST for text in given.values()):
        wrong["changes"] = phrase("Please keep this under %(most)s characters.", most=MOST)
    return wrong


def correct(actor: Actor, public_id: str, changes: Mapping[Path, str], reason: str) -> str:
    """Publish a correction of a record: ``changes`` are new words by the places where they stand. Returns its public id."""
    with transaction() as tx:
        first = tx.session.scalar(select(Record).where(Record.public_id == public_id))
        if first is None:
            raise NotFound
        person_id = actor.require_facilitator(first.community_id)
        tx.lock(Lock(Project, first.project_id))
        # As whoever publishes: numbers can't meet, and of two corrections of one record the second finds the first.
        tx.session.execute(select(LogHead.id).where(LogHead.community_id == first.community_id).with_for_update())
        if correction_of([first.id]):
            raise Conflict(phrase("This record has been corrected already. Correct the newer one."))
        words = words_of([first.id])[first.id]
        if not verify(first, words):
            raise Conflict(phrase("This record no longer matches its fingerprint. Tell the town: somebody changed it."))
        old = json.loads(first.body)
        there = {passage.path: passage for passage in passages(old, words)}
        if not set(changes) <= set(there):
            raise Invalid(phrase("Only words that staff entered can be corrected."))
        new = {path: text.strip() for path, text in changes.items() if text.strip() != there[path].text}
        wrong = wrong_with(new, reason)
        if wrong:
            raise Invalid(phrase("The correction is not published yet."), wrong)
        body, kept = _corrected(tx, first, old, words, {there[path]: text for path, text in new.items()}, actor, reason)
        return _publish(tx, first, body, kept, person_id)


def _corrected(
    tx: Tx, first: Record, old: Any, words: Words, new: Mapping[Passage, str], actor: Actor, reason: str
) -> tuple[Any, Words]:
    """The body of a correction with its words: all that stays keeps its commitment."""
    year, number = next_number(first.community_id, tx.now)
    part, kept = parted(
        {
            "of": {
                "id": Key(first.public_id),
                "sha256": Key(first.sha256),
                "year": first.year,
                "number": first.number,
            },
            "at": tx.now,
            "by": Staff(actor.name),
            "reason": Staff(reason.strip()),
        }
    )
    body, told = old, []
    for passage, text in new.items():
        after, fresh = parted(Staff(text))
        kept |= fresh
        body = exchanged(body, passage.path, after)
        before = {"words": passage.hash, "staff": True}
        told.append({"path": list(passage.path), "before": before, "after": after})
    body = {**body, "format": "qiding/record/v2", "record": {"year": year, "number": number}}
    body[PART] = {**part, "changes": told}
    bound = {spot.hash for spot in spots(body)}
    return body, {hashed: item for hashed, item in {**words, **kept}.items() if hashed in bound}


def _publish(tx: Tx, first: Record, body: Any, words: Words, person_id: int) -> str:
    title = words[body["project"]["title"]["words"]].word if isinstance(body["project"]["title"], dict) else None
    record = store(
        tx,
        Record(
            community_id=first.community_id,
            project_id=first.project_id,
            step_run_id=first.step_run_id,
            corrects_id=first.id,
            year=body["record"]["year"],
            number=body["record"]["number"],
            step=first.step,
            attempt=first.attempt,
            title=title.text if title is not None else first.title,
            seal=first.seal,
            published_at=tx.now,
            published_by_id=person_id,
        ),
        body,
        words,
    )
    record_event(
        tx,
        "record.published",
        community_id=first.community_id,
        project_id=first.project_id,
        person_id=person_id,
        data={"record": record.public_id},
        public={
            "record": record.public_id,
            "sha256": record.sha256,
            "step": record.step,
            "corrects": first.public_id,
        },
    )
    return record.public_id


def lawful(old: Any, new: Any) -> bool:
    """Whether a body differs from the one it corrects in nothing but its number, and words of staff as it says itself."""
    wanted = {key: value for key, value in old.items() if key != PART}
    wanted |= {"format": "qiding/record/v2", "record": new["record"], PART: new[PART]}
    staff = {spot.path: spot.hash for spot in spots(old) if spot.staff and spot.path[0] != PART}
    for change in new[PART]["changes"]:
        path = tuple(change["path"])
        if staff.get(path) != change["before"]["words"] or change["before"].get("staff") is not True:
            return False
        wanted = exchanged(wanted, path, change["after"])
    return bool(wanted == new and all(spot.staff for spot in spots(new[PART])))
