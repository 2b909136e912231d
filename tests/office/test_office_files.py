"""What leaves for an office says what its page says to its reader, and no more; nothing in it runs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select, update

from app.ballots import counts
from app.ballots import service as ballots
from app.ballots.inspector_models import Inspector
from app.ballots.models import Ballot, Decision, Poll
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import table_of
from app.core.transaction import transaction
from app.office.channels import Ways, tell
from app.printing.tables import unguarded
from app.projects import service as projects
from app.records.models import Record
from app.registers import service as registers
from tests.ballots.owners import SETTINGS, each_owns, opened
from tests.ballots.world import build as build_vote
from tests.printed import opened as opened_pdf
from tests.printed import pages_of, text_of
from tests.projects.world import REASON, Garden, build, sign_offs

EN, ZH = {"Accept-Language": "en"}, {"Accept-Language": "zh"}
NAMES = ("=1+1", "@cmd", '王"敏', "张，三\n住 5-302", "-李", "𠮷野")
MEMBER = {"ring": "residents", "role": "组长", "contact": "13800138000", "conflict": "none"}
DUTIES = (("张阿姨", "浇水", "每天"), ("=2+2", "扫花，三月到五月", "周六"))


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose open step has every kind of activity."""
    return build(app, clock)


def enter(garden: Garden, key: str, section: str, **values: Any) -> str:
    return garden.do(registers.add, garden.lead, garden.activity(key), section, values)


