"""Tables for office programs: no cell is a formula, whatever it begins with, and every text comes back as it was."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from app.core.i18n import init_i18n
from app.printing.tables import Column, Table, guarded, rows_as_text, unguarded, workbook

pytestmark = pytest.mark.pure
AT = 1_772_942_400_000
RUN = [
    *("=1+1", "@cmd", "+1+1", "-2+3", '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "\t=1", "\r=1", "＝1+1", "＠cmd"),
    *(" =1+1", "\u3000@cmd", "'=1+1", "''@x", "'+86"),
]
STILL = [
    *(
        "紫藤里",
        "a,b",
        'say "yes"',
        "两\n行",
        "\r\n回车",
        "'",
        "'quoted'",
        "–",
        "1=1",
        "http://example.org/",
        "mailto:a@b.cn",
    ),
    *("𠮷野", "_x0041_", "0012", "3-201", "<b>&amp;</b>", "\ufeff", "，", ";", "e\u0301"),
]
NUMBERS = ["-5", "+86", "-0.5"]
COLUMNS = [
    *(Column("文字"), Column("数", "number"), Column("钱", "money"), Column("面积", "area"), Column("占比", "share")),
    Column("日子", "day"),
]


def table(texts: list[str]) -> Table:
    rows = [[text, n, -1250 * n, 8950, 333, "2026-03-08"] for n, text in enumerate(texts)]
    return Table("名[单]:*?/\\", COLUMNS, [*rows, [None, None, None, None, None, None], ["", 0, 0, 0, 1000, "没定"]])


def test_a_workbook_holds_no_formula_and_no_link_and_gives_back_every_text_and_number() -> None:
    texts = [*RUN, *STILL, *NUMBERS]
    data = workbook([table(texts), table([])], "账", AT)
    assert data == workbook([table(texts), table([])], "账", AT)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            part = package.read(name).decode()
            assert not re.search(r"<f[ >/]|<hyperlink|externalLink", part), name
            assert {item.date_time[0] for item in package.infolist()} == {1980}
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    first, second = book.sheet_names
    assert len({first, second}) == 2
    assert not set("[]:*?/\\") & set(first + second)
    rows = book.get_sheet_by_name(first).to_python(skip_empty_area=False)
    assert rows[0] == ["文字", "数", "钱", "面积", "占比", "日子"]
    for n, (text, row) in enumerate(zip(texts, rows[1:], strict=False)):
        assert row == [text, n, -12.5 * n, 89.5, 0.333, date(2026, 3, 8)], text
    assert rows[-1] == ["", 0, 0, 0, 1, "没定"]


def test_what_no_file_can_hold_is_left_out_and_breaks_none() -> None:
    rows = [["a\x00b\x01\ufffe\uffffc", 1, 1, 1, 1, "2026-03-08"]]
    data = workbook([Table("x", COLUMNS, rows)], "t\x0b\uffff", AT)
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1][0] == "abc"


def test_comma_separated_values_come_back_exactly_and_only_what_would_run_is_guarded() -> None:
    texts = [*RUN, *STILL, *NUMBERS]
    data = rows_as_text(table(texts))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [unguarded(row[0]) for row in rows[1:-2]] == texts
    assert [row[0] for row in rows[1 : 1 + len(RUN)]] == [f"'{text}" for text in RUN]
    assert [row[0] for row in rows[1 + len(RUN) : -2]] == [*STILL[:4], "'\r\n回车", *STILL[5:], *NUMBERS]
    assert rows[3][1:] == ["2", "-25.00", "89.50", "33.3%", "2026-03-08"]
    assert rows[-2] == [""] * 6


def test_a_guard_is_taken_away_without_a_loss_from_any_text() -> None:
    for start in ("", "'", "''", " ", "\t", "' ", "'\n"):
        for then in ("=", "@", "+1", "-", "x", "'x", "５", ""):
            text = start + then
            assert unguarded(guarded(text)) == text
            assert guarded(text)[:1] not in ("=", "@", "\t")


def test_leaves_have_names_of_their_own() -> None:
    app = Flask("app")
    init_i18n(app)
    with app.test_request_context("/"):
        tables = [Table(name, [Column("x")], []) for name in ("长" * 40, "长" * 40, "'", "history", "a/b", "A B")]
        names = CalamineWorkbook.from_filelike(io.BytesIO(workbook(tables, "x", AT))).sheet_names
    assert len({name.lower() for name in names}) == len(tables)
    assert all(0 < len(name) <= 31 for name in names)
