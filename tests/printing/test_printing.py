"""Printed sheets: archival and tagged, what people wrote as they wrote it, and no sign silently lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from flask import Flask

from app.config import ROOT
from app.core.i18n import init_i18n
from app.printing import fonts, words
from app.printing.blocks import from_html
from app.printing.paper import CannotPrint, Paper, code, render
from app.projects.posters import poster
from tests.printed import opened, pages_of, text_of

AT = 1_772_942_400_000
HOSTILE = [
    '#import "@preview/evil:0.1.0": *',
    "$x^2$ #panic() [*不是粗体*] _no_ `raw` <label> @ref ~ \\ \\u{41} // 注释 /* 也是 */",
    "= 不是标题\n- 不是列表\n+ 也不是",
    '"引号" \'单\' {{ 7 * 7 }} #eval("1+1") sys.inputs.data',
]


@pytest.fixture(scope="module", autouse=True)
def speaking() -> Iterator[None]:
    """Somebody reads Chinese; no database is there."""
    app = Flask("app")
    init_i18n(app)
    with app.test_request_context("/"):
        yield


def sheet(*paragraphs: str, **more: Any) -> Paper:
    data = {
        "head": "公示",
        "line": ["紫藤里", "2026年3月8日"],
        "heading": "加一张长椅",
        "blocks": [{"b": "p", "runs": [[text, ""]]} for text in paragraphs],
        "sign": {"place": "盖章处", "by": "陈老师", "on": "2026年3月8日"},
        "verify": {
            "code": code("https://example.org/c/ziteng/notice/1"),
            "alt": "通往本页的码",
            "says": "扫码",
            "address": "https://example.org/c/ziteng/notice/1",
            "lines": ["SHA-256 " + "ab" * 32],
        },
        **more,
    }
    return Paper(form="sheet", title="公示：加一张长椅", at=AT, mark="ab" * 32, data=data)


def kept(text: str) -> str:
    """A text without its white space: lines break where they must."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def made(speaking: None) -> bytes:
    return render(sheet(*HOSTILE, "罕见的名字：镕、堃、㛃、𬭊、𠮷。\ufe0f\u202e"))


def test_a_sheet_is_archival_tagged_embedded_and_says_its_title_and_language(made: bytes) -> None:
    with opened(made) as pdf:
        assert not pdf.check_pdf_syntax()
        with pdf.open_metadata() as about:
            assert (about["pdfaid:part"], about["pdfaid:conformance"], about["pdfuaid:part"]) == ("2", "A", "1")
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "zh-CN"
        assert str(pdf.docinfo.Title) == "公示：加一张长椅"
        assert pdf.Root.StructTreeRoot.K
        assert pdf.Root.OutputIntents
        parts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)]
        assert "通往本页的码" in {str(item.get("/Alt")) for item in parts if item.get("/S") == "/Figure"}
        described = [item for item in parts if item.get("/Type") == "/FontDescriptor"]
        assert described
        assert all("/FontFile3" in item or "/FontFile2" in item for item in described)
        (width, height) = (float(n) for n in pdf.pages[0].MediaBox[2:])
        assert (round(width), round(height)) == (595, 842)


def test_what_people_wrote_stands_there_and_is_never_a_program(made: bytes) -> None:
    text = kept(text_of(made))
    for line in HOSTILE:
        assert kept(line) in text


def test_a_sign_that_no_font_has_leaves_a_ruled_space_and_is_named(made: bytes) -> None:
    text = kept(text_of(made))
    assert "罕见的名字：镕、堃、㛃、𬭊、。" in text
    assert "𠮷" not in text
    assert words.SPACE not in text
    assert text.count("U+20BB7") == 1
    assert "U+FE0F" not in text  # what nobody would see is left out without a word


