"""Numbered sheets: misread numbers show, two must agree, the account always holds, the draw can be repeated."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import sheets
from app.engine.errors import Conflict, Invalid
from app.engine.sheets import Reading
from tests.engine.laws import law

POLL, OTHER = "0123456789ABCDEF", "ZZZZZZZZZZZZZZZZ"
numbers = st.integers(1, sheets.MOST_NUMBER)
readings = st.tuples(
    st.sampled_from([sheets.VALID, sheets.SPOILT, sheets.BLANK]),
    st.integers(1, 2),
    st.sampled_from(["consent", "abstain"]),
).map(lambda x: x if x[0] == sheets.VALID else (x[0], None, None))


def typed(serial: str) -> str:
    return serial.split("-", 1)[1].lstrip("0").replace("-", "").lower()


@law
@given(numbers)
def test_a_serial_is_read_as_printed_and_as_typed(n: int) -> None:
    printed = sheets.serial(POLL, n)
    assert sheets.read_serial(POLL, printed) == n
    assert sheets.read_serial(POLL, f" {typed(printed)} ") == n


@law
@given(numbers, st.data())
def test_one_wrong_digit_or_two_that_changed_places_show(n: int, data: st.DataObject) -> None:
    digits, letter = str(n), sheets.serial(POLL, n)[-1]
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    wrong = [*digits]
    if data.draw(st.booleans()):
        wrong[place] = digit
    else:
        wrong[place], wrong[other] = wrong[other], wrong[place]
    if "".join(wrong) == digits:
        return
    with pytest.raises(Invalid):
        sheets.read_serial(POLL, "".join(wrong) + letter)


def test_a_sheet_of_another_round_is_told_by_its_prefix() -> None:
    assert sheets.prefix(POLL) != sheets.prefix(OTHER)
    with pytest.raises(Invalid, match="another round"):
        sheets.read_serial(POLL, sheets.serial(OTHER, 5))


@pytest.mark.parametrize("text", ["", "42", "K42", "0K", "4２K4", "９" * 9 + "K", "-1K", "42KK", "A\x00B-1-K", "十K"])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        sheets.read_serial(POLL, text)


@law
@given(st.lists(readings, max_size=6))
def test_a_sheet_counts_when_two_agree_and_never_by_one(said: list[tuple[str, int | None, str | None]]) -> None:
    made = [
        Reading(person, kind, unit, {"stance": stance} if stance else None)
        for person, (kind, unit, stance) in enumerate(said)
    ]
    found = sheets.agreed(made)
    times = [said.count(item) for item in said]
    assert (found is not None) == any(n > 1 for n in times)
    if found is not None:
        assert times[made.index(found)] > 1
        # Whatever comes after two agreed changes nothing.
        ends = next(n for n in range(2, len(said) + 1) if sheets.agreed(made[:n]) is not None)
        assert found == sheets.agreed(made[:ends])


def test_the_third_agrees_with_one_of_the_two_or_another_reads() -> None:
    one, two, three = (Reading(n, sheets.VALID, 7, {"stance": s}) for n, s in enumerate(("consent", "abstain", "no")))
    assert sheets.agreed([one, two]) is None
    assert sheets.agreed([one, two, three]) is None
    assert sheets.agreed([one, two, Reading(3, sheets.VALID, 7, {"stance": "abstain"})]) == two
    assert sheets.agreed([one, Reading(3, sheets.VALID, 8, {"stance": "consent"})]) is None


def test_words_agree_whatever_the_blanks_and_marks() -> None:
    one = Reading(1, sheets.VALID, 7, {"stance": "concern", "text": "请看好 种植箱。"})
    assert sheets.agreed([one, Reading(2, sheets.VALID, 7, {"stance": "concern", "text": "请看好种植箱"})]) == one
    assert sheets.agreed([one, Reading(2, sheets.VALID, 7, {"stance": "concern", "text": "请看好防水"})]) is None


def test_nobody_reads_a_sheet_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        sheets.agreed([Reading(1, sheets.BLANK), Reading(1, sheets.BLANK)])


@law
@given(
    st.dictionaries(st.sampled_from([sheets.ISSUED, sheets.RETURNED, *sheets.ENDS]), st.integers(0, 500)), st.booleans()
)
def test_the_account_always_holds(states: dict[str, int], closed: bool) -> None:
    found = sheets.account(states, closed=closed)
    assert all(item.holds for item in found.equations)
    if closed:
        assert found.issued == found.returned + found.missing
        assert found.out == 0
    if found.done:
        assert found.returned == found.valid + found.spoilt + found.blank + found.overtaken
    for item in found.equations:
        assert str(item.left) in str(item.says)


def test_an_unknown_state_is_no_sheet() -> None:
    with pytest.raises(ValueError, match="no such state"):
        sheets.account({"lost": 1}, closed=True)


@law
@given(st.lists(st.sampled_from([sheets.ISSUED, sheets.RETURNED, *sheets.ENDS]), max_size=8))
def test_a_sheet_is_returned_before_it_ends(path: list[str]) -> None:
    state, seen = sheets.ISSUED, [sheets.ISSUED]
    for to in path:
        try:
            state = sheets.move(state, to)
        except Conflict:
            continue
        seen.append(state)
    ends = [n for n, item in enumerate(seen) if item in sheets.ENDS]
    assert all(sheets.RETURNED in seen[:n] for n in ends)
    assert sheets.ISSUED not in seen[1:]


@law
@given(st.sets(numbers, max_size=200), st.text("123456", min_size=5, max_size=10))
def test_the_draw_is_repeated_by_anybody(chosen: set[int], dice: str) -> None:
    serials = [sheets.serial(POLL, n) for n in chosen]
    root = "ab" * 32
    seed = sheets.seed(root, sheets.read_dice(" ".join(dice)))
    drawn = sheets.draw(seed, serials)
    assert drawn == sheets.draw(seed, serials[::-1])
    assert set(drawn) <= set(serials)
    assert len(drawn) == min(len(serials), max(10, (len(serials) + 9) // 10))
    # The same in other words: hash each number behind the seed, and take the smallest.
    again = hashlib.sha256((root + dice).encode()).hexdigest()
    order = sorted((hashlib.sha256((again + item).encode()).hexdigest(), item) for item in serials)
    assert drawn == sorted(item for _, item in order[: len(drawn)])


@pytest.mark.parametrize("text", ["", "1234", "12347", "12340", "abcde", "1" * 41])
def test_dice_have_six_sides(text: str) -> None:
    with pytest.raises(Invalid):
        sheets.read_dice(text)


def test_a_difference_lets_all_be_compared() -> None:
    drawn, counted = ["a", "c"], ["a", "b", "c", "d"]
    assert sheets.still_to_compare(drawn, counted, {}) == ["a", "c"]
    assert sheets.still_to_compare(drawn, counted, {"a": True}) == ["c"]
    assert sheets.still_to_compare(drawn, counted, {"a": True, "c": True}) == []
    assert sheets.still_to_compare(drawn, counted, {"a": False}) == ["b", "c", "d"]
