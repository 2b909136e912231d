"""Spreadsheets as property companies send them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence

import xlsxwriter

HEAD = ("楼号", "单元", "室号", "户主", "建筑面积", "居住情况")
ENGLISH = ("Building", "Entrance", "Room", "Householder", "Area", "Occupancy")
ROWS: tuple[tuple[object, ...], ...] = (
    ("5号楼", "1单元", 101, "张三", 89.5, "自住"),
    ("5号楼", "1单元", 102, "李四", 60, "出租"),
    ("5号楼", "2单元", "201室", "王五", "73.25㎡", "空关"),
    ("12", "", "1801", "赵六", "", ""),
)

Table = Sequence[Sequence[object]]


def xlsx(rows: Table, head: Sequence[str] = HEAD, title: str = "") -> bytes:
    """An xlsx file; a cell that starts with "=" is a formula whose value is what follows "->"."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("户籍")
    start = 0
    if title:
        sheet.write(0, 0, title)
        start = 2
    for line, row in enumerate([head, *rows], start):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.startswith("="):
                formula, _, value = cell.partition("->")
                sheet.write_formula(line, column, formula, None, float(value) if value else 0)
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)
            else:
                sheet.write(line, column, cell)
    book.close()
    return out.getvalue()


def text(rows: Table, head: Sequence[str] = HEAD, *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A csv file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([head, *rows])
    return out.getvalue().encode(encoding)


def archive(entries: dict[str, bytes]) -> bytes:
    """A zip file of these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return out.getvalue()


def with_part(book: bytes, name: str, data: bytes) -> bytes:
    """An xlsx file with one of its parts replaced, or added."""
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        entries = {entry: file.read(entry) for entry in file.namelist()}
    return archive({**entries, name: data})
