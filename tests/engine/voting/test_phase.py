"""The clock of a poll to the millisecond, and what can't be announced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import Invalid
from app.engine.voting.phase import DAY, HOUR, LONGEST, PollTimes, accepts_ballots, check_announcement, phase
from tests.engine.laws import law

ANNOUNCED = 1_000_000
OPENS = ANNOUNCED + 48 * HOUR
CLOSES = OPENS + 7 * DAY
TIMES = PollTimes(ANNOUNCED, OPENS, CLOSES)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (ANNOUNCED - 1, "announced"),
        (ANNOUNCED, "announced"),
        (OPENS - 1, "announced"),
        (OPENS, "open"),
        (OPENS + 1, "open"),
        (CLOSES - 1, "open"),
        (CLOSES, "closed"),
        (CLOSES + 10_000 * DAY, "closed"),
    ],
)
def test_where_a_poll_stands(now: int, expected: str) -> None:
    assert phase(TIMES, now) == expected
    assert accepts_ballots(TIMES, now) == (expected == "open")


@pytest.mark.parametrize("now", [ANNOUNCED, OPENS, CLOSES - 1, CLOSES])
@pytest.mark.parametrize("voided_at", [0, OPENS, CLOSES + 1])
def test_a_poll_found_void_is_void_and_takes_no_ballot(now: int, voided_at: int) -> None:
    times = replace(TIMES, voided_at=voided_at)
    assert phase(times, now) == "void"
    assert not accepts_ballots(times, now)


@law
@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(-(10**7), 3 * 10**7))
def test_ballots_are_taken_from_the_opening_to_just_before_the_close(opens: int, lasts: int, now: int) -> None:
    times = PollTimes(0, opens, opens + lasts)
    assert accepts_ballots(times, now) == (opens <= now < opens + lasts)


def announce(times: PollTimes = TIMES, **other: Any) -> list[str]:
    """The fields that are refused; none when it can be announced."""
    usual = {"announce_hours": 48, "text": "A bench.", "text_hash": "h2", "earlier": {"h1"}, "roll_size": 40}
    try:
        check_announcement(times, **{**usual, **other})
    except Invalid as refusal:
        return list(refusal.fields) or ["a refusal without a reason"]
    return []


def test_a_good_announcement_is_taken() -> None:
    assert announce() == []


def test_people_have_their_hours_to_read() -> None:
    assert announce(replace(TIMES, opens_at=OPENS - 1)) == ["opens"]
    assert announce(announce_hours=49) == ["opens"]
    assert announce(replace(TIMES, opens_at=ANNOUNCED), announce_hours=0) == []
    assert announce(replace(TIMES, opens_at=ANNOUNCED - 1), announce_hours=0) == ["opens"]


def test_a_vote_is_open_for_a_day_at_least_and_sixty_at_most() -> None:
    assert announce(replace(TIMES, closes_at=OPENS + DAY)) == []
    assert announce(replace(TIMES, closes_at=OPENS + DAY - 1)) == ["closes"]
    assert announce(replace(TIMES, closes_at=OPENS - DAY)) == ["closes"]
    assert announce(replace(TIMES, closes_at=OPENS + LONGEST)) == []
    assert announce(replace(TIMES, closes_at=OPENS + LONGEST + 1)) == ["closes"]


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000"])
def test_a_vote_has_a_text(text: str) -> None:
    assert announce(text=text) == ["text"]


def test_a_new_round_has_a_changed_text() -> None:
    assert announce(text_hash="h1") == ["text"]
    assert announce(text_hash="h1", earlier=["h0", "h2", "h1"]) == ["text"]
    assert announce(text_hash="h1", earlier=[]) == []


def test_a_vote_has_voters() -> None:
    assert announce(roll_size=0) == ["text"]
    assert announce(roll_size=1) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = announce(PollTimes(ANNOUNCED, ANNOUNCED, ANNOUNCED), text="", roll_size=0)
    assert wrong == ["opens", "closes", "text"]
