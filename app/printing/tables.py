"""Tables for office programs: as a workbook (.xlsx) and as comma-separated values (.csv). No cell is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import xlsxwriter

from app.core.i18n import gettext
from app.printing.words import writable

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
Kind = Literal["text", "number", "money", "area", "share", "day"]
Value = str | int | None
FORMATS: dict[Kind, str] = {
    "number": "#,##0",
    "money": "#,##0.00",
    "area": "#,##0.00",
    "share": "0.0%",
    "day": "yyyy-mm-dd",
}
HUNDREDTHS = ("money", "area")  # fen, and 0.01 m²
WIDEST, NARROWEST = 56, 9
LINE, MOST_LINES = 16, 24  # points a line, and lines a row: Excel takes no row above 409 points
LEAF = 31  # the most signs that the name of a leaf may have
MOST_SIGNS = 32_767  # of one cell
# What a spreadsheet would run; full-width signs too, which Excel takes for theirs in East Asia. The apostrophes are those
# that such a text has already: with one more, a reader of the file gets every text back by taking one away.
_RUN = re.compile("'*(?:[\t\r\n]|\\s*[=+\\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column: its title and what stands in it. Money is in fen, areas in 0.01 m², shares in thousandths."""

    title: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Table:
    """A table: its name, its columns, its rows. An empty cell is None; a day is ISO text."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]


def workbook(tables: Sequence[Table], title: str, at: int) -> bytes:
    """The tables as a workbook, one a leaf; the same tables are the same bytes."""
    out = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, {**safe, "constant_memory": True})
    book.set_properties(
        {"title": writable(title), "created": datetime.fromtimestamp(at // 1000, UTC).replace(tzinfo=None)}
    )
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
    looks = {"text": book.add_format({"text_wrap": True, "valign": "top"})}
    looks |= {kind: book.add_format({"num_format": form, "valign": "top"}) for kind, form in FORMATS.items()}
    taken: set[str] = set()
    for table in tables:
        leaf = book.add_worksheet(_name(table.title, taken))
        leaf.set_paper(9)
        leaf.fit_to_pages(1, 0)
        leaf.freeze_panes(1, 0)
        leaf.repeat_rows(0)
        leaf.set_footer("&C&P / &N")
        if len(table.columns) > 4:
            leaf.set_landscape()
        widths = [_width(table, at_column) for at_column in range(len(table.columns))]
        for at_column in range(len(table.columns)):
            leaf.set_column(at_column, at_column, widths[at_column])
        for at_column, column in enumerate(table.columns):
            leaf.write_string(0, at_column, column.title, head)
        for n, row in enumerate(table.rows, start=1):
            leaf.set_row(n, LINE * _lines(row, widths))  # not every program finds out how high a row must be
            for at_column, (column, value) in enumerate(zip(table.columns, row, strict=True)):
                _write(leaf, n, at_column, column.kind, value, looks)
    book.close()
    return out.getvalue()


def _write(leaf: object, row: int, column: int, kind: Kind, value: Value, looks: dict[str, object]) -> None:
    write = leaf.write_string  # type: ignore[attr-defined]
    if value is None or value == "":
        return
    if isinstance(value, int):
        number = value / 100 if kind in HUNDREDTHS else value / 1000 if kind == "share" else value
        leaf.write_number(row, column, number, looks[kind])  # type: ignore[attr-defined]
    elif kind == "day" and (day := _day(value)) is not None:
        leaf.write_datetime(row, column, day, looks[kind])  # type: ignore[attr-defined]
    elif write(row, column, writable(value)[:MOST_SIGNS], looks["text"]):
        raise ValueError(f"row {row}, column {column} can't be written")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _name(title: str, taken: set[str]) -> str:
    """A name for a leaf: without the signs that none may have, short, and its own."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip().strip("'")[:LEAF] or gettext("Table")
    name, n = plain, 1
    while name.lower() in taken:
        n += 1
        name = f"{plain[: LEAF - 4]} {n}"
    taken.add(name.lower())
    return name


def _width(table: Table, at: int) -> float:
    """How wide a column is: as its longest line, within reason; a Chinese sign is as wide as two letters."""
    found = _signs(table.columns[at].title)
    for row in table.rows[:500]:
        value = row[at]
        if value is not None:
            found = max(found, *(_signs(line) for line in str(value).split("\n")))
    return min(WIDEST, max(NARROWEST, found + 2))


def _lines(row: Sequence[Value], widths: Sequence[float]) -> int:
    """How many lines a row needs, as many as one screen holds at most."""
    found = 1
    for value, width in zip(row, widths, strict=True):
        if isinstance(value, str):
            found = max(found, sum(max(1, -(-_signs(line) // int(width - 1))) for line in value.split("\n")))
    return min(MOST_LINES, found)


def _signs(text: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in text)


def rows_as_text(table: Table) -> bytes:
    """A table as comma-separated values, in UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(column.title) for column in table.columns])
    for row in table.rows:
        writer.writerow([_said(column.kind, value) for column, value in zip(table.columns, row, strict=True)])
    return out.getvalue().encode("utf-8-sig")


def _said(kind: Kind, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        if kind in HUNDREDTHS:
            return f"{Decimal(value) / 100:.2f}"
        return f"{Decimal(value) / 10:.1f}%" if kind == "share" else str(value)
    return guarded(value)


def guarded(text: str) -> str:
    """A text with an apostrophe before it where a spreadsheet would run it; all others are left as they are."""
    return f"'{text}" if _RUN.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(cell: str) -> str:
    """The text that ``guarded`` was given."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell
