"""Whose time decides : a deadline to the millisecond, and a clock that goes back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.ballots import service
from app.ballots.models import Ballot, Poll
from app.core.clock import DAY, MINUTE
from app.engine.errors import Closed
from tests.ballots.world import World


def closes(world: World) -> int:
    with world.here() as session:
        return session.scalars(select(Poll.closes_at)).one()


def settled(world: World) -> int:
    with world.here():
        return service.settle_due()


@pytest.mark.parametrize(("by", "taken"), [(-1, True), (0, False), (1, False)])
def test_a_deadline_holds_to_the_millisecond(world: World, by: int, taken: bool) -> None:
    poll = world.open()
    world.clock.set(closes(world) + by)
    if taken:
        world.cast(0, poll)
        assert settled(world) == 0
        return
    with pytest.raises(Closed):
        world.cast(0, poll)
    assert settled(world) == 1


@pytest.mark.parametrize(("by", "taken"), [(-1, False), (0, True), (1, True)])
def test_an_opening_holds_to_the_millisecond(world: World, by: int, taken: bool) -> None:
    poll = world.open()
    world.clock.advance(by)
    if taken:
        world.cast(0, poll)
    else:
        with pytest.raises(Closed):
            world.cast(0, poll)


@pytest.mark.parametrize("back", [1, 10 * MINUTE, 3 * DAY])
def test_a_counted_vote_stays_closed_when_the_clock_is_put_back(world: World, back: int) -> None:
    """A host that counted was ahead of another one, or of itself: what comes after the count is refused."""
    poll = world.open()
    world.cast(0, poll)
    world.close(poll)
    assert settled(world) == 1
    world.clock.advance(-back)
    with pytest.raises(Closed, match="closed"):
        world.cast(1, poll)
    assert settled(world) == 0
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 1
        assert session.scalars(select(Poll.tally)).one()["cast"] == 1
