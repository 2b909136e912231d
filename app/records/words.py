"""The words of records: how they are stored, put back for a reader, and checked against what was hashed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.core.database import db
from app.core.removals import Removal, is_mark, mark_of
from app.core.transaction import Tx
from app.engine.canonical import canon, sha256_hex
from app.engine.words import SALT_BYTES, Word, commitment_in, put_back, split, spots
from app.records.models import Record, RecordWord


@dataclass(frozen=True)
class Kept:
    """What is kept of a commitment: the words, or their removal."""

    word: Word | None
    removal: Removal | None = None


Words = Mapping[str, Kept]


def parted(said: Any) -> tuple[Any, dict[str, Kept]]:
    """What is said as it is hashed, with commitments under fresh salts, and the words."""
    body, words = split(said, lambda: secrets.token_bytes(SALT_BYTES))
    return body, {hashed: Kept(word) for hashed, word in words.items()}


def store(tx: Tx, record: Record, body: Any, words: Words) -> Record:
    """Store a record with its body and its hash, and the words of the body's commitments beside it."""
    raw = canon(body)
    record.body, record.sha256 = raw.decode(), sha256_hex(raw)
    tx.session.add(record)
    tx.session.flush()
    tx.session.add_all(
        RecordWord(
            record_id=record.id,
            hash=hashed,
            salt=item.word.salt if item.word else None,
            text=item.word.text if item.word else None,
            removal_id=item.removal.id if item.removal else None,
        )
        for hashed, item in words.items()
    )
    tx.session.flush()
    return record


def words_of(record_ids: Iterable[int]) -> dict[int, dict[str, Kept]]:
    """The words of some records by their commitments, with one query."""
    found: dict[int, dict[str, Kept]] = {record_id: {} for record_id in record_ids}
    query = (
        select(RecordWord, Removal)
        .outerjoin(Removal, Removal.id == RecordWord.removal_id)
        .where(RecordWord.record_id.in_(list(found)))
        .order_by(RecordWord.id)
        .execution_options(populate_existing=True)
    )
    for row, removal in db.session.execute(query):
        word = Word(row.text, row.salt) if row.text is not None and row.salt is not None else None
        found[row.record_id][row.hash] = Kept(word, removal)
    return found


def verify(record: Record, words: Words) -> bool:
    """Whether a record is what was published: canonical as stored, equal to its hash, shown under its own title and number.

    Each commitment in the body has the words that give it, or the removal of them; and there are no other words.
    """
    raw = record.body.encode()
    try:
        body = json.loads(raw)
        if canon(body) != raw or sha256_hex(raw) != record.sha256:
            return False
        step = body["step"]
        at = body["correction"]["at"] if record.corrects_id is not None else body["closed_at"]
        named = (step["key"], step["attempt"], step["seal"], at, body["record"]["year"], body["record"]["number"])
        title = body["project"]["title"]
        listed = words[commitment_in(title) or ""] if isinstance(title, dict) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    shown = (record.step, record.attempt, record.seal, record.published_at, record.year, record.number)
    bound = {spot.hash for spot in spots(body)}
    sound = all(
        kept.word.hash == hashed if kept.word is not None else kept.removal is not None
        for hashed, kept in words.items()
    )
    if listed is not None:
        title = listed.word.text if listed.word is not None else record.title
        sound = sound and (listed.word is not None or is_mark(record.title))
    return named == shown and title == record.title and bound == set(words) and sound


def said(body: Any, words: Words) -> Any:
    """A body with the words put back; where they were removed, the mark that says so. KeyError where some are missing."""

    def shown(hashed: str) -> str:
        kept = words[hashed]
        if kept.word is not None:
            return kept.word.text
        if kept.removal is None:
            raise KeyError(hashed)
        return mark_of(kept.removal)

    return put_back(body, shown)


def read(record: Record) -> dict[str, Any] | None:
    """What a record says, with the words put back; None when it no longer is what was published."""
    words = words_of([record.id])[record.id]
    if not verify(record, words):
        return None
    found: dict[str, Any] = said(json.loads(record.body), words)
    return found


def removed_from(record: Record) -> int:
    """How many passages of a record were removed."""
    query = select(func.count()).where(RecordWord.record_id == record.id, RecordWord.text.is_(None))
    return db.session.scalar(query) or 0


def file_of(record: Record) -> bytes:
    """The record as a file to keep and to check: what was hashed, the words with their salts, what was removed.

    A record of the first form has its words within what was hashed: its file is that, byte by byte.
    """
    words = words_of([record.id])[record.id]
    if not words:
        return record.body.encode()
    return canon(
        {
            "format": "qiding/record-file/v2",
            "sha256": record.sha256,
            "body": json.loads(record.body),
            "words": {
                hashed: {"text": kept.word.text, "salt": kept.word.salt.hex()}
                for hashed, kept in words.items()
                if kept.word
            },
            "removed": {
                hashed: {"removal": kept.removal.public_id, "at": kept.removal.at, "ground": kept.removal.ground}
                for hashed, kept in words.items()
                if kept.removal
            },
        }
    )
