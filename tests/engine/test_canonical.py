"""One way to write a value, and the hashes made of it: known answers, and the laws they rest on."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.engine.canonical import (
    ALPHABET,
    MOST,
    canon,
    commitment,
    encode32,
    parse_code,
    receipt_code,
    sha256_hex,
    tagged,
    text_hash,
)
from tests.engine.laws import law

NONCE = b"\x01" * 32
BALLOT = {"stance": "consent", "slot": "a"}
# Worked out with sha256sum and xxd, from the lengths and the bytes written one after the other.
BALLOT_HEX = "cf5b4609c4abd3510296e888c6bc353fea866edc8d6d125506a704e8b878c8da"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda t: unicodedata.normalize("NFC", t))
keys = st.text(st.characters(max_codepoint=127), max_size=6)
wholes = st.integers(-MOST, MOST)
values = st.recursive(
    st.none() | st.booleans() | wholes | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def turned(value: object) -> object:
    """The same value with the keys of every mapping in another order."""
    if isinstance(value, Mapping):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list) else value


def typed(value: object) -> object:
    """The value with the type beside it, for True is 1 to Python and isn't to JSON."""
    if isinstance(value, Mapping):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, False, None]}, '{"a":[true,false,null],"b":1}'),
        ({"a": {"z": {}, "Z": [], "10": 0, "9": -1}}, '{"a":{"10":0,"9":-1,"Z":[],"z":{}}}'),
        ("长椅 é 😀", '"长椅 é 😀"'),
        ('"\\/\b\t\n\f\r\x00\x1f\x7f\u2028', '"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028"'),
        ((1, ("a",)), '[1,["a"]]'),
        (MappingProxyType({"b": MappingProxyType({}), "a": 1}), '{"a":1,"b":{}}'),
        (MOST, "9007199254740991"),
        (-MOST, "-9007199254740991"),
        ("", '""'),
    ],
)
def test_how_a_value_is_written(value: object, written: str) -> None:
    assert canon(value) == written.encode()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.0, "$"),
        (float("nan"), "$"),
        ({"a": [0, 0.5]}, "$.a[1]"),
        (MOST + 1, "$"),
        ({"n": -MOST - 1}, "$.n"),
        ("e\u0301", "$"),
        ([["e\u0301"]], "$[0][0]"),
        ("a\ud800", "$"),
        ("\udfff", "$"),
        ({"é": 1}, "$"),
        ({"a": {1: 2}}, "$.a"),
        ({None: 2}, "$"),
        (b"bytes", "$"),
        ({1, 2}, "$"),
        (Decimal(1), "$"),
        (Fraction(1), "$"),
        (date(2021, 3, 19), "$"),
        (object(), "$"),
    ],
)
def test_what_has_no_one_way_to_be_written_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(ValueError, match=r"^\$") as refusal:
        canon(value)
    assert str(refusal.value).split(":")[0] == place


@law
@given(values)
def test_the_order_of_keys_is_irrelevant(value: object) -> None:
    assert canon(turned(value)) == canon(value)


@law
@given(values)
def test_what_was_written_reads_back_and_is_written_the_same_again(value: object) -> None:
    read = json.loads(canon(value))
    assert typed(read) == typed(value)
    assert canon(read) == canon(value)


@law
@given(values, values)
def test_different_values_are_written_differently(one: object, other: object) -> None:
    assert (canon(one) == canon(other)) == (typed(one) == typed(other))


@law
@given(st.text(max_size=8))
def test_text_is_taken_as_it_is_or_not_at_all(text: str) -> None:
    surrogate = any(unicodedata.category(char) == "Cs" for char in text)
    if surrogate or unicodedata.normalize("NFC", text) != text:
        for refuse in (canon, text_hash):
            with pytest.raises(ValueError, match=r"^\$: "):
                refuse(text)
    else:
        assert json.loads(canon(text)) == text
        assert len(text_hash(text)) == 64


@law
@given(st.integers())
def test_whole_numbers_are_taken_within_two_to_the_53(number: int) -> None:
    for n in (number, 2**53 + number):
        if -(2**53) < n < 2**53:
            assert canon(n) == str(n).encode()
        else:
            with pytest.raises(ValueError, match=r"beyond 2\*\*53"):
                canon(n)


@law
@given(st.floats())
def test_no_float_is_taken_not_even_a_whole_one(number: float) -> None:
    with pytest.raises(ValueError, match="float has no canonical form"):
        canon({"n": number})


def test_a_tagged_hash_is_that_of_the_tag_and_of_each_part_with_its_length() -> None:
    assert tagged("t", b"ab", b"c").hex() == "f37c52cbba41a2e505d0c3af301b676b73d6d3518266d6323eb901d6e11f4ce8"
    assert tagged("t").hex() == "7415e100520c4fc2de9429958c0b64500a076b48ef2ad0648c7243c52046c671"
    assert text_hash("长椅") == "af593d78696b2c0c2b2c811aa6f75c9c9be298014e181c78febb1d5bf661a045"
    assert commitment(BALLOT, NONCE).hex() == BALLOT_HEX
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


