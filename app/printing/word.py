"""A sheet as a Word document (.docx), from the same blocks as its PDF, with real styles for headings, lists and tables.

Its letters are those of the reader's machine: the styles name 宋体 and 黑体 as ``SimSun`` and ``SimHei``, which Word has
and LibreOffice replaces. The same sheet is the same bytes, and nothing in it tells who or which machine made it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import docx
import segno
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import _Cell

from app.printing.blocks import Block, Run
from app.printing.paper import Paper, foot_of
from app.printing.words import writable

PARTS = Path(__file__).parent / "forms" / "word"
NAMES = {
    "[Content_Types].xml": "content_types.xml",
    "_rels/.rels": "rels.xml",
    "docProps/core.xml": "core.xml",
    "word/document.xml": "document.xml",
    "word/_rels/document.xml.rels": "document_rels.xml",
    **{f"word/{name}": name for name in ("styles.xml", "numbering.xml", "settings.xml", "fontTable.xml")},
}
# Styles of what a sheet has many of, by their keys: to look them up by name takes longer than to write them.
LOOKS = {"b": "Strong", "s": "SmallWords", "h": "Fingerprint"}
CELL, CELL_HEAD = "Cell", "CellHead"
STYLES = {
    "h2": "Heading 2",
    "h3": "Heading 3",
    "in": "Body Text First Indent",
    "hash": "Small Print",
    "flash": "Notice",
}
ABREAST = 6  # numbers side by side in the table of a tally
SINCE = (1980, 1, 1, 0, 0, 0)


def document(paper: Paper) -> bytes:
    """The Word document of a sheet; other forms than the sheet (posters, slips, ballots) have none."""
    if paper.form != "sheet":
        raise ValueError(f"no Word document is made of the form {paper.form}")
    made = docx.Document(io.BytesIO(_blank(paper.lang == "en")))
    _Writer(made, paper).write()
    out = io.BytesIO()
    made.save(out)
    return _sealed(out.getvalue())


@lru_cache(maxsize=2)
def _blank(english: bool) -> bytes:
    """An empty document with our styles, in the language of the sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, part in NAMES.items():
            text = (PARTS / part).read_text(encoding="utf-8")
            if english and part == "styles.xml":
                text = text.replace('w:lang w:val="zh-CN"', 'w:lang w:val="en-GB"').replace(' w:hint="eastAsia"', "")
                text = text.replace('<w:spacing w:val="40"/><w:sz w:val="52"/>', '<w:sz w:val="44"/>')
            package.writestr(name, text)
    return out.getvalue()