def grid(data: bytes, leaf: int = 0) -> list[list[Any]]:
    """The cells of a workbook, in which no formula is."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if "worksheets" in name]
        assert parts
        assert not any(re.search("<f[ >/]", part) for part in parts)
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(leaf).to_python()


def flat(data: bytes) -> str:
    """The words of a PDF without their blanks."""
    return text_of(data).replace(" ", "")


def lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_register_leaves_with_what_its_reader_sees_and_no_name_in_it_runs(garden: Garden) -> None:
    for name in NAMES:
        enter(garden, "roster", "members", name=name, **MEMBER)
    enter(garden, "money", "costs", what="种植箱", amount=1_234_50, basis="报价")
    base, public = f"/c/ziteng/register/{garden.activity('roster')}", garden.browser()
    assert f'href="{base}.xlsx"' in (page := public.get(base).text)
    assert f'href="{base}/members.csv"' in page
    assert f'href="{base}.pdf"' not in page
    book = public.get(f"{base}.xlsx")
    assert book.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert book.headers["Cache-Control"] == "private, no-cache"
    rows = grid(book.data)
    assert [row[0] for row in rows] == ["Name", *NAMES]
    assert rows[1][1:4] == ["Residents' ring", "组长", "Declared: none"]
    assert b"13800138000" not in book.data
    assert "How to reach them" not in str(rows)
    inside = garden.browser(garden.neighbour).get(f"{base}.xlsx").data
    assert "How to reach them (members only)" in grid(inside)[0]
    assert "13800138000" in grid(inside)[1]
    text = public.get(f"{base}/members.csv")
    assert text.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert text.headers["Content-Disposition"].endswith(".csv")
    found = lines(text.data)
    assert found[0] == rows[0]
    assert [unguarded(row[0]) for row in found[1:]] == list(NAMES)
    assert [row[0] for row in found[1:]] == ["'=1+1", "'@cmd", *NAMES[2:4], "'-李", "𠮷野"]
    assert "13800138000" not in text.text
    money = f"/c/ziteng/register/{garden.activity('money')}"
    assert lines(public.get(f"{money}/costs.csv").data)[1][:3] == ["种植箱", "1234.50", "报价"]
    assert grid(public.get(f"{money}.xlsx").data)[1][1] == 1234.5
    for path in (f"{base}/nothing.csv", f"{money}/members.csv", base.replace("ziteng", "guixiang") + ".xlsx"):
        assert public.get(path).status_code == 404
    assert public.get(f"/c/ziteng/register/{garden.activity('talk')}.xlsx").status_code == 404


def test_the_duty_roster_says_who_does_what_when_and_lies_down_when_it_is_wide(garden: Garden) -> None:
    path, reader = f"/c/ziteng/register/{garden.activity('stewards')}.pdf", garden.browser(garden.neighbour)
    assert reader.get(path).status_code == 404
    for name, duty, when in DUTIES:
        enter(garden, "stewards", "stewards", name=name, duty=duty, when=when, contact="5550 0101")
    answer = reader.get(path)
    text = flat(answer.data)
    for said in (*(word for row in DUTIES for word in row), "Duty roster", "空中花园", "1 / 1", path[:-4]):
        assert said.replace(" ", "") in text, said
    assert "55500101" not in text  # on a wall, nobody's telephone but the desk's
    assert f'href="{path}"' in reader.get(path[:-4]).text

    def across(data: bytes) -> float:
        with opened_pdf(data) as pdf:
            return float(pdf.pages[0].MediaBox[2])

    assert round(across(answer.data)) == 595
    enter(garden, "stewards", "stewards", name="小林", duty="看一看接水盘里有没有积水，" * 4, when="雨天", contact="")
    wide = reader.get(path)
    assert round(across(wide.data)) == 842
    assert wide.headers["ETag"] != answer.headers["ETag"]
    assert reader.get(path, headers={"If-None-Match": wide.headers["ETag"]}).status_code == 304


def test_the_convention_is_a_draft_until_a_vote_adopts_it_and_then_the_words_that_were_voted_on(garden: Garden) -> None:
    path, reader = f"/c/ziteng/register/{garden.activity('articles')}.pdf", garden.browser()
    assert reader.get(path).status_code == 404
    enter(garden, "articles", "articles", title="浇水", text="先用雨水。\n旱天才用水龙头。")
    draft = flat(reader.get(path).data)
    for said in ("Residents' convention, draft", "This is a draft.", "Article 1: 浇水", "旱天才用水龙头。"):
        assert said.replace(" ", "") in draft, said
    assert "placefortheseal" not in draft
    vote, now = garden.activity("vote"), garden.clock.now()
    garden.do(
        ballots.save_draft, garden.lead, vote, "居民公约", "第一条（浇水）先用雨水。\n第二条（安静）晚九点以后不聚。"
    )
    poll = garden.do(ballots.announce, garden.lead, vote, now + 2 * DAY, now + 9 * DAY)
    garden.clock.advance(2 * DAY)
    garden.do(ballots.cast, garden.neighbour, poll, {"stance": "consent"}, once="a-form")
    garden.clock.advance(7 * DAY)
    assert "Thisisadraft." in flat(reader.get(path).data)  # passed, and not adopted
    garden.do(ballots.adopt, garden.lead, vote, "张阿姨", "贴在门口。", garden.clock.now() + 180 * DAY)
    reader.set_cookie("lang", "zh_Hans")
    made = reader.get(path).data
    text = flat(made)
    version = garden.scalar(select(Decision)).draft
    for said in ("居民公约", *version.split("\n"), "张阿姨", "2026年3月17日", f"/poll/{poll}/result"):
        assert said in text, said
    assert "旱天才用水龙头" not in text  # drafted, and not what was voted on


def test_the_result_sheet_holds_every_figure_with_lines_for_the_inspectors(app: Flask, clock: FixedClock) -> None:
    world = build_vote(app, clock)
    world.households(24)
    world.start()
    poll = world.announce()
    reader, base = app.test_client(), f"/c/ziteng/poll/{poll}/result"
    with world.here(), transaction() as tx:
        row = tx.session.scalars(select(Poll)).one()
        for who, name in zip(world.residents[:3], ("赵大爷", "钱阿姨", "𠮷老师"), strict=True):
            values = {"community_id": row.community_id, "poll_id": row.id, "person_id": who.person_id, "name": name}
            tx.session.execute(insert(Inspector).values(**values, named_at=tx.now))
    clock.advance(48 * HOUR)
    for ending in ("pdf", "xlsx", "csv"):
        assert reader.get(f"{base}.{ending}").status_code == 404  # nobody sees a result before the close
    for n in range(20):
        world.cast(n, poll, "consent" if n < 13 else "abstain")
    with world.here(), transaction() as tx:
        ballot = table_of(Ballot)
        ids = tx.session.scalars(select(Ballot.id).where(Ballot.stance == "consent").limit(6)).all()
        tx.session.execute(update(ballot).where(ballot.c.id.in_(ids)).values(channel="paper"))
    world.close(poll)
    page = reader.get(base, headers=EN).text
    assert all(f'href="{base}.{ending}"' in page for ending in ("pdf", "xlsx", "csv"))
    for headers, words in (
        (EN, ("Result of a vote", "On which way the votes came", "Inspector 赵大爷", "Counted by", "20 of 30")),
        (ZH, ("监票人 赵大爷", "监票人 钱阿姨", "计票人", "盖章处", "U+20BB7")),
    ):
        made = reader.get(f"{base}.pdf", headers=headers)
        text = flat(made.data)
        for said in (*words, "65.0%", "35.0%", "空中花园二期方案", base):
            assert said.replace(" ", "") in text, said
        assert len(pages_of(made.data)) <= 2
    rows = grid(reader.get(f"{base}.xlsx", headers=EN).data)
    assert rows[0] == ["Part", "What it is", "Number of households", "Share", "In words"]
    assert [row[1:4] for row in rows if row[0] == "The count"] == [
        *(["Consent", 13, 0.65], ["Concern", 0, 0], ["Objection", 0, 0], ["Abstain", 7, 0.35], ["Took part", 20, 1]),
    ]
    assert [row[1:3] for row in rows if row[0] == "On which way"] == [["On screen", 14], ["On paper", 6]]
    text_rows = lines(reader.get(f"{base}.csv", headers=EN).data)
    assert [row[:2] for row in text_rows] == [row[:2] for row in rows]
    assert ["The count", "Consent", "13", "65.0%", ""] in text_rows
    assert all(len(row) == 5 for row in text_rows)


def test_a_count_under_notice_is_called_not_final_until_it_is(app: Flask, clock: FixedClock) -> None:
    world = build_vote(app, clock)
    each_owns(world)
    world.start(SETTINGS)
    poll = opened(world)
    for n in range(5):
        world.cast(n, poll, "yes" if n else "no")
    world.close(poll)
    reader, base = app.test_client(), f"/c/ziteng/poll/{poll}/result"
    text = flat(reader.get(f"{base}.pdf", headers=EN).data)
    assert "Resultofavote,notfinal" in text
    assert "Thisisthepreliminarycount,undernotice." in text
    assert "447.50m²" in text
    assert "preliminary: " in str(lines(reader.get(f"{base}.csv", headers=EN).data))
    clock.advance(8 * DAY)
    with app.test_request_context():
        counts.finalise(world.facilitator, poll)
    text = flat(reader.get(f"{base}.pdf", headers=EN).data)
    assert "notfinal" not in text
    assert "Thisisthefinalcount." in text


class _Poll:
    mode = "A"


class _Tally:
    def __init__(self, **counts: int) -> None:
        self.counts = counts


class _Round:
    poll = _Poll()

    def __init__(self, **counts: int) -> None:
        self.tally = _Tally(**counts)


def told(found: Mapping[str, Mapping[str, int]]) -> Ways:
    total: dict[str, int] = {}
    for part in found.values():
        for key, n in part.items():
            total[key] = total.get(key, 0) + n
    return tell(_Round(**total), found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "rows", "whole"),
    [
        ({"web": {"yes": 9, "no": 3}}, [("On screen", 12)], False),
        ({"web": {"yes": 9, "no": 8}, "paper": {"yes": 6, "no": 5}}, [("On screen", 17), ("On paper", 11)], True),
        ({"web": {"yes": 9, "no": 8}, "paper": {"yes": 6, "no": 1}}, [("On screen", 17), ("On paper", 7)], False),
        ({"web": {"yes": 9, "no": 8}, "paper": {"yes": 3, "no": 1}}, [], False),
        ({"web": {"yes": 9}, "paper": {"yes": 9}}, [], False),  # one stance took all: it would tell how each voted
        (
            {"web": {"yes": 9, "no": 8}, "paper": {"yes": 3, "no": 1}, "assisted": {"no": 1}},
            [("On screen", 17), ("On paper, or with help at the desk", 5)],
            False,
        ),
    ],
)
def test_ways_are_told_only_where_no_number_tells_somebodys_vote(
    found: dict[str, dict[str, int]], rows: list[tuple[str, int]], whole: bool
) -> None:
    ways = told(found)
    assert [(str(row.title.msgid), row.cast) for row in ways.rows] == rows
    assert ways.held_back is not bool(rows)
    assert all((row.counts is not None) is whole for row in ways.rows)


@pytest.mark.parametrize("lang", ["en", "zh_Hans"])
def test_the_record_for_word_says_what_its_page_says(app: Flask, clock: FixedClock, lang: str) -> None:
    garden = build(app, clock, sign_offs("one", "two"))
    garden.do(projects.waive_gate, garden.lead, garden.project, "one_seen", REASON)
    garden.do(projects.close_step, garden.lead, garden.project)
    public_id = garden.scalar(select(Record.public_id))
    reader, base = garden.browser(), f"/c/ziteng/record/{public_id}"
    reader.set_cookie("lang", lang)
    answer = reader.get(f"{base}.docx")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=record-{public_id}.docx"
    made = docx.Document(io.BytesIO(answer.data))
    mine = re.sub(r"\s", "", "".join(line.text for line in made.iter_inner_content() if hasattr(line, "text")))
    page = reader.get(base).text
    assert f'href="{base}.docx"' in page
    shown = re.findall(r">([^<>]+)<", page.split('class="a4"')[1].split('class="sign"')[0])
    said = [re.sub(r"\s", "", text).replace("&#39;", "'") for text in shown]
    assert len([text for text in said if text]) > 10
    assert not [text for text in said if text not in mine]
    clock.advance(400 * DAY)
    assert reader.get(f"{base}.docx").data == answer.data
    with garden.here(), transaction() as tx:
        tx.session.execute(update(Record).values(title="别的"))
    assert reader.get(f"{base}.docx").status_code == 409
