"""Receipts: what became of the ballot that one was given for."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots.models import Ballot, Poll
from app.core.database import db
from app.engine.canonical import ALPHABET, parse_code


def find_receipt(poll: Poll, typed: str) -> str:
    """What became of the ballot with this receipt code: "counts", "replaced", or "unknown". Never its content."""
    code = parse_code(typed[:60])
    if code is None:
        return "unknown"
    number = 0
    for char in code.replace("-", ""):
        number = number * 32 + ALPHABET.index(char)
    found = db.session.scalar(
        # A range, which the index of the commitments answers; "g" comes after all hexadecimal digits.
        select(Ballot.live).where(
            Ballot.poll_id == poll.id, Ballot.commitment >= f"{number:015x}", Ballot.commitment < f"{number:015x}g"
        )
    )
    if found is None:
        return "unknown"
    return "counts" if found else "replaced"
