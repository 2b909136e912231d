"""A watched instant is the number that it was, and what was asked of it stays so until its watch ends."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.moments import Watch, Watched, until

LONGEST = 60_000
AT = 1_772_942_400_000
ASKED: tuple[Callable[[Any, int], Any], ...] = (
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
    lambda now, at: at < now,
    lambda now, at: at - now <= 7_000,
    lambda now, at: now - 5_000 >= at,
    lambda now, at: 7_000 + now > at,
    lambda now, at: max(0, now - at) // 60_000,
    lambda now, at: (at - now) // 1_000,
    lambda now, at: -now < -at,
    lambda now, at: now - at if now == at else bool(now - at),
    lambda now, at: sorted([at, now, at + 3])[0] == at,
    lambda now, at: min(now, at) < at - 10,
    lambda now, at: (now // 1_000) * 1_000 < at,
    lambda now, at: now % 7,
    lambda now, at: now / 2,
    lambda now, at: f"{now:d} {at}",
    lambda now, at: str(now),
    lambda now, at: now * 2 > at * 2,
    lambda now, at: (now + 5) - (now - 5),
    lambda now, at: (at - now) + now,
    lambda now, at: (now + at) - (at - now) > 2 * at,
    lambda now, at: now < at + 0.5,
)


@pytest.mark.parametrize("asked", ASKED)
@given(apart=st.integers(-70_000, 70_000), share=st.floats(0, 1))
def test_what_was_asked_stays_so_until_the_watch_ends(
    asked: Callable[[Any, int], Any], apart: int, share: float
) -> None:
    watch = Watch(AT, LONGEST)
    found = asked(watch.instant(), AT + apart)
    assert found == asked(AT, AT + apart)
    # Of the instants in which the answer is said to hold: the last, and one between.
    lasts = watch.until - AT
    for later in {max(0, lasts - 1), int(share * max(0, lasts - 1))}:
        assert asked(AT + later, AT + apart) == found, (apart, later)


def test_a_page_holds_until_the_next_moment_it_asked_about() -> None:
    watch = Watch(AT, LONGEST)
    now = watch.instant()
    assert now < AT + 30_000
    assert watch.until == AT + 30_000
    assert not now - 50_000 > AT
    assert watch.until == AT + 30_000
    assert AT + 5_000 - now > 1_000
    assert watch.until == AT + 4_000


def test_nothing_lasts_longer_than_it_may() -> None:
    watch = Watch(AT, LONGEST)
    assert watch.instant() < AT + 10 * LONGEST
    assert watch.until == AT + LONGEST


def test_whoever_knows_better_says_so() -> None:
    watch = Watch(AT, LONGEST)
    assert type(until(watch.instant(), AT + 700)) is int
    assert watch.until == AT + 700
    assert until(12, 700) == 12


def test_an_instant_keeps_its_number() -> None:
    now = Watch(AT, LONGEST).instant()
    assert isinstance(now, Watched)
    assert int(now) == AT
    assert {AT: "found"}[int(now)] == "found"
    assert hash(now) == hash(AT)
