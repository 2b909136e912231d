"""Votes of before: announced with fewer words, each ballot told by an event of its own and bound in the form of that time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from app.ballots import service
from app.ballots.early import early_body
from app.ballots.models import Ballot, Decision, Poll, RollEntry, Slot
from app.ballots.rolls import root_of
from app.core.events import Event, LogEntry, event_hash, record_event
from app.core.transaction import transaction
from app.engine.canonical import canon, commitment
from app.proof import checkpoints
from tests.audit.place import changed, look, rows_of
from tests.ballots.world import OBJECTION, World
from tests.proof.bundles import apart, built, failure, lines, together

SINCE = ("title", "electorate", "mode", "paper", "prolong_days", "roll")


def announced(world: World) -> str:
    """A vote that was announced by the program of before, and is open."""
    name = world.open()
    with world.here(), transaction() as tx:
        poll = tx.session.scalars(select(Poll).where(Poll.public_id == name)).one()
        decision = tx.session.get_one(Decision, poll.decision_id)
        later = ("paper", "prolong_days", "handle_days", "narrow")
        policy = {key: value for key, value in decision.policy.items() if key not in later}
        entries = tx.session.scalars(select(RollEntry).where(RollEntry.poll_id == poll.id).order_by(RollEntry.id)).all()
        root = root_of([[entry.label, entry.heads, entry.area] for entry in entries], 1)
        tx.session.execute(update(Decision).values(policy=policy))
        tx.session.execute(update(Poll).values(roll_root=root))
        tx.session.execute(update(RollEntry).values(unit_key=None))
        event = tx.session.scalars(select(Event).where(Event.kind == "poll.announced")).one()
        event.data = {"title": event.data["title"]}
        for seq, text in tx.session.execute(select(LogEntry.seq, LogEntry.body)).all():
            body = json.loads(text)
            if body["kind"] == "poll.announced":
                told = {key: value for key, value in body.items() if key not in SINCE}
                told |= {"roll_root": root, "event": event_hash(event)}
                tx.session.execute(update(LogEntry).where(LogEntry.seq == seq).values(body=canon(told).decode()))
    return name


def cast(world: World, who: int, name: str, **words: Any) -> None:
    """A ballot as the program of before wrote it."""
    known = {row["id"] for row in rows_of(world, "ballot")}
    world.cast(who, name, **words)
    with world.here(), transaction() as tx:
        row = tx.session.scalars(select(Ballot).where(Ballot.id.not_in(known))).one()
        code = tx.session.scalars(select(Slot.code).where(Slot.id == row.slot_id)).one()
        poll = tx.session.get_one(Poll, row.poll_id)
        bound = commitment(early_body(name, code, row.seq, json.loads(row.choice)), row.nonce).hex()
        tx.session.execute(update(Ballot).where(Ballot.id == row.id).values(commitment=bound))
        record_event(
            tx,
            "ballot.cast",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"poll": name, "commitment": bound},
            public={"poll": name},
        )


@pytest.fixture
def before(world: World) -> str:
    """Such a vote; two of its ballots were cast after the upgrade. It is closed."""
    poll = announced(world)
    for who, words in enumerate(({"stance": "abstain"}, {}, {}, OBJECTION)):
        cast(world, who, poll, **words)
    cast(world, 0, poll)
    world.cast(4, poll)
    world.cast(1, poll, "abstain")
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    return poll


def test_it_is_sound_and_its_bundle_verifies(world: World, before: str) -> None:
    report = look(world)
    assert (report.finding, report.ballots) == (None, 7)
    files = apart(built(world, before))
    assert failure(together(files)) == ("", "", {})
    opened = [row["ballot"] for row in lines(files, "ballots.jsonl") if "ballot" in row]
    assert sorted("by" in ballot for ballot in opened) == [False] * 3 + [True] * 2


def test_what_was_changed_in_it_is_found(world: World, before: str) -> None:
    rows = rows_of(world, "ballot")
    early, late = rows[2], rows[5]
    other = canon({"stance": "concern", "concern": "不"}).decode()
    for row in (early, late):
        with changed(world, "ballot", row, choice=other, stance="concern"):
            assert getattr(look(world).finding, "field", "") == "commitment"
    bound = commitment(early_body(before, "x", 1, {"stance": "consent"}), early["nonce"]).hex()
    with changed(world, "ballot", early, commitment=bound):
        assert getattr(look(world).finding, "field", "") == "commitment"
    event = rows_of(world, "event", "kind = 'ballot.cast'")[0]
    data = json.loads(event["data"]) if isinstance(event["data"], str) else event["data"]
    with changed(world, "event", event, data={**data, "commitment": bound}):
        assert look(world).finding is not None
    assert look(world).finding is None
