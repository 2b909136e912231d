"""The life of an objection: every move from every state, by whom."""

from __future__ import annotations

from itertools import product

import pytest

from app.engine.errors import Conflict, Forbidden
from app.engine.objections import MOVES, NAMES, ended, move

ENDS = {"concern", "withdrawn", "resolved", "deferred"}
# A way an objection goes, and what it needs besides.
WAYS = {
    ("raised", "qualified"): "",
    ("raised", "concern"): "",
    ("raised", "withdrawn"): "the objector",
    ("qualified", "withdrawn"): "the objector",
    ("qualified", "resolved"): "the objector's word",
    ("qualified", "deferred"): "",
}


@pytest.mark.parametrize(("state", "to"), list(product(MOVES, [*MOVES, "forgotten"])))
@pytest.mark.parametrize("by_objector", [False, True])
@pytest.mark.parametrize("confirmed", [False, True])
def test_every_move(state: str, to: str, by_objector: bool, confirmed: bool) -> None:
    def try_it() -> str:
        return move(state, to, by_objector=by_objector, confirmed=confirmed)

    needs = WAYS.get((state, to))
    if needs is None:
        with pytest.raises(Conflict, match="come to its end" if state in ENDS else "can't go that way"):
            try_it()
    elif (needs and not by_objector) or (needs == "the objector's word" and not confirmed):
        with pytest.raises(Forbidden):
            try_it()
    else:
        assert try_it() == to


def test_the_word_of_the_objector_is_not_taken_for_granted() -> None:
    with pytest.raises(Forbidden, match="confirm that it is resolved"):
        move("qualified", "resolved", by_objector=True)


def test_what_has_ended() -> None:
    assert {state for state in MOVES if ended(state)} == ENDS


@pytest.mark.parametrize("by_objector", [False, True])
def test_every_objection_can_come_to_an_end_without_the_objector_as_well(by_objector: bool) -> None:
    def can_end(state: str) -> bool:
        if ended(state):
            return True
        for to in MOVES[state]:
            try:
                following = move(state, to, by_objector=by_objector, confirmed=by_objector)
            except Forbidden:
                continue
            if can_end(following):
                return True
        return False

    assert all(can_end(state) for state in MOVES)


def test_every_state_has_a_name_and_leads_to_states() -> None:
    assert set(NAMES) == set(MOVES)
    assert len({str(name) for name in NAMES.values()}) == len(NAMES)
    assert set().union(*MOVES.values()) <= set(MOVES)
