"""A sheet as a Word document: the words of its PDF, real styles, Chinese type, and nothing of the machine."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from flask import Flask

from app.core.i18n import init_i18n
from app.printing.blocks import from_html
from app.printing.paper import Paper, code, render
from app.printing.word import document
from tests.printed import text_of

pytestmark = pytest.mark.pure
AT = 1_772_942_400_000
PAGE = """
<p class="flash">先看这里</p><p class="in">第一段，<b>要紧</b>的话。</p><h2>二级 <small>小字</small></h2><h3>三级</h3>
<ul class="gates"><li><span class="bx">✓</span><p><b>已做到：</b>开过会</p><p>理由</p></li></ul><ul><li>花</li><li>草</li></ul>
<ol><li>甲</li><li>乙</li></ol><p>隔开</p><ol><li>丙</li></ol>
<dl class="tally"><div><dt>同意</dt><dd>85</dd></div><div><dt>反对</dt><dd>3</dd></div></dl>
<dl class="facts"><div><dt>谁</dt><dd>全体住户</dd></div></dl>
<table><tr><th>姓名</th><th class="r">钱</th></tr><tr><td></td><td class="r">12</td></tr></table>
<p class="hash">ffee</p><p>{% 7 %} &lt;w:p/&gt; \x0b\x01 𠮷 é</p>"""


@pytest.fixture(scope="module")
def paper() -> Iterator[Paper]:
    """A sheet with everything that a sheet can hold."""
    app = Flask("app")
    init_i18n(app)
    with app.test_request_context("/"):
        address = "https://example.org/c/ziteng/record/1"
        data: dict[str, Any] = {
            "head": "决议",
            "line": ["第2026-007号", "2026年3月8日"],
            "heading": "加一张长椅",
            "blocks": from_html(PAGE),
            "sign": {
                **{"chop": "方案已定", "sealed": "已盖章", "place": "盖章处", "by": "陈老师", "on": "2026年3月8日"},
                "lines": ["监督人 张阿姨", "监督人 贺伯", "日期"],
            },
            "verify": {
                **{"code": code(address), "alt": "通往本页的码", "says": "扫码", "address": address},
                "lines": ["SHA-256 " + "ab" * 32],
            },
        }
        yield Paper(form="sheet", title="决议：加一张长椅", at=AT, mark="ab" * 32, data=data)


def words(data: bytes) -> list[str]:
    """Every line of a document's body, in its order."""
    made = docx.Document(io.BytesIO(data))
    return ["".join(text.text or "" for text in line.iter(qn("w:t"))) for line in made.element.body.iter(qn("w:p"))]


def test_its_words_are_those_of_the_printed_sheet(paper: Paper) -> None:
    mine, printed = "".join(words(document(paper))), text_of(render(paper))
    for signs in ("\x0b", "\x01"):
        assert signs not in mine
    said = [text for block in paper.data["blocks"] for text in _texts(block)]
    assert len(said) > 25
    for text in said:
        plain = re.sub(r"[\s\x00-\x1f]", "", text)
        assert plain in re.sub(r"\s", "", mine), text
        assert "𠮷" in plain or plain in re.sub(r"\s", "", printed), text
    for text in ("决议", "加一张长椅", "监督人 张阿姨", "盖章处", "陈老师", "扫码", "ab" * 32):
        assert text in mine


def _texts(block: dict[str, Any]) -> list[str]:
    parts = [part for item in block.get("items", []) for part in item]
    return [text for text, _ in block.get("runs", [])] + [text for part in parts for text in _texts(part)]


def test_headings_lists_and_tables_are_real_ones_in_chinese_type(paper: Paper) -> None:
    data = document(paper)
    made = docx.Document(io.BytesIO(data))
    styles = {line.text: line.style.name for line in made.paragraphs if line.text}
    assert (styles["决议"], styles["加一张长椅"]) == ("Title", "Heading 1")
    assert (styles["二级 小字"], styles["三级"]) == ("Heading 2", "Heading 3")
    assert (styles["花"], styles["甲"], styles["丙"]) == ("List Bullet", "List Number", "List Number")
    numbers = {line.text: line._p.pPr.numPr.numId.val for line in made.paragraphs if line.style.name == "List Number"}
    assert numbers["甲"] == numbers["乙"] != numbers["丙"]  # each list begins at one
    tally, facts, rows = made.tables[:3]
    assert [[cell.text for cell in row.cells] for row in tally.rows] == [["同意", "反对"], ["85", "3"]]
    assert facts.cell(0, 1).text == "全体住户"
    assert [[cell.text for cell in row.cells] for row in rows.rows] == [["姓名", "钱"], ["", "12"]]
    assert rows.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    fonts = made.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:rFonts')}")
    assert fonts.get(qn("w:eastAsia")) == "SimSun"
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        known = package.read("word/fontTable.xml").decode()
        named = set(re.findall(r'w:(?:ascii|eastAsia|cs)="([^"]+)"', package.read("word/styles.xml").decode())) - {
            "zh-CN"
        }
    assert all(f'w:name="{name}"' in known for name in named)
    assert '<w:altName w:val="宋体"/>' in known


def test_it_tells_its_title_language_and_pages_and_nothing_of_the_machine(paper: Paper) -> None:
    data = document(paper)
    assert data == document(replace(paper))
    made = docx.Document(io.BytesIO(data))
    about = made.core_properties
    assert (about.title, about.language, about.author, about.last_modified_by) == ("决议：加一张长椅", "zh-CN", "", "")
    assert about.created == about.modified
    assert about.created.year == 2026
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {item.date_time for item in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "docProps/app.xml" not in package.namelist()
        foot = next(
            package.read(name).decode() for name in package.namelist() if "footer" in name and "rels" not in name
        )
    assert re.findall(r'w:instr="(\w+)"', foot) == ["PAGE", "NUMPAGES"]
    assert "abab abab abab abab" in foot
    picture = made.element.body.find(f".//{qn('wp:docPr')}")
    assert picture.get("descr") == "通往本页的码"
    english = docx.Document(io.BytesIO(document(replace(paper, lang="en", data={**paper.data, "wide": True}))))
    assert english.core_properties.language == "en"
    assert english.sections[0].page_width > english.sections[0].page_height


def test_other_forms_than_the_sheet_have_none(paper: Paper) -> None:
    with pytest.raises(ValueError, match="slips"):
        document(replace(paper, form="slips"))
