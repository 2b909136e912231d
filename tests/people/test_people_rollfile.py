"""Reading a roll: formats, headers, what a row says, what is wrong with it. No database."""

from __future__ import annotations

import time

import pytest

from app.engine.errors import Invalid
from app.people.rollfile import Parsed, canonical_digest, parse, read_table
from tests.core.pictures import HTML, PDF, photo
from tests.people.roll_files import ENGLISH, HEAD, ROWS, archive, text, with_part, xlsx

EXPECTED = [
    ("5", "1", "101", 8950, "owner", "张三"),
    ("5", "1", "102", 6000, "let", "李四"),
    ("5", "2", "201", 7325, "empty", "王五"),
    ("12", "", "1801", None, "", "赵六"),
]


def facts(parsed: Parsed) -> list[tuple[object, ...]]:
    """What the rows say, without their lines."""
    return [(r.building, r.entrance, r.room, r.floor_area, r.occupancy, r.householder) for r in parsed.rows]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(xlsx(ROWS), id="xlsx"),
        pytest.param(xlsx(ROWS, ENGLISH), id="xlsx in English"),
        pytest.param(xlsx(ROWS, title="紫藤里小区住户名册（2026年）"), id="xlsx with a title"),
        pytest.param(text(ROWS), id="csv in UTF-8"),
        pytest.param(text(ROWS, encoding="utf-8-sig"), id="csv in UTF-8 with a mark"),
        pytest.param(text(ROWS, encoding="gb18030"), id="csv in GB18030"),
        pytest.param(text(ROWS, encoding="utf-16"), id="csv in UTF-16"),
        pytest.param(text(ROWS, ENGLISH, delimiter=";"), id="csv with semicolons"),
        pytest.param(text(ROWS, delimiter="\t"), id="csv with tabs"),
        pytest.param(
            text(ROWS, ("幢号：", "门洞", "房间号*", "业主姓名", "建筑面积（㎡）", "使用情况")), id="other words"
        ),
        pytest.param(text([(*row, "138 0000 0000") for row in ROWS], (*HEAD, "联系电话")), id="with telephone numbers"),
        pytest.param(text([*ROWS, ("合计", "", "", "", "222.75", "")]), id="with a total"),
        pytest.param(text([ROWS[0], ("",) * 6, *ROWS[1:]]), id="with an empty line"),
    ],
)
def test_a_roll_is_read_in_many_forms(data: bytes) -> None:
    parsed = parse(read_table(data))
    assert facts(parsed) == EXPECTED
    assert parsed.bad == ()


def test_lines_are_those_of_the_file() -> None:
    assert [row.line for row in parse(read_table(xlsx(ROWS))).rows] == [2, 3, 4, 5]
    assert [row.line for row in parse(read_table(xlsx(ROWS, title="名册"))).rows] == [4, 5, 6, 7]


def test_cells_with_formulas_count_by_their_value() -> None:
    rows = [("5", "1", "=100+1->101", "张三", "=44.75*2->89.5", "自住")]
    assert facts(parse(read_table(xlsx(rows)))) == [EXPECTED[0]]


def test_the_same_content_has_one_digest_in_whichever_form_it_comes() -> None:
    tables = [xlsx(ROWS), text(ROWS[::-1], encoding="gb18030"), text(ROWS, ENGLISH)]
    digests = {canonical_digest(parse(read_table(data)).rows) for data in tables}
    assert len(digests) == 1
    other = [*ROWS[:3], ("12", "", "1801", "赵六", "0.01", "")]
    assert canonical_digest(parse(read_table(text(other))).rows) not in digests