parts = st.lists(st.binary(max_size=10), max_size=4)


@law
@given(st.text("ab/", max_size=3), parts, st.text("ab/", max_size=3), parts)
def test_no_two_tags_or_lists_of_parts_share_a_hash(
    tag: str, one: list[bytes], other_tag: str, other: list[bytes]
) -> None:
    assert (tagged(tag, *one) == tagged(other_tag, *other)) == ((tag, one) == (other_tag, other))


@law
@given(st.binary(max_size=24), st.lists(st.integers(0, 24), max_size=3), st.lists(st.integers(0, 24), max_size=3))
def test_the_same_bytes_cut_in_other_places_have_another_hash(whole: bytes, cuts: list[int], others: list[int]) -> None:
    def cut(places: list[int]) -> list[bytes]:
        ends = [0, *sorted(min(place, len(whole)) for place in places), len(whole)]
        return [whole[a:b] for a, b in zip(ends, ends[1:], strict=False)]

    one, other = cut(cuts), cut(others)
    assume(one != other)
    assert tagged("t", *one) != tagged("t", *other)


@law
@given(parts, st.binary(max_size=20))
def test_a_length_written_into_a_part_does_not_pass_for_another_part(one: list[bytes], more: bytes) -> None:
    forged = b"".join(len(part).to_bytes(8, "big") + part for part in (*one, more))
    assert tagged("t", *one, more) == hashlib.sha256(hashlib.sha256(b"t").digest() + forged).digest()
    assert tagged("t", forged) != tagged("t", *one, more)


def test_a_commitment_binds_the_ballot_and_the_nonce() -> None:
    bound = commitment(BALLOT, NONCE)
    assert commitment({"slot": "a", "stance": "consent"}, NONCE) == bound
    assert commitment(MappingProxyType(BALLOT), NONCE) == bound
    assert commitment({**BALLOT, "stance": "abstain"}, NONCE) != bound
    assert commitment({**BALLOT, "slot": "b"}, NONCE) != bound
    assert commitment(BALLOT, NONCE[:-1] + b"\x02") != bound
    # The same bytes under another tag are another hash: a ballot's commitment is never a text's.
    assert tagged("qiding/text/v1", canon(BALLOT), NONCE) != bound
    with pytest.raises(ValueError, match="float"):
        commitment({"share": 0.5}, NONCE)


def test_a_receipt_code_is_the_first_60_bits() -> None:
    assert receipt_code(bytes.fromhex(BALLOT_HEX)) == "SXDM-C2E4-NF9N"
    assert receipt_code(b"\x00" * 32) == "0000-0000-0000"
    assert receipt_code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ"
    same = b"\x00" * 7 + b"\x0f" + b"\xff" * 24
    assert receipt_code(same) == "0000-0000-0000"
    assert receipt_code(b"\x00" * 7 + b"\x10" + b"\x00" * 24) == "0000-0000-0001"


@law
@given(st.binary(min_size=32, max_size=32))
def test_a_receipt_code_gives_back_its_bits_and_reads_as_itself(bound: bytes) -> None:
    code = receipt_code(bound)
    number = 0
    for char in code.replace("-", ""):
        number = number * 32 + ALPHABET.index(char)
    assert number == int.from_bytes(bound, "big") >> (256 - 60)
    assert parse_code(code) == code


@law
@given(st.integers(0, 2**60 - 1))
def test_encoding_keeps_order_and_length(number: int) -> None:
    assert len(encode32(number, 12)) == 12
    if number:
        assert encode32(number - 1, 12) < encode32(number, 12)


@law
@given(st.text(ALPHABET + "OIL", min_size=12, max_size=12), st.lists(st.sampled_from("- \u3000"), max_size=5))
def test_a_code_typed_by_hand_is_understood(typed_code: str, marks: list[str]) -> None:
    meant = typed_code.replace("O", "0").replace("I", "1").replace("L", "1")
    loose = "".join(char + (marks[n % len(marks)] if marks else "") for n, char in enumerate(typed_code))
    for way in (loose, loose.lower(), f"\t{loose}\n"):
        assert parse_code(way) == f"{meant[:4]}-{meant[4:8]}-{meant[8:]}"


@pytest.mark.parametrize(
    "typed_code",
    ["", "----", "SXDM-C2E4-NF9", "SXDM-C2E4-NF9NN", "SXDM-C2E4-NF9U", "SXDM-C2E4-NF9!", "SXDM-C2E4-NF9é", "票" * 12],
)
def test_what_can_be_no_code_is_none(typed_code: str) -> None:
    assert parse_code(typed_code) is None


@law
@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_written_code_or_none(typed_code: str) -> None:
    code = parse_code(typed_code)
    assert code is None or parse_code(code) == code
