"""A vote that too few took part in is prolonged once, by the days that its announcement named; then it lapses."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import queries, service
from app.ballots.models import Decision, Poll
from app.core.clock import DAY
from app.core.events import LogEntry
from app.core.outbox import Message
from app.engine.errors import Closed, Frozen
from app.projects.models import ActivityRun
from tests.ballots.world import CONSENT, TEXT, TITLE, World

SETTINGS = f"{CONSENT}, prolong_days = 3"


@pytest.fixture
def poll(world: World) -> str:
    """A poll with one ballot of six at its announced close; it may be prolonged by three days."""
    world.start(SETTINGS)
    made = world.open()
    world.cast(0, made)
    world.close(made)
    return made


def phase(world: World) -> tuple[str, int]:
    with world.here() as session:
        decision = session.scalars(select(Decision)).one()
        item = queries.rounds_of([decision.id], world.clock.now())[decision.id][0]
        return item.phase, item.closes_at


def kinds(world: World) -> list[str]:
    with world.here() as session:
        bodies = session.scalars(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
        return [json.loads(body)["kind"] for body in bodies]


def test_reading_needs_no_job(world: World, poll: str) -> None:
    closes = world.clock.now()
    assert phase(world) == ("open", closes + 3 * DAY)
    world.clock.advance(3 * DAY)
    assert phase(world) == ("closed", closes + 3 * DAY)
    assert "poll.prolonged" not in kinds(world)


def test_a_ballot_after_the_close_writes_the_prolongation_first(world: World, poll: str) -> None:
    closes = world.clock.now()
    world.clock.advance(DAY)
    world.cast(1, poll)
    world.cast(2, poll)
    with world.here() as session:
        assert session.scalars(select(Poll.prolonged_until)).one() == closes + 3 * DAY
        run = select(ActivityRun.closes_at).where(ActivityRun.public_id == world.activity)
        assert session.scalars(run).one() == closes + 3 * DAY
        told = session.scalars(select(Message.person_id).where(Message.kind == "poll.prolonged")).all()
        assert sorted(told) == sorted(who.person() for who in world.residents)
    # Enough now; but the close that was written holds, so that nobody's last days are taken.
    assert phase(world) == ("open", closes + 3 * DAY)
    world.clock.set(closes + 3 * DAY)
    with world.here():
        assert [service.settle_due(), service.settle_due()] == [1, 0]
    world.adopt()
    assert world.gate("ballot_passed")
    with world.here():
        assert verify(world.slug).finding is None


def test_the_tick_prolongs_once_and_then_it_lapses(world: World, poll: str) -> None:
    closes = world.clock.now()
    with world.here():
        assert service.settle_due() == 0
        assert service.settle_due() == 0
    assert kinds(world).count("poll.prolonged") == 1
    world.clock.set(closes + 3 * DAY)
    with pytest.raises(Closed):
        world.cast(1, poll)
    with world.here():
        assert service.settle_due() == 1
    with world.here() as session:
        row = session.scalars(select(Decision)).one()
        assert (row.state, row.state_at) == ("lapsed", closes + 3 * DAY)
    with world.here(), pytest.raises(Frozen):
        service.save_draft(world.facilitator, world.activity, TITLE, TEXT + "三")
    with world.here():
        assert verify(world.slug).finding is None


def test_who_comes_late_writes_all_deadlines_in_their_order(world: World, poll: str) -> None:
    world.clock.advance(30 * DAY)
    with world.here():
        assert service.settle_due() == 1
    assert kinds(world)[-4:] == ["poll.prolonged", "ballots.sealed", "poll.closed", "decision.moved"]
    with world.here():
        assert verify(world.slug).finding is None


def test_enough_at_the_close_and_nothing_is_prolonged(world: World) -> None:
    world.start(SETTINGS)
    poll = world.open()
    for n in range(3):
        world.cast(n, poll)
    world.close(poll)
    assert phase(world)[0] == "closed"
    with pytest.raises(Closed):
        world.cast(3, poll)
    with world.here():
        assert service.settle_due() == 1
    assert "poll.prolonged" not in kinds(world)


def test_a_vote_with_paper_is_not_prolonged(world: World) -> None:
    """How many took part is known only when the sheets are read, so the close that was announced holds."""
    settings = 'rule = "consent", electorate = "household", rounds = 2, prolong_days = 3'
    for paper, days in (("none", 3), ("last", 0)):
        world.start(f'{settings}, paper = "{paper}"', f"纸质{paper}")
        poll = world.announce()
        with world.here() as session:
            assert session.scalars(select(Poll.prolong_days).where(Poll.public_id == poll)).one() == days
