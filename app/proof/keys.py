"""The signing key: in a file or a secret, never in the database. What it signs for each log, and how it is rotated."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app.config import Config
from app.core.database import db
from app.core.events import LogHead, record_event
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import tagged
from app.engine.notes import Signer, VerifierKey, public_of, rotation_signature
from app.people.places import Community
from app.proof.models import LogKey


def seed() -> bytes:
    """The private key, read anew each time so that a rotation holds for every process at once."""
    config: Config = current_app.config["QIDING"]
    if config.signing_file is not None:
        return _seed(config.signing_file.read_text())
    return _seed(config.signing_secret or f"signing:{config.secret}")


def _seed(secret: str) -> bytes:
    return tagged("qiding/signing-key/v1", secret.strip().encode())


def origin_of(community: Community) -> str:
    """The name of a community's log, and of the key that signs it: it stays when an address or a name changes."""
    return f"qiding/log/{community.public_id}"


def signer_of(community: Community) -> Signer:
    """Who signs for a community's log."""
    return Signer(origin_of(community), seed())


def keys_of(community_id: int) -> list[LogKey]:
    """The keys of a log, the oldest first."""
    return list(db.session.scalars(select(LogKey).where(LogKey.community_id == community_id).order_by(LogKey.seq)))


def present_key(community: Community) -> VerifierKey | None:
    """The public key that signs a community's log now; None before its first checkpoint."""
    known = keys_of(community.id)
    return VerifierKey(origin_of(community), bytes.fromhex(known[-1].key)) if known else None


def introduce(community_id: int) -> None:
    """Record the present key in a log that doesn't name it yet. Without the old one's signature: see :func:`rotate`."""
    public = public_of(seed()).hex()
    known = keys_of(community_id)
    if known and known[-1].key == public:
        return
    with transaction(lock=[_head(community_id)]) as tx:
        known = keys_of(community_id)
        if not known or known[-1].key != public:
            _enter(tx, community_id, "key.introduced", {"key": public})


def rotate() -> str:
    """Make a new key, let the old one sign it in every log, and put it into the file. Returns the new public key."""
    config: Config = current_app.config["QIDING"]
    file = config.signing_file
    if file is None:
        raise LookupError("the key is a secret of the environment")
    kept, fresh = file.read_text().strip(), secrets.token_urlsafe(48)
    old, public = _seed(kept), public_of(_seed(fresh))
    try:
        with transaction() as tx:
            for community in tx.session.scalars(select(Community).order_by(Community.id)).all():
                known = keys_of(community.id)
                if not known:
                    continue
                before = public_of(old)
                if known[-1].key != before.hex():
                    raise LookupError(f"the log of {community.slug} names another key than the file holds")
                signature = rotation_signature(old, origin_of(community), public)
                told = {"key": public.hex(), "before": before.hex(), "signature": signature.hex()}
                _enter(tx, community.id, "key.rotated", told)
            _replace(file, fresh)  # last, so that a crash leaves but a moment in which file and logs differ
    except BaseException:
        _replace(file, kept)
        raise
    return public.hex()


def _enter(tx: Tx, community_id: int, kind: str, told: dict[str, str]) -> None:
    seq = record_event(tx, kind, community_id=community_id, public=told)
    assert seq is not None
    tx.session.add(LogKey(community_id=community_id, key=told["key"], seq=seq, at=tx.now))
    tx.session.flush()


def _head(community_id: int) -> Lock:
    return Lock(LogHead, db.session.scalars(select(LogHead.id).where(LogHead.community_id == community_id)).one())


def _replace(file: Path, secret: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".signing-")  # 0600
    with os.fdopen(handle, "w") as out:
        out.write(secret + "\n")
        out.flush()
        os.fsync(out.fileno())
    os.replace(name, file)