GOOD = ("5", "1", "101", "张三", "89.50", "自住")
BAD_ROWS = [
    ((" ", "1", "101", "", "", ""), "The building is missing."),
    (("5", "1", "室", "", "", ""), "The room is missing."),
    (("5", "1", "1 01", "", "", ""), "“1 01” is not a building"),
    (("<b>5</b>", "1", "101", "", "", ""), "is not a building"),
    (("=1+1", "1", "101", "", "", ""), "is not a building"),
    (("5" * 21, "1", "101", "", "", ""), "is not a building"),
    (("5", "1", "101", "", "-0.01", ""), "“-0.01” is not an area"),
    (("5", "1", "101", "", "0", ""), "can't be right"),
    (("5", "1", "101", "", "0.00", ""), "can't be right"),
    (("5", "1", "101", "", "89.999", ""), "more than two decimals"),
    (("5", "1", "101", "", "1e9", ""), "is not an area"),
    (("5", "1", "101", "", "999999", ""), "can't be right"),
    (("5", "1", "101", "", "89,5", ""), "is not an area"),
    (("5", "1", "101", "", "约90", ""), "is not an area"),
    (("5", "1", "101", "", "", "不知道"), "says nothing we know"),
    (("5", "1", "101", "张" * 61, "", ""), "The name can't be kept"),
    (("5", "1", "101", "张\x07三", "", ""), "The name can't be kept"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
def test_a_bad_row_is_named_with_its_line_and_its_reason(row: tuple[str, ...], reason: str) -> None:
    parsed = parse([HEAD, ("6", *GOOD[1:]), [cell.strip() for cell in row], ("7", *GOOD[1:])])
    assert len(parsed.rows) == 2
    assert [(bad.line, reason in str(bad.problem)) for bad in parsed.bad] == [(3, True)], parsed.bad
    assert [cell for cell in row if cell.strip()][0] in parsed.bad[0].cells


def test_every_bad_row_is_named() -> None:
    parsed = parse(read_table(text([row for row, _ in BAD_ROWS])))
    assert [bad.line for bad in parsed.bad] == list(range(2, 2 + len(BAD_ROWS)))
    assert parsed.rows == ()


def test_a_unit_stands_once() -> None:
    parsed = parse(read_table(text([GOOD, ("5号楼", "1单元", "101室", "李四", "60", ""), ("5", "2", *GOOD[2:])])))
    assert [row.line for row in parsed.rows] == [2, 4]
    assert [(bad.line, str(bad.problem)) for bad in parsed.bad] == [(3, "The same unit stands in line 2 already.")]


@pytest.mark.parametrize("area", ["８９.５０", "89.5 平方米", "89.500", "89.5m²"])
def test_an_area_is_read_as_people_write_it(area: str) -> None:
    assert parse([HEAD, (*GOOD[:4], area, "")]).rows[0].floor_area == 8950


@pytest.mark.parametrize(
    ("head", "missing"),
    [
        (("楼号", "单元", "户主"), "room (室号)"),
        (("单元", "室号", "户主"), "building (楼号)"),
        (("a", "b", "c"), "building (楼号)"),
    ],
)
def test_a_missing_column_is_named(head: tuple[str, ...], missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse([head, ("5", "1", "101")])
    assert missing in str(refused.value)
    assert head[0] in str(refused.value)
    assert set(refused.value.fields) == {"file"}


SHEET = xlsx(ROWS)
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
BILLION = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + LAUGHS + b"]><sst><si><t>&l9;</t></si></sst>"
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><sst><si><t>&f;</t></si></sst>'
SHARED = "xl/sharedStrings.xml"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n,,\n", "no rows", id="no rows"),
        pytest.param(bytes(11 * 1024 * 1024), "larger than 10 MB", id="too large"),
        pytest.param(PDF, "not a spreadsheet", id="pdf"),
        pytest.param(photo(), "not a spreadsheet", id="photo"),
        pytest.param(HTML, "no column", id="html"),
        pytest.param(b"PK\x03\x04" + bytes(400), "can't be read", id="broken zip"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(4000), "can't be read", id="broken xls"),
        pytest.param(SHEET[: len(SHEET) // 2], "can't be read", id="cut short"),
        pytest.param(archive({"a.txt": b"a"}), "can't be read", id="another zip"),
        pytest.param(archive({"a": bytes(30_000_000)}), "unpacks to more", id="bomb"),
        pytest.param(archive({f"{n}": b"" for n in range(2_001)}), "unpacks to more", id="many entries"),
        pytest.param(with_part(SHEET, "../evil", b"x"), "can't be read", id="climbing entry"),
        pytest.param(with_part(SHEET, "/etc/passwd", b"x"), "can't be read", id="absolute entry"),
        pytest.param(text([("5",) * 61] * 3, tuple(HEAD) + ("x",) * 55), "more than", id="wide"),
        pytest.param(
            b"\xe6\xa5\xbc\xe5\x8f\xb7,\xe5\xae\xa4\xe5\x8f\xb7\n" + b"5,1\n" * 100_020, "more than", id="long"
        ),
    ],
)
def test_what_is_no_roll_is_refused_with_a_message(data: bytes, reason: str) -> None:
    start = time.monotonic()
    with pytest.raises(Invalid, match=reason):
        parse(read_table(data))
    assert time.monotonic() - start < 10


def test_a_protected_file_is_named_as_such() -> None:
    data = bytearray(archive({"a.xml": b"a"}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    with pytest.raises(Invalid, match="protected by a password"):
        read_table(bytes(data))


@pytest.mark.parametrize("part", [BILLION, XXE])
def test_entities_of_a_sheet_are_not_followed(part: bytes) -> None:
    start = time.monotonic()
    try:
        table = read_table(with_part(SHEET, SHARED, part))
    except Invalid:
        table = []
    assert time.monotonic() - start < 10
    assert "haha" not in str(table)
    assert "root:" not in str(table)
