"""A count under notice: preliminary first, objected to, answered, and final when nothing is left."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.ballots import counts, service
from app.ballots.models import Poll
from app.core.clock import DAY
from app.core.events import Event
from app.engine.errors import Closed, Conflict, Forbidden, Invalid
from tests.ballots.owners import REASON, SETTINGS, each_owns, live_in, opened, result
from tests.ballots.world import World


@pytest.fixture
def counted(world: World) -> tuple[World, str]:
    """A vote of six owners that is closed, five of them in favour."""
    world.start(SETTINGS, title="平台改用途")
    each_owns(world)
    poll = opened(world, "use_funds")
    for who in range(5):
        world.cast(who, poll, "yes")
    world.close(poll)
    with world.here():
        service.settle_due()
    return world, poll


def test_it_passes_only_when_the_count_is_final(counted: tuple[World, str]) -> None:
    world, poll = counted
    found = result(world, poll)
    assert (found.carried, found.preliminary, found.passed) == (True, True, False)
    assert not world.gate("ballot_passed")
    with pytest.raises(Conflict):
        world.adopt()  # while it hangs under notice
    with world.here():
        with pytest.raises(Conflict):
            counts.finalise(world.facilitator, poll)
        world.clock.advance(7 * DAY - 1)
        with pytest.raises(Conflict):
            counts.finalise(world.facilitator, poll)
        world.clock.advance(1)
        counts.finalise(world.facilitator, poll)
    found = result(world, poll)
    assert (found.preliminary, found.passed) == (False, True)
    assert not world.gate("ballot_passed")
    world.adopt()
    assert world.gate("ballot_passed")
    with world.here() as session:
        assert counts.changed_since(found) == []
        event = session.scalars(select(Event).where(Event.kind == "count.final")).one()
        assert event.person_id == world.facilitator.person_id
        with pytest.raises(Closed):
            counts.finalise(world.facilitator, poll)
        with pytest.raises(Closed):
            counts.object_to(world.residents[0], poll, REASON)


def test_no_page_says_that_it_passed_before_the_count_is_final(counted: tuple[World, str]) -> None:
    world, poll = counted
    browser, here = world.app.test_client(), f"/c/{world.slug}/poll/{poll}"
    browser.set_cookie("lang", "en")
    pages = (here, f"{here}/result", f"{here}/count", f"/c/{world.slug}/votes/{world.activity}")
    for page in pages:
        text = browser.get(page).text
        assert "Preliminary count, under notice until" in text, page
        assert "By the preliminary count it passes" in text, page
        assert "Passed:" not in text, page
    world.clock.advance(7 * DAY)
    with world.here():
        counts.finalise(world.facilitator, poll)
    for page in pages:
        assert "Preliminary" not in browser.get(page).text, page
        assert "Passed:" in browser.get(page).text, page


def test_an_objection_to_the_count_is_answered_first(counted: tuple[World, str]) -> None:
    world, poll = counted
    with world.here():
        objection = counts.object_to(world.residents[5], poll, REASON)
        world.clock.advance(7 * DAY)
        with pytest.raises(Conflict):
            counts.finalise(world.facilitator, poll)
        with pytest.raises(Invalid):
            counts.answer(world.facilitator, poll, objection, "否")
        counts.answer(world.facilitator, poll, objection, "当众重新点过，一致。二〇二六年三月。")
        with pytest.raises(Conflict):
            counts.answer(world.facilitator, poll, objection, "再答一次，理由如上，不变。")
        counts.finalise(world.facilitator, poll)
        ((row, name),) = counts.objections_to(result(world, poll).poll.id)
        assert (name, row.answered_at is not None) == ("陈老师", True)


def test_who_is_not_on_the_roll_can_not_object_to_the_count(world: World) -> None:
    world.start(SETTINGS, title="平台改用途")
    each_owns(world)
    live_in(world, "106", occupancy="let")
    poll = opened(world)
    with world.here(), pytest.raises(Closed):
        counts.object_to(world.residents[0], poll, REASON)
    world.close(poll)
    with world.here():
        with pytest.raises(Forbidden):
            counts.object_to(world.residents[5], poll, REASON)
        with pytest.raises(Invalid):
            counts.object_to(world.residents[0], poll, "错")


def test_a_paper_may_be_set_right_until_the_count_is_final(counted: tuple[World, str]) -> None:
    world, poll = counted
    found = result(world, poll)
    assert counts.may_correct(found.poll, world.clock.now())
    with world.here():
        world.clock.advance(7 * DAY)
        counts.finalise(world.facilitator, poll)
    assert not counts.may_correct(result(world, poll).poll, world.clock.now())


def test_other_votes_have_no_count_under_notice(world: World) -> None:
    poll = world.open()
    world.close(poll)
    with world.here() as session:
        assert session.scalars(select(Poll.matter)).one() == {}
        with pytest.raises(Closed):
            counts.object_to(world.residents[0], poll, REASON)
