"""Bundles for the tests: made by a vote, taken apart, and put together again with a list of files that fits."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

from sqlalchemy import select

from app.ballots import service
from app.ballots.models import Poll
from app.core.database import db
from app.engine.canonical import canon
from app.proof import bundle, checkpoints, verify
from tests.ballots.world import OBJECTION, World

Files = dict[str, bytes]


def voted(world: World, *, stances: str = "ccccao", change: bool = True) -> str:
    """A round with ballots, sealed in two batches, closed; the poll's public id. ``stances``: consent, concern, …"""
    words: dict[str, dict[str, Any]] = {
        "c": {"stance": "consent"},
        "n": {"stance": "concern", "concern": "请留意水管"},
        "a": {"stance": "abstain"},
        "o": dict(OBJECTION),
        "y": {"stance": "yes"},
        "x": {"stance": "no"},
    }
    poll = world.open()
    with world.here():
        checkpoints.make(world.community_id)
    for _ in range(6 if change else 0):
        world.cast(0, poll, **words[stances[1]])
    for who, stance in enumerate(stances):
        world.cast(who, poll, **words[stance])
    with world.here():
        service.seal_due()
        checkpoints.make(world.community_id)
    if change:
        world.cast(0, poll, **words[stances[0]])
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    return poll


def poll_id(world: World, public_id: str) -> int:
    with world.here():
        return db.session.scalars(select(Poll.id).where(Poll.public_id == public_id)).one()


def built(world: World, public_id: str) -> bytes:
    """The bundle of a poll."""
    with world.here():
        poll = db.session.scalars(select(Poll).where(Poll.public_id == public_id)).one()
        row = bundle.build(poll.id)
        assert row is not None
        return bundle.file_of(poll, row.size).read_bytes()


def apart(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def together(files: Files, *, fit: bool = True) -> io.BytesIO:
    """A bundle of these files; ``fit`` writes the list of files anew, as whoever tampers would."""
    files = dict(files)
    if fit:
        listed = json.loads(files["bundle.json"])
        listed["files"] = {
            name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "bundle.json"
        }
        files["bundle.json"] = canon(listed) + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    out.seek(0)
    return out


def lines(files: Files, name: str) -> list[Any]:
    return [json.loads(line) for line in files[name].splitlines()]


def with_lines(files: Files, name: str, rows: list[Any]) -> Files:
    return {**files, name: b"".join(canon(row) + b"\n" for row in rows)}


def failure(file: Any, **options: str) -> tuple[str, str, dict[str, Any]]:
    """The check that failed, how, and with which values; ("", "", {}) when all hold."""
    steps = verify.check(file, **options)
    for step in steps:
        verify.words(step, "zh"), verify.words(step, "en")  # every outcome has its words
    wrong = [step for step in steps if step.state == "failed"]
    assert len(wrong) <= 1
    return (wrong[0].name, wrong[0].key, wrong[0].values) if wrong else ("", "", {})