def _sealed(data: bytes) -> bytes:
    """The same package without the hour at which it was put together."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in made.namelist():
            item = zipfile.ZipInfo(name, SINCE)
            item.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(item, made.read(name))
    return out.getvalue()


class _Writer:
    def __init__(self, made: Any, paper: Paper) -> None:
        self.made = made
        self.paper = paper
        self.data = paper.data
        self.section = made.sections[0]

    def write(self) -> None:
        """Write the whole sheet, from its head to where it can be checked."""
        self._about()
        self._page()
        self.made.add_paragraph(writable(self.data["head"]), "Title")
        line = self.made.add_paragraph("", "Document Line")
        line.paragraph_format.tab_stops.add_tab_stop(self.width, WD_TAB_ALIGNMENT.RIGHT)
        line.add_run(writable("\t".join(self.data["line"])))
        self.made.add_paragraph(writable(self.data["heading"]), "Heading 1")
        for block in self.data["blocks"]:
            self._block(block)
        self._sign(self.data["sign"])
        self._verify(self.data["verify"])

    @property
    def width(self) -> int:
        """The room between the margins."""
        return int(self.section.page_width - self.section.left_margin - self.section.right_margin)

    def _about(self) -> None:
        about = self.made.core_properties
        about.title = writable(self.paper.title)
        about.subject = writable(self.data["head"])
        about.identifier = self.paper.mark
        about.language = "en" if self.paper.lang == "en" else "zh-CN"
        about.created = about.modified = datetime.fromtimestamp(self.paper.at // 1000, UTC).replace(tzinfo=None)
        about.revision = 1

    def _page(self) -> None:
        if self.data.get("wide"):
            self.section.orientation = WD_ORIENT.LANDSCAPE
            self.section.page_width, self.section.page_height = self.section.page_height, self.section.page_width
        foot, said = self.section.footer.paragraphs[0], foot_of(self.paper)
        foot.paragraph_format.tab_stops.add_tab_stop(self.width, WD_TAB_ALIGNMENT.RIGHT)
        foot.add_run(writable("  ".join(part for part in (said["title"], said["mark"]) if part) + "\t"))
        _field(foot, "PAGE")
        foot.add_run(" / ")
        _field(foot, "NUMPAGES")

    def _block(self, block: Block) -> None:
        kind = block["b"]
        if kind == "tally":
            self._tally(block["items"])
        elif kind == "facts":
            self._pairs(block["items"])
        elif kind == "table":
            self._table(block["items"])
        elif kind == "list":
            self._list(block)
        else:
            _runs(self.made.add_paragraph("", STYLES.get(kind, "Body Text")), block["runs"])

    def _list(self, block: Block) -> None:
        numbered = block.get("numbered", False)
        number = self._numbers() if numbered else None
        for item in block["items"]:
            mark = next((part for part in item if part["b"] == "mark"), None)
            rest = [part for part in item if part["b"] != "mark"]
            for n, part in enumerate(rest):
                style = "List Number" if numbered else "List Mark" if mark else "List Bullet"
                line = self.made.add_paragraph("", style if n == 0 else "List Continue")
                if n == 0 and mark is not None:
                    _runs(line, mark["runs"])
                    line.add_run("\t")
                if n == 0 and number is not None:
                    line.paragraph_format.element.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
                _runs(line, part["runs"])

    def _numbers(self) -> int:
        """A numbering of its own, which begins at one."""
        numbering = self.made.part.numbering_part.element
        num = numbering.add_num(1)
        num.add_lvlOverride(0).add_startOverride(1)
        return int(num.numId)

    def _rows(self, rows: Sequence[Sequence[Callable[[Any], None]]], style: str | None = "Table Grid") -> Any:
        """A table whose cells are written by those given."""
        across = max(len(row) for row in rows)
        table = self.made.add_table(len(rows), across, style)
        for line, cells in zip(table._tbl.tr_lst, rows, strict=True):
            line.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, fill in zip(line.tc_lst, cells, strict=False):
                fill(_Cell(cell, table))
        return table

    def _tally(self, items: Sequence[Sequence[Block]]) -> None:
        for at in range(0, len(items), ABREAST):
            part = items[at : at + ABREAST]
            labels = [_cell(item[0]["runs"], CELL, middle=True) for item in part]
            values = [_cell(item[1]["runs"] if len(item) > 1 else [], CELL_HEAD, middle=True) for item in part]
            self._rows([labels, values])
        self._gap()

    def _pairs(self, items: Sequence[Sequence[Block]]) -> None:
        rows = [
            [
                _cell(item[0]["runs"], CELL),
                _cell([run for part in item[1:] for run in part["runs"]], CELL),
            ]
            for item in items
        ]
        _widths(self._rows(rows, "Normal Table"), [self.width // 4, self.width - self.width // 4])
        self._gap()

    def _table(self, items: Sequence[Sequence[Block]]) -> None:
        rows = [[part for part in item if part["b"] in ("td", "th")] for item in items]
        table = self._rows(
            [
                [
                    _cell(part["runs"], CELL_HEAD if part["b"] == "th" else CELL, right=part.get("r", False))
                    for part in row
                ]
                for row in rows
            ]
        )
        _widths(table, _shares(rows, self.width))
        if rows[0] and all(part["b"] == "th" for part in rows[0]):
            table._tbl.tr_lst[0].get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        self._gap()

    def _gap(self) -> Any:
        return self.made.add_paragraph("", "Small Print")

    def _sign(self, sign: dict[str, Any]) -> None:
        lines = sign.get("lines", [])
        if lines:
            half = self.width // 2 - Mm(6)
            rows = [[_ruled(label, half) for label in lines[at : at + 2]] for at in range(0, len(lines), 2)]
            _widths(self._rows(rows, "Normal Table"), [self.width // 2] * 2)
            self._gap()
        if "chop" in sign:
            self.made.add_paragraph(writable(f"【{sign['chop']}】"), "Seal")
            self.made.add_paragraph(writable(sign["sealed"]), "Small Print").paragraph_format.keep_with_next = True
        place = sign.get("place", "")
        around = f"({place})" if self.paper.lang == "en" else f"（{place}）"
        for said in (around if place else "", sign.get("by", ""), sign.get("on", "")):
            if said:
                self.made.add_paragraph(writable(said), "Signature")

    def _verify(self, check: dict[str, Any]) -> None:
        def picture(cell: Any) -> None:
            drawn = io.BytesIO()
            segno.make(check["address"], error="m", micro=False).save(drawn, kind="png", scale=6, border=0)
            drawn.seek(0)
            shape = cell.paragraphs[0].add_run().add_picture(drawn, Mm(26))
            shape._inline.docPr.set("descr", writable(check["alt"]))

        def words(cell: Any) -> None:
            cell.paragraphs[0].style = "Table Text"
            cell.paragraphs[0].add_run(writable(check["says"]))
            for text in (check["address"], *check["lines"]):
                cell.add_paragraph(writable(text), "Tiny Print")

        self._gap().paragraph_format.keep_with_next = True
        _widths(self._rows([[picture, words]], "Normal Table"), [int(Mm(31)), self.width - int(Mm(31))])


def _runs(paragraph: Any, runs: Sequence[Run]) -> None:
    for text, look in runs:
        run = paragraph.add_run(writable(text))
        if look in LOOKS:
            run._r.style = LOOKS[look]


def _cell(runs: Sequence[Run], style: str, *, middle: bool = False, right: bool = False) -> Callable[[Any], None]:
    def fill(cell: Any) -> None:
        line = cell.paragraphs[0]
        line._p.style = style
        if middle or right:
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER if middle else WD_ALIGN_PARAGRAPH.RIGHT
        _runs(line, runs)

    return fill


def _ruled(label: str, width: int) -> Callable[[Any], None]:
    """A label with a line after it to write on."""

    def fill(cell: Any) -> None:
        line = cell.paragraphs[0]
        line.paragraph_format.space_before = Mm(6)
        line.paragraph_format.tab_stops.add_tab_stop(width, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)
        line.add_run(writable(f"{label} \t"))

    return fill


def _widths(table: Any, widths: Sequence[int]) -> None:
    table.autofit = False
    for line in table._tbl.tr_lst:
        for cell, width in zip(line.tc_lst, widths, strict=False):
            cell.width = width
    for column, width in zip(table.columns, widths, strict=False):
        column.width = width


def _shares(rows: Sequence[Sequence[Block]], width: int) -> list[int]:
    """How wide the columns of a table are: by their longest cell, within reason."""
    across = max(len(row) for row in rows)
    longest = [0.0] * across
    for row in rows:
        for at, part in enumerate(row):
            words = "".join(text for text, _ in part["runs"])
            longest[at] = max(longest[at], sum(0.55 if sign.isascii() else 1.0 for sign in words))
    parts = [min(24.0, max(4.0, length)) for length in longest]
    return [int(width * part / sum(parts)) for part in parts]


def _field(paragraph: Any, name: str) -> None:
    """A number that Word counts itself."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)
