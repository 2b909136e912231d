"""What counts in a meeting: numbers and lines."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.meetings.rules import Signed, lines, needed, read_sheet

pytestmark = pytest.mark.pure
NONE = Fraction(0)


@pytest.mark.parametrize(
    ("present", "confirmers", "quorum", "wanted"),
    [
        (37, 3, NONE, 3),
        (37, 3, Fraction(1, 2), 19),
        (36, 3, Fraction(1, 2), 18),
        (4, 3, Fraction(1, 2), 3),
        (2, 3, NONE, 2),
        (1, 3, Fraction(1, 1), 1),
        (300, 3, Fraction(1, 3), 100),
    ],
)
def test_so_many_or_such_a_share_of_those_present_confirm(
    present: int, confirmers: int, quorum: Fraction, wanted: int
) -> None:
    assert needed(present, confirmers, quorum) == wanted


def test_an_agenda_has_an_item_a_line() -> None:
    assert lines("一、听大家说\n\n  二、怎么办 \n") == ["一、听大家说", "二、怎么办"]


def test_a_sheet_is_read_as_it_was_signed() -> None:
    assert read_sheet("5-302 张阿姨\n\n14号楼3单元301室，韦妈妈\n苏工\n6-101") == [
        Signed(1, ("5", "302"), "张阿姨", "5-302"),
        Signed(3, ("14", "3", "301"), "韦妈妈", "14号楼3单元301室"),
        Signed(4, (), "苏工", "苏工"),
        Signed(5, ("6", "101"), "", "6-101"),
    ]
