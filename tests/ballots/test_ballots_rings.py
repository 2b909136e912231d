"""Quorum by rings, where persons vote: a third of each ring that the policy names, as it was at the freeze."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import queries, record, service
from app.ballots.models import Decision, Poll, RollEntry
from app.core.clock import DAY
from app.core.events import LogEntry
from app.people.rings import put_in_ring
from app.projects.queries import find_activity
from tests.ballots.world import World

SETTINGS = (
    'rule = "consent", electorate = "person", rounds = 2, quorum = "1/3", quorum_rings = ["residents", "experts"], '
    "prolong_days = 3"
)
METHOD_RING = """
[[rings]]
key = "experts"
title = { zh_Hans = "专业环", en = "Expert ring" }
who = { zh_Hans = "规划师", en = "Planners" }
"""


def with_experts(world: World, *numbers: int) -> str:
    """A vote of persons of which some belong to the expert ring too; the poll, open."""
    import tests.ballots.world as place

    kept = place.METHOD
    place.METHOD = kept.replace("\n[[stages]]", METHOD_RING + "\n[[stages]]", 1).replace(
        'vote = ["residents"]', 'vote = ["residents", "experts"]'
    )
    try:
        world.start(SETTINGS, "按人")
    finally:
        place.METHOD = kept
    with world.here():
        for number in numbers:
            person = world.residents[number].public_id
            put_in_ring(world.facilitator, world.community_id, person, "experts", ["experts"])
    return world.open()


def newest(world: World, poll: str) -> queries.Round:
    with world.here() as session:
        decision = session.scalars(select(Poll.decision_id).where(Poll.public_id == poll)).one()
        return queries.rounds_of([decision], world.clock.now())[decision][0]


def test_a_ring_of_which_a_third_did_not_take_part_leaves_it_undecided(world: World) -> None:
    poll = with_experts(world, 0, 1)
    for who in (2, 3, 4):
        world.cast(who, poll)
    world.close(poll)
    assert newest(world, poll).phase == "open"  # prolonged: enough of all, but none of the experts
    world.clock.advance(3 * DAY)
    with world.here():
        service.settle_due()
    item = newest(world, poll)
    assert item.tally is not None
    assert [(test.key, test.holds) for test in item.tally.tests] == [
        ("quorum", True),
        ("ring", False),
        ("ring", True),
        ("objections", True),
    ]
    assert (item.tally.passed, item.tally.quorum_met) == (False, False)
    with world.here() as session:
        assert session.scalars(select(Decision.state).order_by(Decision.id.desc())).first() == "lapsed"
        assert verify(world.slug).finding is None


def test_a_third_of_each_ring_is_enough_and_how_many_is_not_told(world: World) -> None:
    poll = with_experts(world, 0, 1, 5)
    for who in (0, 2):
        world.cast(who, poll)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        assert verify(world.slug).finding is None
        stored = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        assert stored.tally is not None
        assert stored.tally["rings"] == {"experts": 1, "residents": 2}
        assert {key: ring["members"] for key, ring in stored.rings.items()} == {"experts": 3, "residents": 6}
        bodies = [json.loads(body) for body in session.scalars(select(LogEntry.body))]
        closed = next(body for body in bodies if body["kind"] == "poll.closed")
        assert closed["rings"] == {"experts": True, "residents": True}
        kept = record.record(find_activity(world.activity, world.clock.now()), world.clock.now())["rounds"][0]
        assert kept["passed"]
        assert [ring["enough"] for ring in kept["rings"]] == [True, True]
        assert record.retell(kept)[-1].msgid.startswith("Passed")
    page = world.app.test_client().get(f"/c/{world.slug}/poll/{poll}/result").text
    assert "专业环" in page


def test_rings_are_those_of_the_freeze(world: World) -> None:
    poll = with_experts(world, 0)
    with world.here():
        person = world.residents[1].public_id
        put_in_ring(world.facilitator, world.community_id, person, "experts", ["experts"])
    with world.here() as session:
        rings = session.scalars(select(RollEntry.rings).order_by(RollEntry.id)).all()
    assert sorted(rings) == [["experts", "residents"], *[["residents"]] * 5]
    for who in (1, 2):
        world.cast(who, poll)
    world.close(poll)
    item = newest(world, poll)
    assert item.phase == "open"  # who joined the ring later doesn't count in it


def test_what_the_log_tells_of_a_ring_is_held_against_what_is_stored(world: World) -> None:
    poll = with_experts(world, 0)
    for who in (0, 2, 3):
        world.cast(who, poll)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        row.tally = {**(row.tally or {}), "rings": {"experts": 0, "residents": 3}}
        session.commit()
        finding = verify(world.slug).finding
        assert finding is not None
        assert finding.field == "rings at the close"
