"""Commands on the roll: a spreadsheet is received, read in the background, previewed, and confirmed as a whole."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select

from app.core import media
from app.core.database import db, is_sqlite
from app.core.events import record_event
from app.core.jobs import Claim, enqueue
from app.core.transaction import Lock, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.people.actor import Actor
from app.people.models import Household
from app.people.places import Building, Community, Entrance, RollImport, RollRowStaged, Unit
from app.people.roll_apply import Key, apply, prepare
from app.people.rollfile import RollRow, canonical_digest, parse, read_table

CHUNK = 2_500
PAUSE = 0.12  # seconds: on SQLite whoever waits for the lock looks for it every tenth of a second
STAGED = cast(Table, RollRowStaged.__table__)
FACTS = ("floor_area", "occupancy", "householder")


def receive(actor: Actor, community_id: int, data: bytes, filename: str) -> str:
    """Keep a spreadsheet and have it read in the background; the public id of the import."""
    person_id = actor.require_facilitator(community_id)
    if not data:
        empty = phrase("The file is empty.")
        raise Invalid(empty, {"file": empty})
    sha256 = media.keep(data)
    with transaction() as tx:
        row = RollImport(
            community_id=community_id,
            person_id=person_id,
            at=tx.now,
            filename="".join(c for c in filename if c.isprintable())[-120:],
            file_sha256=sha256,
        )
        tx.session.add(row)
        tx.session.flush()
        enqueue(tx, "roll.read", {"import": row.id}, key=f"roll.read:{row.id}")
        return row.public_id


def read_job(claim: Claim) -> None:
    """Read a received spreadsheet and stage its rows; the roll itself is not touched."""
    with transaction() as tx:
        row = tx.session.get_one(RollImport, int(claim.arguments["import"]))
        import_id, community_id, sha256, state = row.id, row.community_id, row.file_sha256, row.state
    if state != "reading":
        return
    try:
        parsed = parse(read_table(media.read(sha256)))
    except Invalid as error:
        _refuse(import_id, error.message, [])
        return
    except NotFound:  # the same file was sent twice at the same moment, and let go after the first reading
        _refuse(import_id, phrase("The file did not arrive whole. Send it again."), [])
        return
    if parsed.bad or not parsed.rows:
        bad = [{"line": b.line, "cells": list(b.cells), "problem": phrase_to_plain(b.problem)} for b in parsed.bad]
        _refuse(import_id, phrase("Some rows can't be taken. Nothing was imported."), bad)
        return
    current = current_roll(community_id)
    staged = [_staged(import_id, item, current) for item in parsed.rows]
    for start in range(0, len(staged), CHUNK):
        with transaction() as tx:
            if start == 0:
                tx.session.execute(delete(RollRowStaged).where(RollRowStaged.import_id == import_id))
            tx.session.connection().execute(insert(STAGED), staged[start : start + CHUNK])
        claim.progress(min(start + CHUNK, len(staged)), len(staged))
        if is_sqlite() and start + CHUNK < len(staged):
            time.sleep(PAUSE)  # so that those who cast meanwhile get their turn
    with transaction() as tx:
        row = tx.session.get_one(RollImport, import_id)
        kinds = [item["change"] for item in staged]
        row.added, row.changed, row.same = kinds.count("added"), kinds.count("changed"), kinds.count("same")
        row.gone = len(set(current) - {item.key for item in parsed.rows})
        row.digest, row.state = canonical_digest(parsed.rows), "ready"
    _let_go(import_id)


def phrase_to_plain(sentence: Phrase) -> dict[str, Any]:
    """A phrase as JSON, to be said later in the reader's language."""
    values = {name: phrase_to_plain(v) if isinstance(v, Phrase) else v for name, v in sentence.values}
    return {"msgid": sentence.msgid, "values": values}


def plain_to_phrase(stored: Mapping[str, Any]) -> Phrase:
    """A phrase from its JSON."""
    values = {name: plain_to_phrase(v) if isinstance(v, dict) else v for name, v in stored["values"].items()}
    return Phrase(stored["msgid"], tuple(sorted(values.items())))


def _refuse(import_id: int, problem: Phrase, bad: list[dict[str, Any]]) -> None:
    with transaction() as tx:
        row = tx.session.get_one(RollImport, import_id)
        row.state, row.problem, row.bad = "refused", phrase_to_plain(problem), bad
    _let_go(import_id)


