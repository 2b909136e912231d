"""Rows of a roll: which column is which, what each row says, and what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase

HEADERS = {
    "building": ("楼号", "楼栋", "楼", "幢", "幢号", "栋", "栋号", "楼幢", "building", "block"),
    "entrance": ("单元", "单元号", "门", "门号", "门洞", "entrance", "staircase"),
    "room": ("室号", "房号", "室", "房间", "房间号", "门牌", "户号", "room", "flat", "unit", "apartment"),
    "householder": ("户主", "户主姓名", "姓名", "业主", "业主姓名", "产权人", "联系人", "householder", "name", "owner"),
    "floor_area": ("面积", "建筑面积", "产证面积", "房屋面积", "area", "floorarea"),
    "occupancy": ("居住情况", "居住性质", "使用情况", "性质", "居住状态", "自住出租", "occupancy", "use"),
}
REQUIRED = {"building": phrase("building (楼号)"), "room": phrase("room (室号)")}
# Recognised and left in the file: we keep no telephone numbers and no numbers of identity papers.
OCCUPANCY = {
    "owner": ("自住", "自用", "业主", "owner", "owner-occupied", "own"),
    "let": ("出租", "租", "租赁", "租户", "let", "rented", "tenant"),
    "empty": ("空关", "空置", "空", "empty", "vacant"),
    "other": ("其他", "其它", "商用", "办公", "other"),
}
TOTALS = ("合计", "总计", "小计", "total", "sum")
HEAD_ROWS = 10


@dataclass(frozen=True)
class RollRow:
    """One household's unit. ``floor_area`` is in 0.01 m²."""

    line: int
    building: str
    entrance: str
    room: str
    floor_area: int | None
    occupancy: str
    householder: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells a unit apart."""
        return self.building, self.entrance, self.room


@dataclass(frozen=True)
class BadRow:
    """A row that can't be taken, with the reason."""

    line: int
    cells: tuple[str, ...]
    problem: Phrase


@dataclass(frozen=True)
class Parsed:
    """All rows of a file: those that can be taken, and those that can't."""

    rows: tuple[RollRow, ...]
    bad: tuple[BadRow, ...]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def recognise(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """The index of the header row, and the column of each field; Invalid names what is missing."""
    best: tuple[int, dict[str, int]] = (0, {})
    for index, row in enumerate(rows[:HEAD_ROWS]):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            word = re.sub(r"[\s（(].*$|[:：*]", "", _plain(cell).lower()).replace("_", "")
            for field, names in HEADERS.items():
                if word in names and field not in columns:
                    columns[field] = place
        if len(columns) > len(best[1]):
            best = (index, columns)
    missing = [name for field, name in REQUIRED.items() if field not in best[1]]
    if missing:
        found = "、".join(cell for cell in rows[best[0]] if cell)[:200] if rows else ""
        sentence = phrase(
            "The file has no column for %(what)s. Its first row reads: %(found)s", what=missing[0], found=found or "–"
        )
        raise Invalid(sentence, {"file": sentence})
    return best


def parse(rows: Sequence[Sequence[str]]) -> Parsed:
    """What each row says. Every row that can't be taken is named with its reason; none is dropped silently."""
    head, columns = recognise(rows)
    good: list[RollRow] = []
    bad: list[BadRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    for index, cells in enumerate(rows[head + 1 :], head + 2):
        if not any(cells) or _plain(cells[0]).lower() in TOTALS:
            continue
        values = {field: cells[place] if place < len(cells) else "" for field, place in columns.items()}
        row = _row(index, values)
        if isinstance(row, RollRow) and row.key in seen:
            row = phrase("The same unit stands in line %(line)s already.", line=seen[row.key])
        if isinstance(row, RollRow):
            seen[row.key] = index
            good.append(row)
        else:
            bad.append(BadRow(index, tuple(values.values()), row))  # never the telephone numbers beside them
    return Parsed(tuple(good), tuple(bad))


def _row(line: int, values: dict[str, str]) -> RollRow | Phrase:
    building = re.sub(r"(号楼|号|楼|幢|栋|座)+$", "", _plain(values["building"]))
    entrance = re.sub(r"(单元|门洞|门|号)+$", "", _plain(values.get("entrance", "")))
    room = re.sub(r"(室|房|号)+$", "", _plain(values["room"]))
    if not building:
        return phrase("The building is missing.")
    if not room:
        return phrase("The room is missing.")
    for name in (building, entrance, room):
        if len(name) > 20 or not re.fullmatch(r"[\w\-/#.]*", name):
            return phrase("“%(text)s” is not a building, entrance or room.", text=name[:40])
    area = _area(values.get("floor_area", ""))
    if isinstance(area, Phrase):
        return area
    used = _plain(values.get("occupancy", "")).lower()
    occupancy = next((key for key, words in OCCUPANCY.items() if used in words), "") if used else ""
    if used and not occupancy:
        return phrase("“%(text)s” says nothing we know about how the unit is used.", text=used[:40])
    householder = unicodedata.normalize("NFC", values.get("householder", "")).strip()
    if len(householder) > 60 or any(unicodedata.category(c) in ("Cc", "Cs") for c in householder):
        return phrase("The name can't be kept as it stands.")
    return RollRow(line, building, entrance, room, area, occupancy, householder)


def _area(typed: str) -> int | None | Phrase:
    text = re.sub(r"(平方米|㎡|m2|m²|平米)$", "", _plain(typed).lower()).strip()
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?", text, re.ASCII)
    if not found:
        return phrase("“%(text)s” is not an area in square metres, like 89.50.", text=typed[:40])
    decimals = (found[2] or "").rstrip("0")
    if len(decimals) > 2:
        return phrase("“%(text)s” has more than two decimals.", text=typed[:40])
    area = int(found[1]) * 100 + int(decimals.ljust(2, "0") or "0")
    if not 0 < area <= 10_000_000:
        return phrase("An area of %(text)s square metres can't be right.", text=typed[:40])
    return area


def canonical_digest(rows: Sequence[RollRow]) -> str:
    """The same for the same content, in whichever order, format or encoding it came."""
    lines = sorted([*row.key, row.floor_area or 0, row.occupancy, row.householder] for row in rows)
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()
