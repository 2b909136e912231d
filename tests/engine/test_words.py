"""People's words in a hashed body: commitments that bind and hide, words put back, places exchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.canonical import canon
from app.engine.words import Key, Spot, Staff, Word, commitment_in, exchanged, put_back, split, spots


def salts() -> Callable[[], bytes]:
    numbers = count()
    return lambda: next(numbers).to_bytes(16, "big")


SAID = {
    "kind": Key("discussion"),
    "n": 3,
    "none": None,
    "empty": "",
    "said": [{"text": "灯什么时候修？", "kind": Key("question")}, {"text": "灯什么时候修？", "kind": Key("concern")}],
    "cost": {"what": Staff("灯"), "amount": 500},
}


def test_what_is_no_key_is_words_and_the_same_words_are_not_the_same_commitment() -> None:
    body, words = split(SAID, salts())
    assert (body["kind"], body["n"], body["none"], body["empty"]) == ("discussion", 3, None, "")
    first, second = (item["text"]["words"] for item in body["said"])
    assert first != second
    assert {word.text for word in words.values()} == {"灯什么时候修？", "灯"}
    assert all(word.hash == hashed for hashed, word in words.items())
    assert list(spots(body)) == [
        Spot(("said", 0, "text"), first, False),
        Spot(("said", 1, "text"), second, False),
        Spot(("cost", "what"), body["cost"]["what"]["words"], True),
    ]
    assert "灯" not in canon(body).decode()
    assert put_back(body, lambda hashed: words[hashed].text) == {**SAID}


def test_a_commitment_is_what_the_page_says_it_is() -> None:
    word = Word("张三", bytes(range(16)))
    tag = hashlib.sha256(b"qiding/words/v1").digest()
    parts = (word.text.encode(), word.salt)
    assert word.hash == hashlib.sha256(tag + b"".join(len(p).to_bytes(8, "big") + p for p in parts)).hexdigest()
    assert word.hash != Word("张三 ", word.salt).hash
    assert word.hash != Word("张三", bytes(16)).hash


@pytest.mark.parametrize("odd", [{"words": Key("ab" * 32)}, {"words": Key("ab" * 32), "staff": True}], ids=str)
def test_a_key_that_would_be_taken_for_a_commitment_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="commitment"):
        split({"said": odd}, salts())


@pytest.mark.parametrize(
    "odd", [{"words": ""}, {"words": "ab"}, {"words": 3}, {"words": "ab" * 32, "more": 1}, "ab" * 32, None, []], ids=str
)
def test_what_is_no_commitment_stays_what_it_is(odd: object) -> None:
    assert commitment_in(odd) is None
    assert put_back({"x": odd}, lambda _: "?") == {"x": odd}


@pytest.mark.parametrize("odd", ["e\u0301", "\ud800"], ids=ascii)
def test_words_have_one_way_to_be_written(odd: str) -> None:
    with pytest.raises(ValueError, match=r"[$][.]said"):
        split({"said": odd}, salts())


def test_one_place_is_exchanged_and_nothing_else() -> None:
    body = {"a": [{"b": 1}, {"b": 2}], "c": 3}
    assert exchanged(body, ("a", 1, "b"), 9) == {"a": [{"b": 1}, {"b": 9}], "c": 3}
    assert body["a"] == [{"b": 1}, {"b": 2}]
    with pytest.raises(KeyError):
        exchanged(body, ("a", 1, "z", "y"), 9)


NAMES = st.sampled_from(["words", "staff", "text", "kind", "a"])
LEAVES = st.one_of(st.integers(-5, 5), st.booleans(), st.none(), st.sampled_from(["", "灯", "修灯"]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=9,
)


@given(VALUES)
def test_whatever_is_said_is_read_again(value: Any) -> None:
    body, words = split(value, salts())
    assert put_back(body, lambda hashed: words[hashed].text) == value
    assert sorted(spot.hash for spot in spots(body)) == sorted(words)
