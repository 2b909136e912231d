"""A sheet that was entered wrongly is read anew while the count of owners is under notice: count, audit and bundle."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.audit.ballots import Ends, check_ballots
from app.audit.finding import Wrong
from app.audit.log import read_log
from app.ballots import counts
from app.ballots import service as ballots
from app.ballots.models import Ballot, Batch, Poll
from app.core.clock import DAY, FixedClock
from app.core.events import LogEntry
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid
from app.paper import service
from app.proof import checkpoints
from tests.audit.place import changed, look, rows_of
from tests.ballots.owners import each_owns, opened, result
from tests.ballots.world import World, build, send
from tests.paper.desk import Desk, add_staff
from tests.proof.bundles import apart, built, failure, lines, together, with_lines

OWNERS = 'rule = "owners", electorate = "owner", paper = "last"'
WHY = "102的纸上勾的是不同意，录入时看错了。"


@pytest.fixture
def counted(app: Flask, clock: FixedClock) -> Desk:
    """Six owners: two on the screen, three on paper of which one was read wrongly, one sheet spoilt; preliminary."""
    world = build(app, clock)
    world.start(OWNERS, title="平台改用途")
    each_owns(world)
    poll = opened(world, "use_funds")
    desk = Desk(world, poll, [world.facilitator, *add_staff(world)])
    with world.here():
        service.issue(world.facilitator, poll, count=5)
    for who in (0, 5):
        world.cast(who, poll, "yes")
    for number, room in ((1, "6-102"), (2, "6-103"), (3, "6-104")):
        desk.both(number, room)
    desk.both(4, choice="9")
    world.close(poll)
    rooms = {desk.serial(number): f"6-10{number + 1}" for number in (1, 2, 3)}
    for serial in desk.sample():
        assert desk.compare(serial, rooms[serial])
    with world.here():
        assert ballots.settle_due() == 1
        checkpoints.make(world.community_id)
    assert look(world).finding is None
    return desk


def reopen(desk: Desk, number: int, why: str = WHY) -> None:
    with desk.world.here():
        service.reopen(desk.staff[0], desk.poll, desk.serial(number), why)


def bundle(desk: Desk) -> dict[str, bytes]:
    """The bundle as the log stands; it holds, and so does the audit."""
    with desk.world.here():
        checkpoints.make(desk.world.community_id)
    files = apart(built(desk.world, desk.poll))
    assert failure(together(files)) == ("", "", {})
    assert look(desk.world).finding is None
    return files


def corrected(desk: Desk) -> None:
    reopen(desk, 1)
    assert desk.both(1, "6-102", "2") == "valid"


def finalise(desk: Desk) -> None:
    desk.world.clock.advance(7 * DAY)
    with desk.world.here():
        counts.finalise(desk.staff[0], desk.poll)


def test_a_correction_is_in_the_final_count_and_all_verifies(counted: Desk) -> None:
    desk, world = counted, counted.world
    reopen(desk, 1)
    assert look(world).finding is None
    assert result(world, desk.poll).tally.counts["yes"] == 5  # what it said counts until two agree
    world.clock.advance(7 * DAY)
    with world.here(), pytest.raises(Conflict, match="read anew"):
        counts.finalise(desk.staff[0], desk.poll)
    world.clock.advance(-7 * DAY)
    assert desk.enter(0, 1, "6-102", "2") == "again"
    assert desk.enter(1, 1, "6-102", "2") == "valid"
    files = bundle(desk)
    assert json.loads(files["result.json"])["counts"]["yes"] == 5  # preliminary still
    reopen(desk, 4)
    assert desk.both(4, "6-105") == "valid"  # it could be read after all
    finalise(desk)
    files = bundle(desk)
    said = json.loads(files["result.json"])
    assert (said["counts"], said["cast"]) == ({"yes": 5, "no": 1, "abstain": 0}, 6)
    found = result(world, desk.poll)
    assert [line.msgid[:10] for line in counts.changed_since(found)] == ["%(stance)s"]
    with world.here() as session:
        final = next(
            body for body in map(json.loads, session.scalars(select(LogEntry.body))) if body["kind"] == "count.final"
        )
    assert final["changed"] == ["no"]
    with pytest.raises(Closed):
        reopen(desk, 1)


def test_a_sheet_counted_is_never_made_nothing_and_no_other_ballot_is_replaced(counted: Desk) -> None:
    desk = counted
    reopen(desk, 1)
    desk.enter(0, 1, choice="9")
    with pytest.raises(Conflict, match="inspectors"):
        desk.enter(1, 1, choice="9")
    reopen(desk, 4)
    assert desk.both(4, "6-101", "2") == "overtaken"  # 101 said something on the screen, which was counted
    assert desk.enter(2, 1, "6-102") == "differs"
    assert look(desk.world).finding is None


def test_who_may_and_when(counted: Desk) -> None:
    desk = counted
    with pytest.raises(Invalid):
        reopen(desk, 1, "错")
    with desk.world.here(), pytest.raises(Forbidden):
        service.reopen(desk.world.residents[0], desk.poll, desk.serial(1), WHY)
    with pytest.raises(Conflict):
        reopen(desk, 5)  # never in the box
    with pytest.raises(Closed):
        desk.enter(0, 5, "6-105")
    with pytest.raises(Invalid):
        desk.enter(2, 1, "6-102")
    with desk.world.here(), transaction() as tx:
        tx.session.execute(update(Poll).values(matter={}))  # as a vote has it that others than owners are asked
    with pytest.raises(Closed):
        reopen(desk, 1)


def test_a_ballot_sealed_after_the_close_without_a_sheet_read_anew_is_found(counted: Desk) -> None:
    """Whoever owns the server could add one with an entry and all: audit and bundle ask for the sheet."""
    desk, world = counted, counted.world
    corrected(desk)
    finalise(desk)
    files = bundle(desk)
    ballots_ = lines(files, "ballots.jsonl")
    assert [row["counted"] for row in ballots_ if "counted" in row] == [True]
    for changes in ({"counted": None}, {"counts": True}):
        other = [{**row, **(changes if "counted" in row else {})} for row in ballots_]
        other = [{key: value for key, value in row.items() if value is not None} for row in other]
        assert failure(together(with_lines(files, "ballots.jsonl", other)))[0] in ("ballots", "close")
    for key, value in (("counts", {"yes": 5, "no": 0, "abstain": 0}), ("cast", 4)):
        said = {**json.loads(files["result.json"]), key: value}
        wrong = {**files, "result.json": json.dumps(said, sort_keys=True, separators=(",", ":")).encode() + b"\n"}
        assert failure(together(wrong))[0] == "count"
    with world.here() as session:
        log, row = read_log(world.community_id), session.execute(select(Poll.__table__)).one()
        closed, final = (log.by(kind, "poll")[desk.poll] for kind in ("poll.closed", "count.final"))
        with pytest.raises(Wrong, match="before the close"):
            check_ballots(row, Ends(closed, final, {}).with_late(row), {})
    sheet = rows_of(world, "paper_sheet", "number = 1")[0]
    with changed(world, "paper_sheet", sheet, turn=1):
        assert look(world).finding is not None
    poll = rows_of(world, "poll")[-1]
    assert poll["tally"]["final_areas"] != poll["tally"]["areas"]
    with changed(world, "poll", poll, tally={**poll["tally"], "final_areas": poll["tally"]["areas"]}):
        finding = look(world).finding
        assert finding is not None
        assert (finding.table, finding.field) == ("poll", "tally")


def test_the_final_count_is_read_when_the_links_have_ended(counted: Desk) -> None:
    from app.proof.links import delete_due

    corrected(counted)
    finalise(counted)
    before = result(counted.world, counted.poll).tally
    with counted.world.here() as session:
        assert delete_due(0) == 1
        assert session.scalars(select(Poll.links_deleted_at)).all()[-1] is not None
        assert session.scalars(select(Batch.number).order_by(Batch.number.desc())).first() == 2
        assert session.scalars(select(Ballot.id).where(Ballot.live)).all()
    assert result(counted.world, counted.poll).tally == before
    assert look(counted.world).finding is None


def test_on_the_page_of_the_sheet(counted: Desk, client: FlaskClient) -> None:
    world: World = counted.world
    url = f"/c/{world.slug}/poll/{counted.poll}/paper/sheet/{counted.serial(1)}"
    world.sign_in(client, world.facilitator)
    assert "Read it anew" in client.get(f"{url}?lang=en").text or "重新" in client.get(url).text
    assert send(client, url, {"reason": ""}).status_code == 422
    assert send(client, url, {"reason": WHY}).status_code == 303
    assert counted.sheet(1).state == "returned"
    assert "/paper/entry" in client.get(f"/c/{world.slug}/poll/{counted.poll}/paper").text
    assert 'name="reason"' not in client.get(url).text
    assert send(client, url, {"reason": WHY}).status_code == 409
