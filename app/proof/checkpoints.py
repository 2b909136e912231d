"""Checkpoints: the log's size and root, signed. One costs the entries that came since the last, and no others."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select

from app.core.database import db
from app.core.events import LogEntry, LogHead
from app.core.jobs import Claim
from app.core.transaction import Lock, transaction
from app.engine.errors import NotFound
from app.engine.merkle import TILE, Tiles, tiled_proof
from app.engine.notes import Checkpoint as Point
from app.engine.notes import checkpoint_text
from app.people.places import Community
from app.proof import keys
from app.proof.models import Checkpoint, LogMark, LogTile

CHUNK = 2000
MARKED = ("poll", "record")


def latest(community_id: int) -> Checkpoint | None:
    """The newest checkpoint of a community."""
    query = select(Checkpoint).where(Checkpoint.community_id == community_id)
    return db.session.scalar(query.order_by(Checkpoint.size.desc()).limit(1))


def covering(community_id: int, seq: int) -> Checkpoint | None:
    """The first checkpoint that covers an entry."""
    query = select(Checkpoint).where(Checkpoint.community_id == community_id, Checkpoint.size > seq)
    return db.session.scalar(query.order_by(Checkpoint.size).limit(1))


def at_size(community_id: int, size: int) -> Checkpoint:
    """The checkpoint of this size; NotFound when none was made."""
    query = select(Checkpoint).where(Checkpoint.community_id == community_id, Checkpoint.size == size)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def of_poll(community_id: int, poll: str) -> dict[str, list[int]]:
    """The entries that speak of a poll, by their kinds, as far as checkpoints go."""
    found: dict[str, list[int]] = {}
    query = select(LogMark.kind, LogMark.seq).where(LogMark.community_id == community_id, LogMark.subject == poll)
    for kind, seq in db.session.execute(query.order_by(LogMark.seq)):
        found.setdefault(kind, []).append(seq)
    return found


def make_due() -> int:
    """Make a checkpoint of every log that grew; returns how many."""
    return sum(make(community_id) for community_id in db.session.scalars(select(Community.id)).all())


def job(claim: Claim) -> None:
    """The same for one community, right after something of weight was committed."""
    make(claim.arguments["community"])


def make(community_id: int) -> bool:
    """Sign the log as it stands, unless it is signed already."""
    size = _size(community_id)
    last = latest(community_id)
    if size == 0 or (last is not None and last.size == size):
        return False
    keys.introduce(community_id)
    size, last = _size(community_id), latest(community_id)
    begun = last.size if last is not None else 0
    if begun >= size:
        return False  # another host signed it between the two looks
    tiles = Tiles(begun, bytes.fromhex(last.frontier)) if last is not None else Tiles()
    whole, marks = _read(community_id, tiles, size)
    community = db.session.get_one(Community, community_id)
    root = tiles.tree.root()
    signer = keys.signer_of(community)
    note = signer.sign(checkpoint_text(Point(signer.key.name, size, root)))
    head = db.session.scalars(select(LogHead.id).where(LogHead.community_id == community_id)).one()
    with transaction(lock=[Lock(LogHead, head)]) as tx:
        now_last = latest(community_id)
        if (now_last.size if now_last is not None else 0) != begun:
            return False  # somebody else made one meanwhile
        if whole:
            tx.session.execute(insert(LogTile), whole)
        if marks:
            tx.session.execute(insert(LogMark), marks)
        frontier = tiles.tree.frontier().hex()
        tx.session.add(
            Checkpoint(community_id=community_id, size=size, root=root.hex(), frontier=frontier, note=note, at=tx.now)
        )
    return True


def _size(community_id: int) -> int:
    return db.session.scalars(select(LogHead.size).where(LogHead.community_id == community_id)).one()


def _read(community_id: int, tiles: Tiles, size: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Let the tree grow to ``size``; the rows of its new tiles, and of entries that are found again later."""
    whole: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    while tiles.tree.size < size:
        grown = tiles.tree.size
        for seq, body in entries(community_id, grown, min(size, grown + CHUNK)):
            if seq != tiles.tree.size:
                raise ValueError(f"entry {tiles.tree.size} of a log is missing")
            root = tiles.append(body.encode())
            if root is not None:
                whole.append({"community_id": community_id, "number": seq // TILE, "root": root.hex()})
            marks += _marks(community_id, seq, body)
        if tiles.tree.size == grown:
            raise ValueError(f"entry {grown} of a log is missing")
    return whole, marks


def _marks(community_id: int, seq: int, body: str) -> list[dict[str, Any]]:
    if not any(f'"{name}":' in body for name in MARKED):
        return []
    told = json.loads(body)
    subjects = {told[name] for name in MARKED if isinstance(told.get(name), str)}
    row = {"community_id": community_id, "seq": seq, "kind": told["kind"]}
    return [{**row, "subject": subject} for subject in sorted(subjects)]


def entries(community_id: int, first: int, past: int) -> list[tuple[int, str]]:
    """Entries of a log from ``first`` up to ``past``, which isn't among them."""
    query = select(LogEntry.seq, LogEntry.body).where(
        LogEntry.community_id == community_id, LogEntry.seq >= first, LogEntry.seq < past
    )
    return list(db.session.execute(query.order_by(LogEntry.seq)).all())


def inclusion(community_id: int, seq: int, point: Checkpoint) -> tuple[str, list[bytes]]:
    """An entry, and the hashes that lead from it to a checkpoint's root; it reads 512 entries at most."""
    start, rest = seq // TILE * TILE, point.size // TILE * TILE
    tile = [body.encode() for _, body in entries(community_id, start, min(start + TILE, point.size))]
    last = [body.encode() for _, body in entries(community_id, rest, point.size)]
    query = select(LogTile.root).where(LogTile.community_id == community_id, LogTile.number < point.size // TILE)
    roots = [bytes.fromhex(root) for root in db.session.scalars(query.order_by(LogTile.number))]
    return tile[seq - start].decode(), tiled_proof(tile, seq, roots, point.size, last)
