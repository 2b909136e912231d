"""The whole state space of a consent round among three voters: its laws hold, and each guard is needed."""

from __future__ import annotations

import pytest

from app.engine import objections
from app.engine.errors import Conflict
from app.engine.voting import decision, moves
from app.engine.voting.decision import Asking, Terms
from tests.engine.voting.laws import Broken
from tests.engine.voting.small_world import explore, stranded

pytestmark = pytest.mark.pure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("terms", "desk"),
    [
        (Terms(rounds=1, handle_days=12), True),  # with disagreement and panels
        (Terms(rounds=3, handle_days=12, formal=True), False),
        (Terms(rounds=3, handle_days=12, narrow=False), False),
    ],
    ids=["one round and the whole desk", "three rounds and a formal vote", "three rounds, no smaller text"],
)
def test_every_state_keeps_the_laws_and_can_end(terms: Terms, desk: bool) -> None:
    found = explore(terms, desk)
    assert not stranded(found)
    assert {state.case.decision.state for state in found} >= {"deciding", *decision.ENDS}
    phases = {decision.phase(state.case, state.now) for state in found}
    # A count that waits, for paper or under notice, is none of this world: a test of its own says what it does.
    unseen = {"counting"} | ({"integrating"} if terms.rounds == 1 else set())
    assert phases == set(decision.PHASES) - unseen


def _nothing(*_: object) -> None:
    return None


@pytest.mark.parametrize("name", sorted(moves.GUARDS))
def test_each_guard_of_a_decision_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(moves.GUARDS, name, _nothing)
    with pytest.raises(Broken):
        _explore_both()


def _explore_both() -> None:
    for formal, narrow in ((True, False), (False, True)):
        explore(Terms(rounds=2, handle_days=12, formal=formal, narrow=narrow), desk=False)


@pytest.mark.parametrize("name", sorted(objections.GUARDS))
def test_each_guard_of_an_objection_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(objections.GUARDS, name, _nothing)
    with pytest.raises(Broken):
        explore(Terms(rounds=1, handle_days=12))


def test_a_count_that_is_not_final_decides_nothing() -> None:
    """Neither lapsed nor passed while sheets are read or the count hangs under notice; an announcement has to wait."""
    day = 24 * 3_600_000
    for quorum_met in (True, False):
        last = decision.Round(0, 2 * day, 9 * day, "text", quorum_met=quorum_met, counted=False)
        case = decision.Case(decision.Decision("deciding"), (last,))
        assert decision.phase(case, 8 * day) == "open"
        assert decision.phase(case, 10 * day) == "counting"
        with pytest.raises(Conflict):
            moves.require_turn(case, Asking(10 * day))
