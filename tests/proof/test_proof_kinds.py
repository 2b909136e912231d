"""Bundles of every kind of vote: each holds, and one byte changed in the part that is its own fails by that part's check."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import counts, service
from app.ballots.models import Objection, Poll
from app.core.clock import DAY, HOUR, FixedClock
from app.engine.canonical import receipt_code
from app.objections import service as desk_of_objections
from app.objections.models import Seat
from app.paper import service as paper
from app.projects import service as projects
from app.proof import checkpoints, rows, verify
from tests.audit.place import look
from tests.ballots import world as votes
from tests.ballots.owners import SETTINGS as OWNERS
from tests.ballots.owners import area, each_owns, opened
from tests.ballots.world import CONSENT, OBJECTION, TEXT, World
from tests.paper.desk import build_desk
from tests.proof.bundles import Files, apart, built, failure, lines, together

WHY = "防水去年已经重做过，验收单在物业那里，漏水的事不会再有，这条反对意见站不住脚，请大家看看。"
SECRET = 'rule = "majority", electorate = "household", secret = true'


def bundle(world: World, poll: str) -> Files:
    """The bundle of a poll as the log stands now; it holds, and so does the audit."""
    with world.here():
        service.settle_due()
        checkpoints.make(world.community_id)
    files = apart(built(world, poll))
    assert failure(together(files)) == ("", "", {})
    assert look(world).finding is None
    return files


def changed(files: Files, name: str, old: str, new: str, at: int = 0) -> str:
    """The check that finds one byte, or one word, changed in a file."""
    data = files[name].decode()
    place = -1
    for _ in range(at + 1):
        place = data.index(old, place + 1)
    other = data[:place] + new + data[place + len(old) :]
    return failure(together({**files, name: other.encode()}))[0]


def result(files: Files) -> tuple[int, int, bool]:
    found = json.loads(files["result.json"])
    return found["cast"], found["standing"], found["passed"]


def test_a_prolonged_round(world: World) -> None:
    world.start(f"{CONSENT}, prolong_days = 3")
    poll = world.open()
    world.cast(0, poll)
    world.close(poll)
    with world.here():
        service.settle_due()
    for who, stance in enumerate(("consent", "consent", "abstain", "consent", "consent")):
        world.cast(who, poll, stance)
    world.clock.advance(3 * DAY)
    files = bundle(world, poll)
    assert result(files) == (5, 0, True)
    log = lines(files, "log.jsonl")
    until = next(row["until"] for row in log if row["kind"] == "poll.prolonged")
    assert next(row["closed"] for row in log if row["kind"] == "poll.closed") == until
    assert changed(files, "poll.json", '"prolong_days":3', '"prolong_days":4') == "announcement"
    assert changed(files, "log.jsonl", f'"until":{until}', f'"until":{until + 1}') == "checkpoints"
    assert changed(files, "log.jsonl", f'"closed":{until}', f'"closed":{until - 3 * DAY}') == "checkpoints"


def objected(world: World) -> tuple[str, str]:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    for who in range(1, 6):
        world.cast(who, poll, "abstain" if who == 5 else "consent")
    world.close(poll)
    with world.here() as session:
        return poll, session.scalars(select(Objection.public_id)).one()


def weigh(world: World, objection: str, *, stands: bool) -> None:
    """Somebody disagrees, three are drawn, and the panel says whether the objection stands."""
    lead = world.facilitator
    with world.here():
        desk_of_objections.disagree(world.residents[1], objection, WHY)
        for who in world.residents[2:7]:
            desk_of_objections.be_willing(who, objection)
    world.clock.advance(48 * HOUR)
    with world.here():
        desk_of_objections.close_list(lead, objection)
        desk_of_objections.draw(lead, objection, "4 1 2 3 5 6")
    with world.here() as session:
        people = set(session.scalars(select(Seat.person_id)))
    for who in [who for who in world.residents if who.person_id in people][:2]:  # two of three decide
        with world.here():
            desk_of_objections.say(who, objection, stands, WHY)


@pytest.mark.parametrize(("end", "standing"), [("concern", 0), ("withdrawn", 0), ("resolved", 1), ("answered", 1)])
def test_objections_in_every_state(world: World, end: str, standing: int) -> None:
    """What was weighed as a concern or withdrawn stands no more; what is answered is met by another round's text."""
    world.residents += [world.resident(f"{107 + n}") for n in range(2)]
    world.start()
    poll, objection = objected(world)
    assert result(bundle(world, poll)) == (6, 1, False)
    world.clock.advance(HOUR)
    if end == "concern":
        weigh(world, objection, stands=False)
    elif end == "withdrawn":
        with world.here():
            service.withdraw_objection(world.residents[0], poll)
    else:
        world.answer(TEXT + "\n三、先做防水。")
        if end == "resolved":
            with world.here():
                desk_of_objections.reply(world.residents[0], objection, True)
    files = bundle(world, poll)
    assert result(files) == (6, standing, standing == 0)
    assert changed(files, "result.json", f'"standing":{standing}', f'"standing":{1 - standing}') == "rule"
    word, other = ("true", "false") if standing == 0 else ("false", "true")
    assert changed(files, "result.json", f'"passed":{word}', f'"passed":{other}') == "rule"
    assert changed(files, "log.jsonl", objection, objection[::-1]) == "checkpoints"


