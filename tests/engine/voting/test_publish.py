"""What may be shown of a poll, when, and to the public."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.voting.publish import LEAST_CELL, may_publish, rounded
from tests.engine.laws import law

MIXED = {"consent": 12, "concern": 3, "objection": 1, "abstain": 0}
WHATS = ("turnout", "headline", "breakdown", "rows")

modes = st.sampled_from("ABC")
tallies = st.fixed_dictionaries({key: st.integers(0, 15) for key in MIXED})
cells = st.lists(st.integers(0, 30), max_size=5)


@pytest.mark.parametrize("mode", ["A", "B", "C"])
def test_while_a_poll_is_open_only_the_turnout_is_shown(mode: str) -> None:
    shown = [what for what in WHATS if may_publish(what, mode=mode, closed=False, counts=MIXED, cells=[8, 8])]
    assert shown == ["turnout"]


@law
@given(modes, tallies)
def test_totals_are_shown_after_the_close_whatever_they_are(mode: str, counts: dict[str, int]) -> None:
    assert may_publish("headline", mode=mode, closed=True, counts=counts)
    assert not may_publish("headline", mode=mode, closed=False, counts=counts)
    assert may_publish("turnout", mode=mode, closed=True, counts=counts)


@pytest.mark.parametrize(
    ("counted", "shown"),
    [
        ([8, 8], True),
        ([5, 11], True),
        ([4, 12], False),
        ([11, 5], True),
        ([12, 4], False),
        ([11], True),
        ([12], False),
        ([16], True),
        ([16, 0], False),
        ([8, 8, 0], False),
        ([5, 5, 6], True),
        ([], False),
    ],
)
def test_a_breakdown_has_no_small_cell_and_leaves_none(counted: list[int], shown: bool) -> None:
    assert may_publish("breakdown", mode="A", closed=True, counts=MIXED, cells=counted) is shown


@pytest.mark.parametrize(
    ("mode", "cast", "shown"),
    [
        ("A", 4, False),
        ("A", 5, True),
        ("A", 60, True),
        ("C", 9, False),
        ("C", 10, True),
        ("B", 5, False),
        ("B", 500, False),
    ],
)
def test_rows_are_shown_from_so_many_ballots_on_by_the_mode(mode: str, cast: int, shown: bool) -> None:
    assert may_publish("rows", mode=mode, closed=True, counts={"yes": cast - 1, "no": 1}) is shown


@law
@given(modes, st.sampled_from(list(MIXED)), st.integers(0, 60), cells)
def test_where_one_stance_took_all_neither_breakdown_nor_rows_are_shown(
    mode: str, stance: str, cast: int, counted: list[int]
) -> None:
    counts = {**dict.fromkeys(MIXED, 0), stance: cast}
    for what in ("breakdown", "rows"):
        assert not may_publish(what, mode=mode, closed=True, counts=counts, cells=counted)


@law
@given(modes, tallies, cells)
def test_no_cell_that_is_shown_tells_of_fewer_than_five(mode: str, counts: dict[str, int], counted: list[int]) -> None:
    cast = sum(counts.values())
    if may_publish("breakdown", mode=mode, closed=True, counts=counts, cells=counted):
        for cell in counted:
            assert cell >= LEAST_CELL
            # Subtracting it from the total tells of nobody, or of five at least.
            assert cast - cell == 0 or cast - cell >= LEAST_CELL


def test_a_mode_that_is_not_known_shows_nothing() -> None:
    with pytest.raises(KeyError):
        may_publish("rows", mode="D", closed=True, counts=MIXED)


@pytest.mark.parametrize(("n", "shown"), [(0, 0), (1, 0), (4, 0), (5, 5), (9, 5), (10, 10), (104, 100)])
def test_numbers_are_rounded_down_to_fives(n: int, shown: int) -> None:
    assert rounded(n) == shown
