"""A copy that somebody saved, compared with the published record: what was hashed, and every word of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.canonical import canon, sha256_hex
from app.engine.words import Word, spots
from app.records.models import Record
from app.records.words import Words

# How anybody checks the file without us: a test runs what the page shows.
COMMAND = "jq -cjS .body record.json | sha256sum"
PROGRAM = """\
import hashlib, json
d = json.load(open("record.json", encoding="utf-8"))
body = json.dumps(d["body"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
print(hashlib.sha256(body.encode()).hexdigest())
tag = hashlib.sha256(b"qiding/words/v1").digest()
for name, w in d["words"].items():
    parts = w["text"].encode(), bytes.fromhex(w["salt"])
    data = tag + b"".join(len(p).to_bytes(8, "big") + p for p in parts)
    assert hashlib.sha256(data).hexdigest() == name and name in body, name
"""


@dataclass(frozen=True)
class Compared:
    """What comparing a copy found. ``given`` is its fingerprint; ``differing`` counts words that don't give their own."""

    equal: bool
    given: str
    empty: bool = False
    differing: int = 0
    since: int = 0  # words of the copy that were removed here since


def compare(record: Record, words: Words, data: bytes) -> Compared:
    """Compare a copy with a record: what was hashed byte by byte, or the file with the words beside it."""
    given = sha256_hex(data)
    if not data or given == record.sha256:
        return Compared(bool(data), given, empty=not data)
    try:
        copy = json.loads(data)
        raw = canon(copy["body"])
        bound = {spot.hash for spot in spots(copy["body"])}
        kept = {str(hashed): _word(stored) for hashed, stored in copy["words"].items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return Compared(False, given)
    given = sha256_hex(raw)
    differing = sum(1 for hashed, word in kept.items() if hashed not in bound or word.hash != hashed)
    since = sum(1 for hashed in kept if (mine := words.get(hashed)) is not None and mine.word is None)
    return Compared(given == record.sha256 and not differing, given, differing=differing, since=since)


def _word(stored: Mapping[str, Any]) -> Word:
    text, salt = stored["text"], stored["salt"]
    if not isinstance(text, str) or not isinstance(salt, str):
        raise TypeError
    text.encode()  # ValueError for what is no text
    return Word(text, bytes.fromhex(salt))
