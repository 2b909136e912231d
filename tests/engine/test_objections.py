"""The life of an objection: each move in its time, by whom, and what the clock does alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine.errors import Closed, Conflict, DomainError, Forbidden, Invalid
from app.engine.objections import (
    ANSWER,
    DISAGREE,
    MOVES,
    NAMES,
    PANEL,
    Life,
    answered,
    disagree,
    ended,
    offer,
    qualified_since,
    reply,
    settle,
    state_at,
    verdict,
    weigh,
    withdraw,
)

pytestmark = pytest.mark.pure
CLOSE = 1_000_000
WHY = "The drain was renewed last year, and the picture in the minutes shows it."
RAISED = Life(closed_at=CLOSE)
DOUBTED = replace(RAISED, disagreed_at=CLOSE + 1)
STANDS = replace(RAISED, state="qualified")
OFFERED = replace(STANDS, offered_at=CLOSE + DISAGREE, words="point 3")
LATER = CLOSE + DISAGREE


def test_48_hours_without_disagreement_and_it_stands() -> None:
    assert state_at(RAISED, LATER - 1) == "raised"
    assert state_at(RAISED, LATER) == "qualified"
    assert qualified_since(RAISED) == LATER


def test_with_disagreement_the_panel_has_its_days_then_the_objector_the_benefit_of_the_doubt() -> None:
    doubted = disagree(RAISED, LATER - 1, WHY)
    assert state_at(doubted, LATER + PANEL - 1) == "raised"
    assert state_at(doubted, LATER + PANEL) == "qualified"
    assert weigh(doubted, LATER + PANEL - 1, False).state == "concern"
    assert weigh(doubted, LATER, True).state == "qualified"
    with pytest.raises(Closed):
        weigh(doubted, LATER + PANEL, False)


def test_disagreement_needs_reasons_and_comes_in_time() -> None:
    with pytest.raises(Invalid, match="at least 30"):
        disagree(RAISED, CLOSE, "no")
    with pytest.raises(Closed):
        disagree(RAISED, LATER, WHY)
    with pytest.raises(Conflict):
        disagree(RAISED, CLOSE - 1, WHY)
    assert disagree(DOUBTED, CLOSE + 5, WHY).disagreed_at == CLOSE + 1
    with pytest.raises(Conflict, match="no panel"):
        weigh(RAISED, CLOSE, True)


def test_an_answer_is_the_objectors_to_accept_for_72_hours_then_the_panels() -> None:
    at = OFFERED.offered_at or 0
    assert reply(OFFERED, at, True, by_objector=True).state == "resolved"
    assert reply(replace(OFFERED, defers=True), at, True, by_objector=True).state == "deferred"
    refused = reply(OFFERED, at, False, by_objector=True)
    assert (refused.state, refused.accepted) == ("qualified", False)
    with pytest.raises(Forbidden):
        reply(OFFERED, at + ANSWER, True, by_objector=False)
    with pytest.raises(Closed):
        settle(OFFERED, at + ANSWER - 1, True)
    assert settle(OFFERED, at + ANSWER, True).state == "resolved"
    with pytest.raises(Conflict):
        settle(refused, at + ANSWER, True)
    assert not answered(OFFERED, at + ANSWER - 1)
    assert answered(OFFERED, at + ANSWER)
    assert answered(refused, at)
    assert not answered(STANDS, at + ANSWER)


def test_an_answer_is_for_one_that_stands_and_a_new_one_begins_anew() -> None:
    with pytest.raises(Conflict):
        offer(RAISED, LATER - 1, "x")
    first = offer(RAISED, LATER, "x")
    assert (first.state, first.offered_at) == ("qualified", LATER)
    again = offer(reply(first, LATER, False, by_objector=True), LATER + 9, "y")
    assert (again.offered_at, again.words, again.accepted) == (LATER + 9, "y", None)


@pytest.mark.parametrize("state", list(MOVES))
def test_only_the_objector_withdraws_and_only_before_its_end(state: str) -> None:
    life = replace(RAISED, state=state)
    with pytest.raises(Forbidden):
        withdraw(life, LATER, by_objector=False)
    if ended(state):
        with pytest.raises(Conflict, match="come to its end"):
            withdraw(life, LATER, by_objector=True)
    else:
        assert withdraw(life, LATER, by_objector=True).state == "withdrawn"
        with pytest.raises(Conflict, match="change your vote"):
            withdraw(life, CLOSE - 1, by_objector=True)


@pytest.mark.parametrize("state", [state for state in MOVES if ended(state)])
def test_nothing_moves_what_has_ended(state: str) -> None:
    life = replace(OFFERED, state=state, disagreed_at=CLOSE)
    for act in (
        lambda: disagree(life, CLOSE, WHY),
        lambda: weigh(life, CLOSE, True),
        lambda: offer(life, CLOSE, "x"),
        lambda: reply(life, CLOSE, True, by_objector=True),
        lambda: settle(life, LATER + ANSWER, True),
    ):
        with pytest.raises(DomainError):
            act()


def test_two_of_three_decide() -> None:
    assert verdict([]) is None
    assert verdict([True]) is None
    assert verdict([True, False]) is None
    assert verdict([True, False, True]) is True
    assert verdict([False, False]) is False


def test_every_state_has_a_name_and_leads_to_states() -> None:
    assert set(NAMES) == set(MOVES)
    assert set().union(*MOVES.values()) <= set(MOVES)
