"""Keys, checkpoints, tiles and marks against the log that they were made from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.audit.log import Log, place
from app.core.database import db
from app.engine.canonical import sha256_hex
from app.engine.merkle import TILE
from app.engine.notes import BadNote, VerifierKey, read_checkpoint, rotation, signed, verify
from app.people.places import Community
from app.proof.keys import origin_of
from app.proof.models import Checkpoint, LogKey, LogMark, LogTile


def sizes_of(community_id: int) -> set[int]:
    """The sizes at which this database has signed the log."""
    return set(db.session.scalars(select(Checkpoint.size).where(Checkpoint.community_id == community_id)))


def check_checkpoints(community_id: int, log: Log, sizes: Collection[int]) -> int:
    """Check the keys of a log and its checkpoints of these sizes; returns how many. Others were made while it was read."""
    origin = origin_of(db.session.get_one(Community, community_id))
    keys = _check_keys(community_id, log, origin)
    _check_rest(community_id, log, max(sizes, default=0))
    rows = db.session.execute(
        select(Checkpoint.__table__).where(Checkpoint.community_id == community_id).order_by(Checkpoint.size)
    ).all()
    for row in rows:
        if row.size in sizes:
            _check_one(row, keys, origin, log)
    return len(sizes)


def _check_keys(community_id: int, log: Log, origin: str) -> list[tuple[int, bytes]]:
    rows = db.session.execute(
        select(LogKey.__table__).where(LogKey.community_id == community_id).order_by(LogKey.seq)
    ).all()
    told = sorted(
        (*log.kept.get("key.introduced", ()), *log.kept.get("key.rotated", ())), key=lambda item: int(item.body["seq"])
    )
    keys: list[tuple[int, bytes]] = []
    for row, (body, event) in zip(rows, told, strict=False):
        source = f"{place(body)} of the log tells"
        same("log_key", row.id, "seq", row.seq, body["seq"], source)
        same("log_key", row.id, "key", row.key, body.get("key"), source)
        same("log_key", row.id, "at", row.at, event.at, source)
        new = bytes.fromhex(row.key)
        if event.kind == "key.rotated":
            old = keys[-1][1] if keys else b""
            message = rotation(origin, old, new)
            if body.get("before") != old.hex() or not signed(old, bytes.fromhex(body.get("signature", "")), message):
                raise Wrong("log", place(body), "signature", "expected that of the key before it")
        keys.append((row.seq, new))
    if len(rows) != len(told):
        raise Wrong("log_key", f"of {origin}", "id", f"expected {len(told)} of them, as many as the log names")
    return keys


def _check_one(row: Any, keys: list[tuple[int, bytes]], origin: str, log: Log) -> None:
    known = [key for seq, key in keys if seq < row.size]
    try:
        point = read_checkpoint(verify(row.note, VerifierKey(origin, known[-1] if known else b"")))
    except BadNote as error:
        raise Wrong("checkpoint", row.id, "note", f"expected one signed by the key of the log ({error})") from None
    same("checkpoint", row.id, "size", row.size, point.size, "its signed note tells")
    same("checkpoint", row.id, "root", row.root, point.root.hex(), "its signed note tells")
    if point.origin != origin:
        raise Wrong("checkpoint", row.id, "note", "expected the name of its own log")
    reached = log.reached.get(row.size)
    if reached is None:
        raise Wrong("checkpoint", row.id, "size", f"expected at most the {log.tree.size} entries that there are")
    root, frontier = reached
    if root != row.root:
        raise Wrong("log", f"entries 0 to {row.size - 1}", "body", f"expected the root {row.root}, which was signed")
    if sha256_hex(bytes.fromhex(row.frontier)) != frontier:
        raise Wrong("checkpoint", row.id, "frontier", "expected that of the log")


def _check_rest(community_id: int, log: Log, last: int) -> None:
    tiles = db.session.execute(
        select(LogTile.number, LogTile.root).where(LogTile.community_id == community_id).order_by(LogTile.number)
    ).all()
    wanted_tiles = list(enumerate(log.tiles))[: last // TILE]
    if [tuple(tile) for tile in tiles[: last // TILE]] != wanted_tiles or len(tiles) > len(log.tiles):
        raise Wrong("log_tile", "of the log", "root", "expected the roots of each 256 entries")
    marks = db.session.execute(
        select(LogMark.seq, LogMark.subject, LogMark.kind)
        .where(LogMark.community_id == community_id)
        .order_by(LogMark.seq, LogMark.subject)
    ).all()
    wanted = [mark for mark in log.marks if mark[0] < last]
    if [tuple(mark) for mark in marks if mark.seq < last] != wanted or any(m.seq >= log.tree.size for m in marks):
        raise Wrong("log_mark", "of the log", "seq", "expected the entries that speak of polls and records")
