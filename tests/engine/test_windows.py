"""When an activity is open, to the millisecond, and who may act in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.method import Activity, Text
from app.engine.windows import DAY, Window, activity_window, may
from tests.engine.laws import law

START = 1_000_000


def activity(*, after: str | None = None, opens_day: int = 0, open_days: int | None = None) -> Activity:
    who = {"comment": ("residents", "experts"), "close": ("lead",), "nothing": ()}
    return Activity(
        "talk", "discussion", Text("议", "Talk"), after=after, who=who, opens_day=opens_day, open_days=open_days
    )


def window(it: Activity, now: int, **known: Any) -> Window:
    given_by_default = {"step_opened_at": START, "after_closed_at": None, "running": True}
    return activity_window(it, now=now, **{**given_by_default, **known})


def turns(it: Activity, opens: int, closes: int | None, **known: Any) -> None:
    """Assert that it opens at exactly ``opens`` and is over at exactly ``closes``."""
    assert window(it, opens - 1, **known) == Window("waiting", opens, closes)
    assert window(it, opens, **known) == Window("open", opens, closes)
    if closes is None:
        assert window(it, opens + 10_000 * DAY, **known).state == "open"
    else:
        assert window(it, closes - 1, **known) == Window("open", opens, closes)
        assert window(it, closes, **known) == Window("over", opens, closes)


def test_it_is_open_as_long_as_its_step_unless_the_method_says_more() -> None:
    turns(activity(), START, None)
    turns(activity(opens_day=2), START + 2 * DAY, None)
    turns(activity(open_days=5), START, START + 5 * DAY)
    turns(activity(opens_day=2, open_days=5), START + 2 * DAY, START + 7 * DAY)


def test_nothing_is_open_before_its_step() -> None:
    for it in (activity(), activity(open_days=5), activity(after="ideas")):
        assert window(it, START + DAY, step_opened_at=None, after_closed_at=START) == Window("waiting")
    set_by_people = window(activity(), START + DAY, step_opened_at=None, override_opens=START)
    assert set_by_people.state == "waiting"


def test_what_comes_after_another_waits_for_its_end() -> None:
    it = activity(after="ideas", opens_day=1, open_days=5)
    assert window(it, START + 99 * DAY) == Window("waiting")
    turns(it, START + 4 * DAY, START + 9 * DAY, after_closed_at=START + 3 * DAY)
    # It can't begin before its step, whenever the other one ended.
    turns(it, START + DAY, START + 6 * DAY, after_closed_at=START - 3 * DAY)


def test_the_end_of_another_activity_is_nothing_to_one_that_comes_after_none() -> None:
    turns(activity(open_days=5), START, START + 5 * DAY, after_closed_at=START + 3 * DAY)


def test_times_set_by_people_stand_in_place_of_the_counted_ones() -> None:
    it = activity(after="ideas", opens_day=1, open_days=5)
    turns(it, START + 10, START + 20, override_opens=START + 10, override_closes=START + 20)
    turns(it, START + 10, START + 10 + 5 * DAY, override_opens=START + 10)
    turns(activity(), START, START + 20, override_closes=START + 20)
    turns(it, START, START + 20, override_opens=START - 10, override_closes=START + 20)


def test_a_step_that_closed_closes_what_is_in_it() -> None:
    turns(activity(), START, START + 3, step_closed_at=START + 3)
    turns(activity(open_days=5), START, START + 3, step_closed_at=START + 3)
    turns(activity(open_days=5), START, START + 5 * DAY, step_closed_at=START + 6 * DAY)
    turns(activity(), START, START + 3, step_closed_at=START + 3, override_closes=START + 9)
    assert window(activity(after="ideas"), START + 3, step_closed_at=START + 3) == Window("over", None, START + 3)


def test_in_a_project_that_does_not_run_what_would_be_open_waits_and_what_is_over_stays_over() -> None:
    it = activity(open_days=5)
    assert window(it, START + DAY, running=False) == Window("waiting", START, START + 5 * DAY)
    assert window(it, START + 5 * DAY, running=False) == Window("over", START, START + 5 * DAY)


moments = st.integers(0, 40 * DAY) | st.integers(0, 40).map(lambda day: day * DAY)
maybe = st.none() | moments
activities = st.builds(
    activity,
    after=st.sampled_from([None, "ideas"]),
    opens_day=st.integers(0, 10),
    open_days=st.none() | st.integers(1, 20),
)
known = st.fixed_dictionaries(
    {
        "step_opened_at": maybe,
        "after_closed_at": maybe,
        "step_closed_at": maybe,
        "override_opens": maybe,
        "override_closes": maybe,
    }
)


@law
@given(activities, known, moments, st.booleans())
def test_open_is_from_the_opening_to_just_before_the_close(
    it: Activity, times: dict[str, int | None], now: int, running: bool
) -> None:
    shown = window(it, now, running=running, **times)
    reached = shown.opens_at is not None and shown.opens_at <= now
    over = shown.closes_at is not None and shown.closes_at <= now
    assert (shown.state == "open") == (running and reached and not over)
    assert (shown.state == "over") == over


@law
@given(activities, known, st.lists(moments, min_size=2, max_size=6).map(sorted))
def test_the_clock_alone_goes_from_waiting_to_open_to_over(
    it: Activity, times: dict[str, int | None], clock: list[int]
) -> None:
    shown = [window(it, now, **times) for now in clock]
    order = ["waiting", "open", "over"]
    assert sorted((w.state for w in shown), key=order.index) == [w.state for w in shown]
    assert len({(w.opens_at, w.closes_at) for w in shown}) == 1


@law
@given(activities, known, moments)
def test_nothing_is_open_outside_its_step(it: Activity, times: dict[str, int | None], now: int) -> None:
    opened, closed = times["step_opened_at"], times["step_closed_at"]
    if window(it, now, **times).state == "open":
        assert opened is not None
        assert opened <= now
        assert closed is None or now < closed


@law
@given(activities, known, moments)
def test_a_pause_shuts_and_changes_no_time(it: Activity, times: dict[str, int | None], now: int) -> None:
    running, paused = window(it, now, **times), window(it, now, running=False, **times)
    assert paused.state == ("waiting" if running.state == "open" else running.state)
    assert (paused.opens_at, paused.closes_at) == (running.opens_at, running.closes_at)


@pytest.mark.parametrize(
    ("action", "rings", "allowed"),
    [
        ("comment", {"residents"}, True),
        ("comment", ["support", "experts"], True),
        ("comment", {"lead"}, False),
        ("comment", (), False),
        ("close", {"lead"}, True),
        ("close", {"residents"}, False),
        ("nothing", {"residents", "lead"}, False),
        ("unheard_of", {"residents", "lead"}, False),
    ],
)
def test_a_ring_may_do_what_the_method_gives_it(action: str, rings: Any, allowed: bool) -> None:
    assert may(activity(), action, rings) is allowed
