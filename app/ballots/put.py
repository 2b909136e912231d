"""How a ballot is written, whatever its channel: its commitment, its row, and that of its objection."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.ballots.models import Ballot, Poll, random_key
from app.ballots.statements import INSERT_BALLOT, INSERT_OBJECTION, REPLACE
from app.core import metrics
from app.core.ids import new_public_id
from app.core.transaction import Tx
from app.engine.canonical import canon, channel_mark, commitment, opening
from app.engine.voting import RULES


@dataclass(frozen=True)
class Put:
    """A ballot that was written."""

    id: int
    public_id: str
    commitment: str


def put_ballot(
    tx: Tx,
    poll: Poll | Row[Any],
    slot_id: int | None,
    slot_code: str | None,
    choice: Mapping[str, str],
    before: Ballot | Row[Any] | None,
    *,
    form: str | None = None,
    channel: str = "web",
    serial: str | None = None,
    helper: str = "",
) -> Put:
    """Put a ballot into a slot, whatever its channel; the one that stood there stays, no longer live. Mode C: no slot.

    The caller holds the poll and the roll entry, and has judged the hour. ``form`` is the hash of the form's key;
    ``helper`` names who cast for a household on its word.
    """
    seq = 1
    if before is not None:
        seq = before.seq + 1
        tx.execute(REPLACE, {"ballot": before.id})
    nonce = secrets.token_bytes(32)
    public_id = new_public_id()
    mark = channel_mark(channel, serial or "", helper, nonce)
    body = ballot_body(poll.public_id, ballot_place(slot_code, seq, public_id), choice, mark)
    put = Put(random_key(), public_id, commitment(body, opening(nonce)).hex())
    values = {
        "id": put.id,
        "public_id": put.public_id,
        "poll_id": poll.id,
        "slot_id": slot_id,
        "stance": choice["stance"],
        "choice": canon(dict(choice)).decode(),
        "seq": seq,
        "supersedes_id": before.id if before is not None else None,
        "live": True,
        "channel": channel,
        "serial": serial,
        "helper": helper,
        "form": form,
        "nonce": nonce,
        "commitment": put.commitment,
    }
    tx.execute(INSERT_BALLOT, values)
    metrics.count_committed(tx, "ballots_recorded")
    if choice["stance"] in RULES[poll.rule].objects:
        # Of a ballot that is replaced before the close, the close says that its objection was withdrawn.
        row = {"id": random_key(), "public_id": new_public_id(), "poll_id": poll.id, "ballot_id": put.id}
        tx.execute(INSERT_OBJECTION, {**row, "state": "raised"})
    return put


def ballot_place(slot: str | None, seq: int, public_id: str) -> dict[str, object]:
    """Where a ballot stands: in a slot, with its number there; where votes are unlinked, under its own random id."""
    return {"row": public_id} if slot is None else {"slot": slot, "seq": seq}


def ballot_body(poll: str, place: Mapping[str, object], choice: Mapping[str, str], mark: str) -> dict[str, object]:
    """What a ballot's commitment binds. ``mark`` binds how it came, behind a hash of its own: see channel_mark()."""
    return {"poll": poll, **place, "choice": dict(choice), "by": mark}
