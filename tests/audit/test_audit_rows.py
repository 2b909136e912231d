"""Rows taken away and rows put in, of each table that the log speaks of."""

from __future__ import annotations

import pytest

from app.core.ids import new_public_id
from app.engine.canonical import canon, channel_mark, commitment, opening, text_hash
from tests.audit.place import changed, deleted, found, inserted, look, rows_of
from tests.ballots.world import World

OURS = "community_id = (select id from community where slug = 'ziteng')"
GONE = (
    ("event", f"{OURS} and project_id is not null"),
    ("project", "1=1"),
    ("step_run", "1=1"),
    ("activity_run", "1=1"),
    ("gate_waiver", "1=1"),
    ("sign_off", "1=1"),
    ("decision", "1=1"),
    ("text_version", "1=1"),
    ("poll", "1=1"),
    ("roll_entry", "1=1"),
    ("slot", "1=1"),
    ("ballot", "1=1"),
    ("ballot_batch", "1=1"),
    ("objection", "1=1"),
    ("record", "1=1"),
)


@pytest.mark.parametrize(("table", "where"), GONE, ids=[table for table, _ in GONE])
def test_a_row_that_was_deleted_is_missed(town: World, table: str, where: str) -> None:
    for row in rows_of(town, table, where)[-3:]:
        with deleted(town, table, row):
            assert look(town).finding is not None, row
    assert look(town).finding is None


@pytest.mark.parametrize(
    "table", ["ballot", "objection", "poll", "record", "event", "sign_off", "slot", "text_version"]
)
def test_a_row_that_was_put_in_is_not_believed(town: World, table: str) -> None:
    row = {**rows_of(town, table)[-1], "id": 90_000}
    if "public_id" in row:
        row["public_id"] = new_public_id()
    spare = rows_of(town, "slot", "id not in (select slot_id from ballot)")[-1]
    other = {
        "ballot": {"slot_id": spare["id"], "poll_id": spare["poll_id"], "commitment": "ab" * 32},
        "objection": {"ballot_id": rows_of(town, "ballot", "stance = 'consent'")[0]["id"]},
        "poll": {"attempt": 9},
        "record": {"number": 9, "step_run_id": 90_000},
        "slot": {"code": "ab" * 16},
        "text_version": {"number": 9, "text": "别的话。", "text_hash": text_hash("别的话。")},
    }
    with inserted(town, table, {**row, **other.get(table, {})}):
        assert look(town).finding is not None


def test_a_ballot_stuffed_into_an_empty_slot_is_in_no_batch(town: World) -> None:
    """Whole in itself, commitment and all, and put into a batch: the log's entry of that batch has it not."""
    poll = rows_of(town, "poll", "settled_at is null")[0]
    spare = rows_of(town, "slot", f"poll_id = {poll['id']} and id not in (select slot_id from ballot)")[0]
    choice, nonce = {"stance": "consent"}, bytes(32)
    mark = channel_mark("web", "", "", nonce)
    body = {"poll": poll["public_id"], "slot": spare["code"], "seq": 1, "choice": choice, "by": mark}
    row = {
        **rows_of(town, "ballot", f"poll_id = {poll['id']}")[0],
        "id": 90_000,
        "public_id": new_public_id(),
        "poll_id": poll["id"],
        "slot_id": spare["id"],
        "stance": "consent",
        "choice": canon(choice).decode(),
        "seq": 1,
        "supersedes_id": None,
        "live": True,
        "nonce": nonce,
        "commitment": commitment(body, opening(nonce)).hex(),
    }
    with inserted(town, "ballot", row):
        finding = found(town)
    assert (finding.table, finding.field) == ("ballot_batch", "size")


def test_a_ballot_exchanged_for_another_is_not_the_one_that_was_cast(town: World) -> None:
    """Choice, stance and commitment written anew, in agreement: the log sealed the old commitment."""
    poll = rows_of(town, "poll", "settled_at is null")[0]
    row = rows_of(town, "ballot", f"poll_id = {poll['id']}")[0]
    slot = rows_of(town, "slot", f"id = {row['slot_id']}")[0]
    choice = {"stance": "abstain"}
    mark = channel_mark("web", "", "", row["nonce"])
    body = {"poll": poll["public_id"], "slot": slot["code"], "seq": row["seq"], "choice": choice, "by": mark}
    bound = commitment(body, opening(row["nonce"]))
    with changed(town, "ballot", row, stance="abstain", choice=canon(choice).decode(), commitment=bound.hex()):
        finding = found(town)
    assert (finding.table, finding.field) == ("ballot_batch", "ballots")


def test_a_record_with_a_new_body_and_hash_is_not_the_one_in_the_log(town: World) -> None:
    row = rows_of(town, "record")[-1]
    body = row["body"].replace('"opened_at":1', '"opened_at":2')
    with changed(town, "record", row, body=body):
        assert (found(town).table, found(town).row, found(town).field) == ("record", row["public_id"], "body")


def test_a_finding_tells_nobodys_choice(town: World) -> None:
    """Who reads the console may not read the ballots there."""
    for row in rows_of(town, "ballot"):
        with changed(town, "ballot", row, choice=canon({"stance": "abstain", "concern": "秘密"}).decode()):
            said = str(found(town))
        assert row["public_id"] in said
        assert not any(word in said for word in ("秘密", "consent", "abstain", "objection", "concern"))