def test_typst_itself_refuses_a_sign_that_slipped_through() -> None:
    data = {
        **sheet("𠮷").data,
        "title": "t",
        "lang": "zh",
        "paper": "a4",
        "foot": {"title": "", "mark": ""},
        "lost": "",
    }
    order = {"form": "sheet", "at": AT, "fonts": str(fonts.folder()), "data": data}
    done = subprocess.run(
        [sys.executable, "-m", "app.printing.child"],
        input=json.dumps(order).encode(),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert not done.stdout
    assert "𠮷" in done.stderr.decode()


def test_the_same_words_are_the_same_bytes_and_the_foot_tells_pages_and_fingerprint(made: bytes) -> None:
    long = sheet(*["这一段很长，写得很细。" * 30] * 12)
    again = render(long)
    assert again == render(replace(long))
    pages = pages_of(again)
    assert len(pages) > 1
    assert all(f"{n} / {len(pages)}" in page for n, page in enumerate(pages, 1))
    assert all("abab abab abab abab" in page for page in pages)
    assert long.key != replace(long, at=AT + 1000).key
    assert long.key == replace(long).key


@pytest.mark.parametrize(("size", "wide"), [("a4", 595), ("a3", 842)])
def test_a_poster_is_one_page_on_its_paper_however_long_its_words(size: str, wide: int) -> None:
    made = render(
        poster(
            _Here(),  # type: ignore[arg-type]
            title="𠮷" + "长" * 60,
            kick="5号楼东头",
            summary="说明" * 100,
            ask={"asks": True, "tag": "现在", "title": "请您表态，" * 8, "says": "说" * 60, "due": "3月8日截止"},
            choices=[{"title": "同意", "means": "可以" * 20}] * 4,
            stages=[{"title": "谋划", "steps": STEPS}, {"title": "共议", "steps": STEPS[:1]}],
            address="https://example.org/c/ziteng/project/1",
            scan="扫码",
            desk=["不用手机也可以"] * 2,
            at=AT,
            size=size,
            pictures={"place": (ROOT / "app/static/img/garden.svg").read_bytes()},
            seen="这个地方的照片",
        )
    )
    with opened(made) as pdf:
        assert len(pdf.pages) == 1
        assert round(float(pdf.pages[0].MediaBox[2])) == wide
        parts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)]
        assert "这个地方的照片" in {str(item.get("/Alt")) for item in parts}


STEPS = [
    {"seal": "题", "title": "1 定议题", "state": state, "says": "说"}
    for state in ("done", "here", "sent_back", "ahead")
]


class _Here:
    name = "紫藤里"


def test_slips_are_ten_a_page_each_code_once() -> None:
    codes = [f"ABC{n:02d}-XY{n:02d}Z" for n in range(11)]
    data = {
        "community": "紫藤里",
        "slips": [{"label": f"5-{n}", "code": secret} for n, secret in enumerate(codes)],
        "code": code("https://example.org/sign-in"),
        "alt": "码",
        "says": "扫一扫",
        "address": "https://example.org/sign-in",
        "desk": "",
    }
    pages = pages_of(render(Paper(form="slips", title="纸条", at=AT, data=data)))
    assert [sum(secret in page for secret in codes) for page in pages] == [10, 1]
    assert all("".join(pages).count(secret) == 1 for secret in codes)


def test_what_is_missing_is_named_and_a_form_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="no-such-form"):
        render(replace(sheet("x"), form="no-such-form"))
    monkeypatch.setitem(fonts.NEEDED, "no_such_package", "no-such-package")
    with pytest.raises(CannotPrint, match="no-such-package"):
        render(sheet("x"))


def test_nothing_of_a_page_gets_lost_on_the_way_to_the_sheet() -> None:
    blocks = from_html(
        """<nav>no</nav><div class="x">outside<article class="a4 y"><p class="redhead">no</p><h1>no</h1>
        <h2>甲 <small>小</small></h2><p class="in">一<b>二</b> 三<br>四</p>loose
        <ul class="gates"><li class="met"><span class="bx">✓</span><p><b>已</b> 好</p><p>因</p></li></ul>
        <dl class="tally"><div><dt>同意</dt><dd>3</dd></div></dl><dl class="facts"><div><dt>谁</dt><dd>我</dd></div></dl>
        <table><tr><th>a</th><td>b</td></tr></table><section><blockquote>&lt;引&gt;</blockquote></section>
        <p class="hash">ff</p><svg><text>no</text></svg><p></p><div class="sign"><p>no</p></div></article><p>no</p></div>""",
        "a4",
    )
    assert blocks == [
        {"b": "h2", "runs": [["甲 ", ""], ["小", "s"]]},
        {"b": "in", "runs": [["一", ""], ["二", "b"], [" 三\n四", ""]]},
        {"b": "p", "runs": [["loose", ""]]},
        {
            "b": "list",
            "items": [
                [
                    {"b": "mark", "runs": [["✓", ""]]},
                    {"b": "p", "runs": [["已", "b"], [" 好", ""]]},
                    {"b": "p", "runs": [["因", ""]]},
                ]
            ],
        },
        {"b": "tally", "items": [[{"b": "dt", "runs": [["同意", ""]]}, {"b": "dd", "runs": [["3", ""]]}]]},
        {"b": "facts", "items": [[{"b": "dt", "runs": [["谁", ""]]}, {"b": "dd", "runs": [["我", ""]]}]]},
        {"b": "table", "items": [[{"b": "th", "runs": [["a", ""]]}, {"b": "td", "runs": [["b", ""]]}]]},
        {"b": "p", "runs": [["<引>", ""]]},
        {"b": "hash", "runs": [["ff", ""]]},
    ]
