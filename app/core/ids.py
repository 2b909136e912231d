"""Public identifiers: 80 random bits as 16 Crockford base32 characters."""

from __future__ import annotations

import secrets

from app.engine.canonical import encode32

_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u3000": None})


def new_public_id() -> str:
    """A fresh 16-character identifier that can't be guessed."""
    return encode32(secrets.randbits(80), 16)


def tidy_code(text: str) -> str:
    """A code as typed by hand: upper case, without spaces and hyphens, O I L read as 0 1 1."""
    return text.strip().upper().translate(_FORGIVEN)
