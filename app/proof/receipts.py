"""Receipts: a statement signed over a ballot's commitment at once, and later the way from it to a signed checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.ballots.models import Ballot, Batch, Poll
from app.core.database import db
from app.engine.canonical import ALPHABET, parse_code, receipt_code
from app.people.places import Community
from app.proof import checkpoints, keys
from app.proof.models import Checkpoint

STATEMENT = "qiding/receipt/v1"


@dataclass(frozen=True)
class Sealed:
    """Where a ballot stands: its batch and the batch's entry, and the first checkpoint over it, each once there is one."""

    commitment: str
    counts: bool
    batch: int | None = None
    entry: int | None = None
    point: Checkpoint | None = None

    @property
    def code(self) -> str:
        """What its voter has in hand."""
        return receipt_code(bytes.fromhex(self.commitment))


def statement(poll: Poll, commitment: str) -> str:
    """A receipt that one can save: signed, and binding to whoever signed. It tells nothing of the vote's content."""
    community = db.session.get_one(Community, poll.community_id)
    signer = keys.signer_of(community)
    return signer.sign("\n".join((STATEMENT, signer.key.name, poll.public_id, commitment, "")))


def find(poll: Poll, typed: str) -> Sealed | None:
    """What became of the ballot with this receipt code; None when there is none. Never its content."""
    code = parse_code(typed[:60])
    if code is None:
        return None
    number = 0
    for char in code.replace("-", ""):
        number = number * 32 + ALPHABET.index(char)
    start = f"{number:015x}"
    row = db.session.execute(
        select(Ballot.commitment, Ballot.live, Batch.number, Batch.seq)
        .outerjoin(Batch, Batch.id == Ballot.batch_id)
        # The commitment begins so: as a range, which its index answers.
        .where(Ballot.poll_id == poll.id, Ballot.commitment >= start, Ballot.commitment < start + "g")
    ).first()
    if row is None:
        return None
    point = checkpoints.covering(poll.community_id, row.seq) if row.seq is not None else None
    return Sealed(row.commitment, row.live, row.number, row.seq, point)


def proof(poll: Poll, found: Sealed) -> str:
    """The entry that seals a ballot, the hashes that lead from it to a checkpoint, and the checkpoint, as plain text."""
    assert found.entry is not None
    assert found.point is not None
    entry, hashes = checkpoints.inclusion(poll.community_id, found.entry, found.point)
    lines = [
        "qiding/inclusion/v1",
        f"commitment {found.commitment}",
        f"index {found.entry}",
        f"entry {entry}",
        *(f"hash {item.hex()}" for item in hashes),
        "",
        found.point.note,
    ]
    return "\n".join(lines)
