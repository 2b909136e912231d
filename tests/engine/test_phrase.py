"""Sentences that wait for their reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.method import Text
from app.engine.phrase import Moment, Money, Phrase, phrase, plural_phrase
from tests.engine.laws import law


def test_a_phrase_fills_its_places() -> None:
    told = phrase(
        "%(who)s gave %(sum)s at %(when)s for “%(what)s”.",
        who="Lin",
        sum=Money(123450),
        when=Moment(7),
        what=Text("凳", "bench"),
    )
    assert str(told) == "Lin gave 1234.50 at 7 for “bench”."


def test_a_phrase_may_hold_another() -> None:
    assert str(phrase("No: %(why)s", why=phrase("%(n)s are missing", n=2))) == "No: 2 are missing"


def test_a_phrase_without_values_is_told_as_it_is_written() -> None:
    assert str(phrase("More than 50% is needed.")) == "More than 50% is needed."


@pytest.mark.parametrize(("n", "told"), [(0, "0 gates"), (1, "1 gate"), (2, "2 gates"), (11, "11 gates")])
def test_a_phrase_has_the_form_of_its_count(n: int, told: str) -> None:
    assert str(plural_phrase("%(n)s gate", "%(n)s gates", n)) == told


def test_the_count_is_the_one_that_chose_the_form() -> None:
    assert plural_phrase("%(n)s gate", "%(n)s gates", 2, of=Moment(1)).values == (("n", 2), ("of", Moment(1)))


@law
@given(st.permutations([("n", 1), ("who", "Lin"), ("when", Moment(7)), ("sum", Money(5))]))
def test_the_order_of_the_values_makes_no_other_phrase(values: list[tuple[str, object]]) -> None:
    told = phrase("x", **dict(values))
    assert told == phrase("x", n=1, who="Lin", when=Moment(7), sum=Money(5))
    assert hash(told) == hash(phrase("x", **dict(reversed(values))))


@law
@given(st.integers(-(10**12), 10**12))
def test_an_amount_is_told_to_the_fen(fen: int) -> None:
    told = str(Money(fen))
    assert int(told.replace(".", "")) == fen
    assert told[-3] == "."


@pytest.mark.parametrize(
    ("refusal", "status"), [(Conflict(phrase("No.")), 409), (Invalid(phrase("No.")), 422), (NotFound(), 404)]
)
def test_a_refusal_carries_its_sentence(refusal: Conflict | Invalid | NotFound, status: int) -> None:
    assert refusal.status == status
    assert isinstance(refusal.message, Phrase)
    assert str(refusal) == str(refusal.message) != ""
