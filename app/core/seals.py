"""Salted commitments of a row's words in a column of the row: what is hashed holds these, so that the words can go.

The column holds, by the names of the row's fields, ``{"hash", "salt"}``; with ``"text"`` where the words stand in no
field of their own. A removal leaves the hash, an empty salt, and its mark in place of the words.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from app.engine.words import SALT_BYTES, Word, put_back, split

Seals = Mapping[str, Mapping[str, str]]


def seal(words: Mapping[str, str]) -> dict[str, Any]:
    """Commitments of words under fresh salts; empty words have none."""
    return {name: _kept(Word(text, _salt())) for name, text in words.items() if text}


def seal_body(said: Any) -> tuple[Any, dict[str, Any]]:
    """What is said as it is hashed, and its words by their commitments."""
    body, words = split(said, _salt)
    return body, {hashed: {**_kept(word), "text": word.text} for hashed, word in words.items()}


def _salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def _kept(word: Word) -> dict[str, str]:
    return {"hash": word.hash, "salt": word.salt.hex()}


def said(body: Any, seals: Seals) -> Any:
    """A body with the words put back; where they were removed, the mark. KeyError where some are missing."""
    return put_back(body, lambda hashed: seals[hashed]["text"])


def hashes_of(seals: Seals) -> dict[str, str]:
    """The hashes of commitments, by the names of the fields."""
    return {name: one["hash"] for name, one in seals.items()}


def fits(one: Mapping[str, str], text: str) -> bool:
    """Whether these words give a commitment."""
    return Word(text, bytes.fromhex(one["salt"])).hash == one["hash"]


def opened(one: Mapping[str, str], mark: str) -> dict[str, str]:
    """A commitment whose words were removed."""
    return {"hash": one["hash"], "salt": "", **({"text": mark} if "text" in one else {})}
