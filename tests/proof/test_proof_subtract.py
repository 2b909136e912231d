"""Two publications laid side by side must not tell a vote: before and after one more ballot, page against bundle."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import service, standings, told
from app.ballots.models import Poll, Slot, SlotLink
from app.ballots.put import put_ballot
from app.core.transaction import transaction
from app.engine.canonical import canon, channel_mark, commitment, opening, receipt_code
from app.engine.voting.publish import LEAST_ROWS, may_publish
from app.proof import checkpoints
from tests.ballots.world import World
from tests.proof.bundles import Files, apart, built, lines, voted

EN = {"Accept-Language": "en"}
PAGES = ("", "/result", "/check", "/notice", "/turnout", "/turnout.json")


def seen(world: World, client: FlaskClient, poll: str) -> dict[str, str]:
    """All that somebody who isn't signed in is shown of a vote, and of the log."""
    found = {page: client.get(f"/c/{world.slug}/poll/{poll}{page}", headers=EN).text for page in PAGES}
    found["log"] = client.get(f"/c/{world.slug}/log", headers=EN).text
    return found


def test_one_more_ballot_while_open_changes_no_page_nor_the_log(world: World, client: FlaskClient) -> None:
    poll = world.open()
    with world.here():
        checkpoints.make(world.community_id)
    before = seen(world, client, poll)
    for who, stance in enumerate(("consent", "abstain", "consent", "abstain")):
        world.cast(who, poll, stance)
        with world.here():
            service.seal_due()
            checkpoints.make(world.community_id)
        assert seen(world, client, poll) == before, who


def test_a_batch_tells_neither_order_nor_stance(world: World) -> None:
    files = apart(built(world, voted(world)))
    for row in lines(files, "log.jsonl"):
        if row["kind"] == "ballots.sealed":
            assert row["commitments"] == sorted(row["commitments"])
            assert set(row) == {"kind", "event", "poll", "batch", "commitments", "seq", "at"}
    rows = [row["commitment"] for row in lines(files, "ballots.jsonl")]
    assert rows == sorted(rows)


def opened(files: Files) -> list[dict[str, Any]]:
    return [row["ballot"] for row in lines(files, "ballots.jsonl") if "ballot" in row]


def test_an_opened_ballot_tells_neither_channel_nor_sheet_nor_helper(world: World) -> None:
    """Four online, one on paper, one with help: a channel of one would name its voter."""
    poll = world.open()
    for who in range(4):
        world.cast(who, poll, "abstain" if who else "consent")
    with world.here(), transaction() as tx:
        row = tx.session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        taken = {
            place.slot.id
            for who in range(4)
            if (place := standings.standing_of(world.residents[who], row)) and place.slot
        }
        free = tx.session.execute(
            select(Slot.id, Slot.code).join(SlotLink, SlotLink.slot_id == Slot.id).where(Slot.poll_id == row.id)
        ).all()
        left = [slot for slot in free if slot.id not in taken]
        more = ({"channel": "paper", "serial": "A-0001"}, {"channel": "assisted", "helper": "王师傅"})
        for slot, how in zip(left, more, strict=True):
            put_ballot(tx, row, slot.id, slot.code, {"stance": "abstain"}, None, **how)
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    files = apart(built(world, poll))
    bodies = opened(files)
    assert len(bodies) == 6
    assert {frozenset(body) for body in bodies} == {frozenset({"poll", "slot", "seq", "choice", "by"})}
    whole = b"".join(files.values())
    for word in ("A-0001", "王师傅", "assisted"):
        assert word.encode() not in whole.replace(files["verify.py"], b"")


def test_the_published_nonce_does_not_open_the_channel() -> None:
    secret = bytes(range(32))
    mark = channel_mark("paper", "A-0001", "", secret)
    for guess in (opening(secret), bytes(32), secret[::-1]):
        assert channel_mark("paper", "A-0001", "", guess) != mark
    body = {"poll": "p", "slot": "s", "seq": 1, "choice": {"stance": "yes"}, "by": mark}
    assert commitment(body, opening(secret)) == commitment(json.loads(canon(body)), opening(secret))


def test_replaced_ballots_are_never_opened(world: World) -> None:
    """What a household said before it changed its mind is its own, on the page and in the bundle."""
    poll = world.open()
    for who in range(6):
        world.cast(who, poll, "abstain" if who else "consent")
    world.cast(1, poll, "concern", concern="我起初担心的是夜里的灯光")
    world.cast(1, poll, "abstain")
    world.close(poll)
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    files = apart(built(world, poll))
    assert "夜里的灯光".encode() not in b"".join(files.values())
    assert {row["counts"] for row in lines(files, "ballots.jsonl") if "ballot" not in row} == {False}


@pytest.mark.parametrize("mode", ["B", "C"])
def test_identified_and_unlinked_votes_publish_totals_only(world: World, client: FlaskClient, mode: str) -> None:
    world.households(6)
    world.start('rule = "consent", electorate = "household"')
    poll = world.announce()
    with world.here(), transaction() as tx:
        # Announced as such by what other packages know of; here by hand, log and row alike.
        tx.session.connection().execute(Poll.__table__.update().where(Poll.public_id == poll).values(mode=mode))
    world.clock.advance(48 * 3_600_000)
    if mode == "B":
        for who in range(12):
            world.cast(who, poll, "abstain" if who % 2 else "consent")
        world.cast(0, poll, "concern", concern="请留意夜里的灯光")
        world.close(poll)
        with world.here() as session:
            service.settle_due()
            row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
            assert told.concerns_of(row, world.clock.now()) == []
            assert told.objections_of(row, world.clock.now()) == []
        pages = seen(world, client, poll)
        assert not any("夜里的灯光" in page for page in pages.values())
        here = f"/c/{world.slug}/poll/{poll}/rows"
        assert client.get(here).status_code in (302, 303)
        world.sign_in(client, 0)
        page = client.get(here, headers=EN)
        assert page.status_code == 200
        assert "89.5" in page.text
        assert not re.search(r"6号楼|101室", page.text.split("<main")[1].split("</main")[0])
    counts = {"consent": 40, "abstain": 40}
    assert not may_publish("openings", mode=mode, closed=True, counts=counts)
    assert not may_publish("words", mode=mode, closed=True, counts=counts)
    assert may_publish("headline", mode=mode, closed=True, counts=counts)


def test_openings_follow_the_rows_of_mode_a() -> None:
    for mode in "ABC":
        for counts in ({"a": 4, "b": 1}, {"a": 3, "b": 1}, {"a": 50, "b": 0}, {}):
            rows = may_publish("rows", mode=mode, closed=True, counts=counts)
            opens = may_publish("openings", mode=mode, closed=True, counts=counts)
            assert opens == (rows and mode == "A")
            assert not may_publish("openings", mode=mode, closed=False, counts=counts)
    assert LEAST_ROWS["A"] == 5


def test_a_receipt_leads_to_no_content_before_the_close_or_in_a_small_vote(world: World, client: FlaskClient) -> None:
    poll = voted(world, stances="ccca", change=False)
    files = apart(built(world, poll))
    codes = [receipt_code(bytes.fromhex(row["commitment"])) for row in lines(files, "ballots.jsonl")]
    pages = {re.sub(code, "", client.get(f"/c/{world.slug}/poll/{poll}/check?code={code}").text) for code in codes}
    assert len({re.sub(r"<form.*?</form>", "", page, flags=re.S) for page in pages}) == 1
