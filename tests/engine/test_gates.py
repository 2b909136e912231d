"""Gates weighed against their waivers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.gates import GateResult, GateState, Waiver, all_hold, weigh
from app.engine.phrase import phrase
from tests.engine.laws import law


def result(key: str = "looked_at", *, met: bool = False, waivable: bool = True) -> GateResult:
    return GateResult(key, f"kind_of_{key}", met, phrase("Looked at?"), waivable=waivable)


def waiver(gate: str = "looked_at", at: int = 1) -> Waiver:
    return Waiver(gate, "p1", "Lin", "The neighbours asked for it.", at)


@pytest.mark.parametrize(
    ("met", "waivable", "let_pass", "state"),
    [
        (True, True, False, "met"),
        (True, True, True, "met"),
        (True, False, True, "met"),
        (True, False, False, "met"),
        (False, True, True, "waived"),
        (False, True, False, "open"),
        (False, False, True, "open"),
        (False, False, False, "open"),
    ],
)
def test_how_a_gate_stands(met: bool, waivable: bool, let_pass: bool, state: str) -> None:
    stands = GateState(result(met=met, waivable=waivable), waiver() if let_pass else None)
    assert stands.state == state
    assert stands.holds == (state != "open")


def test_a_kind_that_does_not_say_so_can_never_be_waived() -> None:
    silent = GateResult("looked_at", "sign_off", False, phrase("Looked at?"))
    assert not GateState(silent, waiver()).holds


def test_each_result_has_its_own_waiver_in_its_own_place() -> None:
    found = [result("one"), result("two"), result("three", met=True)]
    states = weigh(found, [waiver("two"), waiver("elsewhere")])
    assert [state.result for state in states] == found
    assert [state.waiver for state in states] == [None, waiver("two"), None]
    assert [state.state for state in states] == ["open", "waived", "met"]
    assert weigh([], [waiver()]) == ()


found = st.builds(result, st.sampled_from(["one", "two", "three", "four"]), met=st.booleans(), waivable=st.booleans())


@law
@given(st.lists(found, unique_by=lambda r: r.key), st.sets(st.sampled_from(["one", "two", "three", "five"])))
def test_all_hold_when_each_is_met_or_was_waived_and_may_be(results: list[GateResult], waived: set[str]) -> None:
    states = weigh(results, [waiver(gate) for gate in sorted(waived)])
    assert all_hold(states) == all(r.met or (r.waivable and r.key in waived) for r in results)


@law
@given(st.lists(found, unique_by=lambda r: r.key), st.sets(st.sampled_from(["one", "two", "three", "four"])))
def test_a_waiver_never_closes_what_was_open_to_pass(results: list[GateResult], waived: set[str]) -> None:
    before = weigh(results, [])
    after = weigh(results, [waiver(gate) for gate in waived])
    assert all(later.holds for earlier, later in zip(before, after, strict=True) if earlier.holds)