def _let_go(import_id: int) -> None:
    """Delete the spreadsheet once it was read: it may hold telephone numbers, which nobody here needs."""
    with transaction() as tx:
        sha256 = tx.session.scalars(select(RollImport.file_sha256).where(RollImport.id == import_id)).one()
        waiting = select(RollImport.id).where(RollImport.file_sha256 == sha256, RollImport.state == "reading").limit(1)
        if tx.session.scalar(waiting) is None:
            media.let_go(tx, sha256)


def current_roll(community_id: int) -> dict[Key, dict[str, Any]]:
    """The units that have a household now, with their facts, by building, entrance and room."""
    query = (
        select(Building.label, Entrance.label, Unit.room, Unit.floor_area, Unit.occupancy, Household.householder)
        .join(Entrance, Entrance.building_id == Building.id)
        .join(Unit, Unit.entrance_id == Entrance.id)
        .join(Household, (Household.unit_id == Unit.id) & Household.ended_at.is_(None))
        .where(Building.community_id == community_id, Unit.gone_at.is_(None))
    )
    return {
        (building, entrance, room): {"floor_area": area, "occupancy": occupancy, "householder": householder}
        for building, entrance, room, area, occupancy, householder in db.session.execute(query)
    }


def _staged(import_id: int, row: RollRow, current: Mapping[Key, Mapping[str, Any]]) -> dict[str, Any]:
    before = current.get(row.key)
    facts = {name: getattr(row, name) for name in FACTS}
    change = "added" if before is None else "same" if dict(before) == facts else "changed"
    return {
        "import_id": import_id,
        "line": row.line,
        "building": row.building,
        "entrance": row.entrance,
        "room": row.room,
        "change": change,
        "before": dict(before) if change == "changed" and before else None,
        **facts,
    }


def gone_units(community_id: int, import_id: int) -> list[Key]:
    """The units of the roll that a file no longer has."""
    listed = {
        (building, entrance, room)
        for building, entrance, room in db.session.execute(
            select(RollRowStaged.building, RollRowStaged.entrance, RollRowStaged.room).where(
                RollRowStaged.import_id == import_id
            )
        )
    }
    return sorted(set(current_roll(community_id)) - listed)


def confirm(actor: Actor, import_public_id: str, *, gone: bool) -> None:
    """Apply a previewed import in one transaction: all of it, or nothing. ``gone`` ends the households no longer listed."""
    row = find(import_public_id)
    import_id, community_id = row.id, row.community_id
    person_id = actor.require_facilitator(community_id)
    prepared = prepare(community_id, import_id)
    with transaction(lock=[Lock(Community, community_id), Lock(RollImport, import_id)]) as tx:
        row = tx.session.get_one(RollImport, import_id, populate_existing=True)
        if row.state != "ready":
            raise Conflict(phrase("This import is not waiting for a confirmation."))
        newer = tx.session.scalar(
            select(func.count())
            .select_from(RollImport)
            .where(RollImport.community_id == community_id, RollImport.applied_at > row.at)
        )
        if newer:
            raise Conflict(phrase("Another file was applied meanwhile. Send this one again to compare it anew."))
        ended = apply(tx, prepared, gone=gone)
        row.state, row.applied_at = "applied", tx.now
        record_event(
            tx,
            "roll.imported",
            community_id=community_id,
            person_id=person_id,
            data={"import": row.public_id, "file": row.file_sha256, "gone": ended},
            public={"added": row.added, "changed": row.changed, "digest": row.digest},
        )


def drop(actor: Actor, import_public_id: str) -> None:
    """Set an import aside."""
    with transaction() as tx:
        row = tx.session.scalar(select(RollImport).where(RollImport.public_id == import_public_id))
        if row is None:
            raise NotFound
        actor.require_facilitator(row.community_id)
        if row.state == "applied":
            raise Conflict(phrase("This import was applied already."))
        row.state = "dropped"


def import_file(actor: Actor, community_id: int, data: bytes, filename: str) -> RollImport:
    """Receive and read a spreadsheet at once: for the command line and the demonstration."""
    public_id = receive(actor, community_id, data, filename)
    with transaction() as tx:
        row = tx.session.scalars(select(RollImport).where(RollImport.public_id == public_id)).one()
        import_id = row.id
    read_job(Claim(0, "roll.read", {"import": import_id}))
    return find(public_id)


def find(public_id: str) -> RollImport:
    """An import by its public id."""
    row = db.session.scalar(select(RollImport).where(RollImport.public_id == public_id))
    if row is None:
        raise NotFound
    return row