@pytest.mark.parametrize(
    ("item", "noes", "passed"), [("use_funds", 1, False), ("use_funds", 0, True), ("common_parts", 1, False)]
)
def test_owners_by_heads_and_area_before_and_after_the_final_count(
    world: World, item: str, noes: int, passed: bool
) -> None:
    world.start(OWNERS, title="平台改用途")
    each_owns(world)
    area(world, "101", 40_000)
    poll = opened(world, item)
    for who in range(5):
        world.cast(who, poll, "no" if who < noes else "yes")
    world.close(poll)
    files = bundle(world, poll)
    assert result(files) == (5, 0, passed)
    assert not any("ballot" in row for row in lines(files, "ballots.jsonl"))
    areas = next(row["areas"] for row in lines(files, "log.jsonl") if row["kind"] == "poll.closed")
    assert sum(areas.values()) == 75_800
    with world.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        shown, _ = rows.of_poll(None, row, 1)
        assert sorted((item.area, item.stance) for item in shown)[-1] == (40_000, "no" if noes else "yes")
        assert len(shown) == 5
        world.clock.advance(int(row.matter["notice_days"]) * DAY)
        counts.finalise(world.facilitator, poll)
    final = bundle(world, poll)
    assert result(final) == (5, 0, passed)
    assert any(row["kind"] == "count.final" for row in lines(final, "log.jsonl"))
    for found in (files, final):
        word, other = ("true", "false") if passed else ("false", "true")
        assert changed(found, "result.json", f'"passed":{word}', f'"passed":{other}') == "rule"
        assert changed(found, "poll.json", '"roll_area":84750', '"roll_area":84751') == "announcement"
        assert changed(found, "log.jsonl", '"areas":{', '"areas":{ ') == "log"
        assert changed(found, "log.jsonl", str(areas["yes"]), str(areas["yes"] + 1)) == "checkpoints"


def test_paper_and_helped_ballots(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock)
    world, poll = desk.world, desk.poll
    for who in range(3):
        world.cast(who, poll, "consent" if who else "abstain")
    with world.here():
        paper.help_cast(desk.staff[1], poll, "6-104", {"stance": "consent"}, once="h", said=True)
    desk.both(1, "6-101")
    desk.take(2, 3)
    world.close(poll)
    desk.both(2, "6-105")
    desk.both(3, "6-106", "4")
    for serial in desk.sample():
        room = {desk.serial(1): "6-101", desk.serial(2): "6-105", desk.serial(3): "6-106"}[serial]
        assert desk.compare(serial, room, "4" if room == "6-106" else "1")
    files = bundle(world, poll)
    assert result(files)[0] == 6
    opened_rows = [row for row in lines(files, "ballots.jsonl") if "ballot" in row]
    assert len(opened_rows) == 6
    for row in opened_rows:
        mark = row["ballot"]["by"]
        other = ("1" if mark[0] == "0" else "0") + mark[1:]
        assert changed(files, "ballots.jsonl", mark, other) == "ballots"
    assert changed(files, "ballots.jsonl", '"stance":"consent"', '"stance":"concern"') == "ballots"
    assert desk.serial(1) not in files["ballots.jsonl"].decode()


def test_an_unlinked_vote(world: World) -> None:
    world.households(4)
    world.start(SECRET, title="选代表")
    poll = world.open()
    codes = [world.cast(who, poll, "yes" if who < 7 else "no").code for who in range(10)]
    world.close(poll)
    files = bundle(world, poll)
    assert result(files) == (10, 0, True)
    found = lines(files, "ballots.jsonl")
    assert sorted(receipt_code(bytes.fromhex(row["commitment"])) for row in found) == sorted(codes)
    assert not any("ballot" in row for row in found)
    assert failure(together(files), receipt=codes[0]) == ("", "", {})
    bound = found[0]["commitment"]
    other = ("1" if bound[0] == "0" else "0") + bound[1:]
    assert changed(files, "ballots.jsonl", bound, other) == "ballots"
    assert changed(files, "ballots.jsonl", '"counts":true', '"counts":false') == "close"
    assert changed(files, "result.json", '"yes":7', '"yes":8') == "count"


def test_a_step_that_closed_with_its_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = '  [[steps.gates]]\n  kind = "convention_adopted"\n  activity = "vote"\n'
    monkeypatch.setattr(votes, "METHOD", votes.METHOD.replace(gate, "").replace('"vote_only"', '"plain_vote"'))
    world.start()
    poll = world.open()
    for who in range(6):
        world.cast(who, poll, "consent" if who else "abstain")
    world.close(poll)
    bundle(world, poll)
    world.clock.advance(49 * HOUR)
    world.adopt()
    with world.app.test_request_context():
        projects.close_step(world.facilitator, world.project)
    files = bundle(world, poll)
    assert json.loads(files["record.json"])["project"]["id"] == world.project
    steps = {step.name: step.state for step in verify.check(together(files))}
    assert steps["record"] == "ok"
    assert changed(files, "record.json", "紫藤里", "紫藤外") == "record"
    assert changed(files, "record.json", '"', '" ') == "record"
