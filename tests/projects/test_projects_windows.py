"""The days of activities: set by facilitators, computed from the clock, frozen where a module sets its own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.clock import DAY
from app.engine.errors import Closed, Forbidden, Frozen, Invalid, NotFound
from app.projects import service
from app.projects.models import ActivityRun
from app.proposals.service import Words, save_draft
from tests.projects.world import Garden

WORDS = Words("修一修长椅", "长椅坏了两条腿，老人没地方坐。")


def test_an_activity_is_open_for_the_days_of_the_method_and_not_a_moment_longer(garden: Garden) -> None:
    ideas = garden.activity("ideas")
    garden.clock.advance(14 * DAY - 1)
    garden.do(save_draft, garden.neighbour, ideas, WORDS)
    garden.clock.advance(1)
    with pytest.raises(Closed, match="time for this is over"):
        garden.do(save_draft, garden.neighbour, ideas, WORDS)


def test_a_facilitator_sets_the_days_and_both_ends_hold_to_the_millisecond(garden: Garden) -> None:
    ideas, now = garden.activity("ideas"), garden.clock.now()
    garden.do(service.set_window, garden.lead, ideas, now + DAY, now + 2 * DAY)
    for at, closed in ((0, True), (DAY - 1, True), (DAY, False), (2 * DAY - 1, False), (2 * DAY, True)):
        garden.clock.set(now + at)
        if closed:
            with pytest.raises(Closed):
                garden.do(save_draft, garden.neighbour, ideas, WORDS)
        else:
            garden.do(save_draft, garden.neighbour, ideas, WORDS)


def test_the_days_that_were_set_stand_in_the_events(garden: Garden) -> None:
    ideas, now = garden.activity("ideas"), garden.clock.now()
    garden.do(service.set_window, garden.lead, ideas, now, now + DAY)
    assert garden.events("activity.window_set")[-1].data == {
        "activity": ideas,
        "opens_at": now,
        "closes_at": now + DAY,
    }


@pytest.mark.parametrize("longer", [0, -1, -DAY])
def test_an_end_before_the_beginning_is_refused_and_nothing_is_written(garden: Garden, longer: int) -> None:
    ideas, now = garden.activity("ideas"), garden.clock.now()
    with pytest.raises(Invalid) as refused:
        garden.do(service.set_window, garden.lead, ideas, now, now + longer)
    assert set(refused.value.fields) == {"closes"}
    row = garden.scalar(select(ActivityRun).where(ActivityRun.public_id == ideas))
    assert (row.opens_at, row.closes_at) == (None, None)


@pytest.mark.parametrize("key", ["vote", "board"])
def test_the_times_of_votes_and_notices_are_not_set_here(garden: Garden, key: str) -> None:
    with pytest.raises(Frozen):
        garden.do(service.set_window, garden.lead, garden.activity(key), None, garden.clock.now() + DAY)


def test_only_the_facilitators_set_the_days(garden: Garden) -> None:
    with pytest.raises(Forbidden):
        garden.do(service.set_window, garden.neighbour, garden.activity("ideas"), None, None)
    with pytest.raises(NotFound):
        garden.do(service.set_window, garden.town.stranger, garden.activity("ideas"), None, None)
    with pytest.raises(NotFound):
        garden.do(service.set_window, garden.lead, "0" * 16, None, None)


def test_the_page_of_the_days_sets_whole_local_days(garden: Garden) -> None:
    from tests.ballots.world import send

    page = f"/c/ziteng/project/{garden.project}/activity/{garden.activity('ideas')}/dates"
    answer = send(garden.browser(garden.lead), page, {"opens": "2026-03-09", "closes": "2026-03-10"})
    assert answer.status_code == 303
    window = garden.ref("ideas").window
    midnight = 1_772_985_600_000  # 9 March 2026, 00:00 in Shanghai
    assert (window.state, window.opens_at, window.closes_at) == ("waiting", midnight, midnight + 2 * DAY)
