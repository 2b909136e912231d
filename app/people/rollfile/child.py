"""The child process that decodes a spreadsheet: bytes in, JSON out, within limits of memory and time."""

from __future__ import annotations

import csv
import io
import json
import resource
import sys
from typing import Any

from app.people.rollfile.table import MOST_CELL, MOST_COLUMNS, MOST_ROWS, SECONDS

MEMORY = 1 << 30


def cell(value: Any) -> str:
    """One cell as trimmed text; 101.0 is 101."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()[:MOST_CELL]


def decode(data: bytes) -> str:
    """Text of a csv file in UTF-8, UTF-16 with its mark, or GB18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def csv_rows(data: bytes) -> Any:
    """Rows of a csv file, by whichever of comma, semicolon and tab its first lines have most of."""
    text = decode(data)
    head = text[:4000]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(MOST_CELL * 50)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def sheet_rows(data: bytes) -> Any:
    """Rows of the first sheet that has any, of an xlsx, xls or ods file."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for index in range(len(book.sheet_names)):
        sheet = book.get_sheet_by_index(index)
        if sheet.height and sheet.width:
            if sheet.total_height > MOST_ROWS + 10 or sheet.total_width > 16_384:
                return None
            return sheet.iter_rows()
    return []


def main() -> None:
    """Read stdin, write ``{"rows": …, "too_large": …}`` to stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    data = sys.stdin.buffer.read()
    rows: list[list[str]] = []
    too_large = False
    source = sheet_rows(data) if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") else csv_rows(data)
    for row in source if source is not None else ():
        cells = [cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS or len(rows) > MOST_ROWS:
            too_large = True
            break
        rows.append(cells)
    json.dump({"rows": [] if too_large else rows, "too_large": too_large or source is None}, sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        print(type(error).__name__, file=sys.stderr)
        sys.exit(1)
