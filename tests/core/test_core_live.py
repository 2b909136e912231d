"""A number with a place in a kept page: what was asked of it holds for whatever is filled in, or the page is made anew."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask, g
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from app.core.live import Live, Shown, note, numbers_of, reads_quiet, settled, with_marks, with_numbers
from app.core.moments import Watch

STEP, AT = 5, 1_772_942_400_000
ASKED: tuple[Callable[[Any, int], Any], ...] = (
    *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
    lambda n, other: other < n,
    lambda n, other: "none yet" if not n else "some",
    lambda n, other: n - n % STEP >= other,
    lambda n, other: n + 1 > other,
    lambda n, other: n * 2 // 3,
    lambda n, other: 100 * n // (other + 4),
    lambda n, other: max(n, other),
    lambda n, other: f"{n:d}",
    lambda n, other: {n: "found"}.get(other),
    lambda n, other: float(n),
    lambda n, other: abs(-n),
)


class Database:
    """Answers each statement with the same rows."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows, self.asked = rows, 0
        self.connection = self

    def cursor(self) -> Database:
        return self

    def execute(self, _statement: str, _parameters: object) -> None:
        self.asked += 1

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def close(self) -> None:
        pass


def numbers(noted: Live, rows: list[tuple[Any, ...]]) -> list[list[int]] | None:
    """What a page that noted this is filled with, if the database has these rows now."""
    return numbers_of([noted], lambda: cast("Connection", Database(rows)), {})


@pytest.mark.parametrize("asked", ASKED)
@given(n=st.integers(0, 60), later=st.integers(0, 60), other=st.integers(-3, 60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_asked_of_a_number_is_so_for_each_that_is_filled_in(
    app: Flask, asked: Callable[[Any, int], Any], n: int, later: int, other: int
) -> None:
    with app.app_context():
        watch = g.watch = Watch(AT, 60_000)
        noted = Live("select", [], STEP, True, [[7]])
        shown = n - n % STEP
        found = asked(Shown(shown, noted, 0), other)
        assert found == asked(shown, other)
        if watch.until > AT and (filled := numbers(noted, [(7, later)])) is not None:
            assert filled == [[later - later % STEP]]
            assert asked(filled[0][0], other) == found


def test_most_that_pages_ask_can_be_followed(app: Flask) -> None:
    with app.app_context():
        for asked in ASKED[:9]:
            watch = g.watch = Watch(AT, 60_000)
            asked(Shown(10, Live("select", [], STEP, True, [[7]]), 0), 4)
            assert watch.until > AT


def test_a_page_has_places_for_its_numbers_and_each_is_filled_by_its_own(app: Flask) -> None:
    with app.app_context():
        g.watch = Watch(AT, 60_000)
        lives = [Live("a", [], STEP, True, [[7], [8]]), Live("b", [], STEP, True, [[9]])]
        first, second, third = Shown(10, lives[0], 0), Shown(10, lives[0], 1), Shown(25, lives[1], 0)
        page = f"<p>{first} of 40, {second}, {third}, again {first}</p>".encode()
        assert b">10 " not in page
        plain, placed = with_marks(page, lives)
        assert plain == b"<p>10 of 40, 10, 25, again 10</p>"
        assert with_numbers(placed, [[15, 20], [30]]) == b"<p>15 of 40, 20, 30, again 15</p>"


def test_a_page_is_another_when_rows_came_or_went_and_the_database_is_asked_once(app: Flask) -> None:
    placed = Live("a", [], STEP, True, [[7], [8]])
    assert numbers(placed, [(7, 12), (8, 3)]) == [[10, 0]]
    assert numbers(placed, [(7, 12)]) is None
    assert numbers(placed, [(7, 12), (8, 3), (9, 1)]) is None
    exact = Live("a", [], 1, False, [[7, "consent", 12]])
    assert numbers(exact, [(7, "consent", 12)]) == [[]]
    assert numbers(exact, [(7, "consent", 13)]) is None
    asked = Database([(7, 12), (8, 3)])
    known: dict[Any, Any] = {}
    for _ in range(3):
        assert numbers_of([placed, placed], lambda: cast("Connection", asked), known) == [[10, 0], [10, 0]]
    assert asked.asked == 1


@pytest.mark.parametrize(
    ("statement", "reads"),
    [
        ("SELECT count(*) FROM ballot WHERE ballot.live", True),
        ('SELECT 1 FROM poll JOIN "ballot" ON true', True),
        ("SELECT 1 FROM poll, objection WHERE true", True),
        ("SELECT 1 FROM roll_entry WHERE roll_entry.voted", True),
        ("SELECT roll_entry_1.last_person_id FROM roll_entry AS roll_entry_1", True),
        ("SELECT roll_entry.label FROM roll_entry", False),
        ("SELECT 1 FROM ballot_batch", False),
        ("SELECT 1 FROM objection_panel", False),
        ("SELECT poll.title AS ballot FROM poll", False),
    ],
)
def test_what_is_written_quietly_is_known_by_its_name(statement: str, reads: bool) -> None:
    assert reads_quiet(statement) is reads


def test_a_page_that_reads_ballots_unasked_is_not_kept_but_of_a_vote_that_was_counted(app: Flask) -> None:
    with app.app_context():
        read = "SELECT count(*) FROM ballot"
        for really, kept in ((True, True), (False, False)):
            watch = g.watch = Watch(AT, 60_000)
            with settled(really):
                note(watch, read, {})
            assert (watch.until > AT) is kept
        watch = g.watch = Watch(AT, 60_000)
        note(watch, read.replace("ballot", "proposal"), {})
        assert watch.until > AT
        note(watch, read, {})
        assert watch.until == AT


def test_a_number_that_the_page_neither_shows_nor_compares_is_not_asked_again(app: Flask) -> None:
    with app.app_context():
        watch = g.watch = Watch(AT, 60_000)
        shown, compared, unused = (Shown(10, Live("a", [n], STEP, True, [[]]), 0) for n in range(3))
        assert f"{shown}{shown}"
        assert compared > 4
        assert unused - unused % STEP is unused
        assert [one.parameters for one in watch.live] == [[0], [1]]
