"""The log cut, stretched, reordered and written anew: what shows by itself, and what only a root noted outside shows."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest

from app.audit import log as audit_log
from app.audit.verify import head
from app.core.events import record_event
from app.core.transaction import transaction
from app.engine.canonical import canon
from app.engine.merkle import root
from tests.audit.place import Row, changed, deleted, found, inserted, look, rows_of
from tests.ballots.world import World

OURS = "community_id = (select id from community where slug = 'ziteng')"


def entries(world: World) -> list[Row]:
    """The rows of the log, in order."""
    return sorted(rows_of(world, "log", OURS), key=lambda row: int(row["seq"]))


def with_body(row: Row, **more: Any) -> str:
    """A row's body with other values, canonical."""
    return canon({**json.loads(row["body"]), **more}).decode()


def the_head(world: World) -> Row:
    return rows_of(world, "log_head", OURS)[0]


def noted(world: World) -> tuple[int, str]:
    """What a careful neighbour writes down of the log as it stands."""
    with world.here():
        return head(world.slug)


@pytest.mark.parametrize("at", [0, 5, -1])
def test_an_entry_that_was_deleted_leaves_a_gap(town: World, at: int) -> None:
    rows = entries(town)
    with deleted(town, "log", rows[at]):
        finding = found(town)
    assert finding.table in ("log", "event")
    assert "entry" in str(finding)
    if at != -1:
        assert (finding.table, finding.row, finding.field) == ("log", f"entry {rows[at]['seq']}", "seq")


@pytest.mark.parametrize("many", [1, 4])
def test_a_log_that_was_cut_lacks_the_entries_of_its_events(town: World, many: int) -> None:
    rows, last = entries(town), the_head(town)
    with deleted(town, "log", *rows[-many:]), changed(town, "log_head", last, size=len(rows) - many):
        finding = found(town)
    assert (finding.table, finding.field) == ("event", "hash")
    with deleted(town, "log", *rows[-many:]):
        assert found(town).table == "event"


def test_an_entry_put_in_has_no_event(town: World) -> None:
    rows, last = entries(town), the_head(town)
    size = len(rows)
    more = {**rows[-1], "id": 90_000, "seq": size, "body": with_body(rows[-1], seq=size, event="ab" * 32)}
    with inserted(town, "log", more):
        assert found(town).row == f"entry {size}"
        with changed(town, "log_head", last, size=size + 1):
            finding = found(town)
    assert (finding.table, finding.row, finding.field) == ("log", f"entry {size}", "event")


def test_an_entry_that_is_there_twice_has_one_event(town: World) -> None:
    rows, last = entries(town), the_head(town)
    size = len(rows)
    again = {**rows[3], "id": 90_000, "seq": size, "body": with_body(rows[3], seq=size)}
    with inserted(town, "log", again), changed(town, "log_head", last, size=size + 1):
        assert found(town).row == f"entry {size}"


def test_two_entries_that_changed_places_carry_the_wrong_numbers(town: World) -> None:
    first, second = entries(town)[4:6]
    bodies = first["body"], second["body"]
    with changed(town, "log", first, body=bodies[1]), changed(town, "log", second, body=bodies[0]):
        assert (found(town).table, found(town).row) == ("log", f"entry {first['seq']}")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "other"}, "kind"),
        ({"at": 1}, "at"),
        ({"event": "ab" * 32}, "hash"),
        ({"event": 7}, "body"),
        ({"seq": 999}, "body"),
        ({"n": 2**60}, "body"),
    ],
)
def test_an_entry_of_which_a_part_was_changed(town: World, more: dict[str, Any], field: str) -> None:
    row = entries(town)[6]
    body = json.dumps({**json.loads(row["body"]), **more}, sort_keys=True, separators=(",", ":"))
    with changed(town, "log", row, body=body):
        finding = found(town)
    assert finding.field == field
    assert "entry 6" in str(finding)


@pytest.mark.parametrize("change", [lambda body: f"{body} ", lambda body: f" {body}", lambda body: "[]", lambda _: ""])
def test_an_entry_in_another_form_is_not_as_it_was_stored(town: World, change: Any) -> None:
    row = entries(town)[6]
    with changed(town, "log", row, body=change(row["body"])):
        assert (found(town).row, found(town).field) == ("entry 6", "body")


def test_what_an_announcement_published_is_compared_with_the_poll(town: World) -> None:
    row = next(row for row in entries(town) if "poll.announced" in row["body"])
    for key, value in {"text": "ab" * 32, "roll_size": 5, "closes": 1, "threshold": "1/3"}.items():
        with changed(town, "log", row, body=with_body(row, **{key: value})):
            assert f"entry {row['seq']}" in str(found(town)), key


@pytest.mark.parametrize("key", ["cast", "counts", "ballots", "closed"])
def test_what_a_close_published_is_counted_again(town: World, key: str) -> None:
    row = next(row for row in entries(town) if "poll.closed" in row["body"])
    said = json.loads(row["body"])[key]
    other = {"cast": 4, "counts": {**said, "abstain": 1} if key == "counts" else 0, "ballots": "ab" * 32, "closed": 1}
    with changed(town, "log", row, body=with_body(row, **{key: other[key]})):
        finding = found(town)
    assert finding.table == "poll"
    assert key in finding.field
    assert f"entry {row['seq']}" in finding.expected


def test_a_head_that_says_another_size(town: World) -> None:
    last = the_head(town)
    with changed(town, "log_head", last, size=last["size"] - 1):
        assert (found(town).table, found(town).field) == ("log_head", "size")
    with deleted(town, "log_head", last):
        assert found(town).table == "log_head"


def test_entries_that_changed_places_with_new_numbers_show_against_a_root_noted_outside(town: World) -> None:
    """Whoever may write everything can write a whole log that agrees with itself. Not with what others wrote down."""
    before = noted(town)
    first, second = entries(town)[4:6]
    bodies = with_body(second, seq=first["seq"]), with_body(first, seq=second["seq"])
    with changed(town, "log", first, body=bodies[0]), changed(town, "log", second, body=bodies[1]):
        assert look(town).finding is None
        assert found(town, before).field == "body"
        assert before[1] in str(found(town, before))
    assert look(town, before).finding is None


def test_an_old_copy_put_back_shows_against_a_root_noted_outside(town: World) -> None:
    before = noted(town)
    rows, last = entries(town), the_head(town)
    newest = sorted(rows_of(town, "event", OURS), key=lambda row: int(row["id"]))[-1]
    with ExitStack() as stack:
        # The last thing that happened was the sealing of the open round: all of it goes.
        batch = rows_of(town, "ballot_batch")[-1]
        for ballot in rows_of(town, "ballot", f"batch_id = {batch['id']}"):
            stack.enter_context(changed(town, "ballot", ballot, batch_id=None))
        stack.enter_context(deleted(town, "ballot_batch", batch))
        stack.enter_context(deleted(town, "log", rows[-1]))
        stack.enter_context(deleted(town, "event", newest))
        stack.enter_context(changed(town, "log_head", last, size=len(rows) - 1))
        assert look(town).finding is None
        finding = found(town, before)
    assert (finding.table, finding.row) == ("log", f"entry {len(rows) - 1}")
    assert str(len(rows)) in finding.expected


def test_a_log_that_grew_still_begins_as_was_noted(town: World) -> None:
    bodies = [row["body"].encode() for row in entries(town)]
    heads = [(size, root(bodies[:size]).hex()) for size in range(len(bodies) + 1)]
    assert look(town, *heads).finding is None
    assert found(town, *heads[:-1], (len(bodies), "ab" * 32)).table == "log"
    assert found(town, (0, "ab" * 32)).table == "log"


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_a_log_longer_than_a_chunk(town: World, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = look(town)
    monkeypatch.setattr(audit_log, "CHUNK", chunk)
    assert (look(town).size, look(town).root) == (whole.size, whole.root)
    row = entries(town)[-2]
    with changed(town, "log", row, body=row["body"] + " "):
        assert found(town).row == f"entry {row['seq']}"


def test_too_many_that_wait_end_the_pass(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log whose hashes were all written anew doesn't fill the memory."""
    monkeypatch.setattr(audit_log, "CHUNK", 4)
    monkeypatch.setattr(audit_log, "MOST_WAITING", 2)
    with ExitStack() as stack:
        for row in entries(town)[:12]:
            stack.enter_context(changed(town, "log", row, body=with_body(row, event=f"{row['seq']:064x}")))
        assert "entry 0" in str(found(town))


def test_events_in_another_order_than_their_entries_are_matched(town: World) -> None:
    """On PostgreSQL an event's number is drawn before its place in the log: two commands at once may cross."""
    rows = rows_of(town, "event", "kind = 'poll.announced'")
    first, second = rows[-2:]
    with changed(town, "event", first, id=-1), changed(town, "event", second, id=-2):
        assert look(town).finding is None


def test_another_communitys_log_is_its_own(town: World) -> None:
    with town.here(), transaction() as tx:
        other = rows_of(town, "community", "slug = 'guixiang'")[0]["id"]
        record_event(tx, "a", community_id=other)
    row = rows_of(town, "log", f"community_id = {other}")[-1]
    with changed(town, "log", row, body="{}"):
        assert look(town).finding is None
