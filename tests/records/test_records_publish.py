"""Records: made at the close of a step, in its transaction; whole, canonical, numbered, and never changed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY, HOUR, FixedClock
from app.core.events import Event, LogEntry
from app.core.i18n import at_local
from app.core.transaction import transaction
from app.engine.canonical import canon, sha256_hex
from app.engine.words import split, spots
from app.notices import service as notices
from app.notices.models import Notice
from app.people.models import RoleGrant
from app.people.session import actor_of
from app.projects import service as projects
from app.projects.models import StepRunRow
from app.proposals import service as proposals
from app.proposals.service import Words
from app.records import service, words
from app.records.models import Record
from app.registers import service as registers
from tests.projects.world import REASON, Garden, build, everything, sign_offs


@pytest.fixture
def plain(app: Flask, clock: FixedClock) -> Garden:
    """A project of three plain steps."""
    return build(app, clock, sign_offs("one", "two", "three"))


@pytest.fixture
def full(app: Flask, clock: FixedClock) -> Garden:
    """A project in whose open step something of every kind was done, and which may be closed by a sign-off."""
    garden = build(app, clock, everything(gates=False))
    do, lead, who = garden.do, garden.lead, garden.neighbour
    ideas, talk = garden.activity("ideas"), garden.talk()
    made = [
        do(proposals.save_draft, who, ideas, Words(title, f"{title}的话", 500)) for title in ("长椅", "草稿", "板凳")
    ]
    for proposal in (made[0], made[2]):
        do(proposals.submit, who, proposal)
    do(proposals.support, garden.resident("钱七妹"), made[0], on=True)
    do(proposals.answer, lead, made[0], "accepted", REASON)
    do(proposals.choose, lead, made[0])
    asked = do(comments.post, who, talk, "question", "灯什么时候修？")
    do(comments.mark_answer, lead, do(comments.post, lead, talk, "suggestion", "下个月修。", parent=asked))
    do(comments.hide, lead, do(comments.post, who, talk, "concern", "你住几号我知道。"), REASON)
    do(notices.save_draft, lead, garden.activity("board"), "名单公示", "", "名单如下。")
    do(notices.post, lead, garden.activity("board"))
    notice = garden.scalar(select(Notice.public_id))
    do(notices.answer, lead, do(notices.complain, who, notice, "名单里少了一个人的名字。"), "已经补上了，谢谢提醒。")
    do(registers.add, lead, garden.activity("money"), "costs", {"what": "土", "amount": 1230, "basis": "报价"})
    member = {"name": "王敏", "ring": "lead", "role": "组长", "contact": "13800138000", "conflict": "none"}
    do(registers.add, lead, garden.activity("roster"), "members", member)
    acceptance = {"name": "孙九", "day": date(2026, 3, 8), "result": "accepted", "remarks": "好"}
    do(registers.add, lead, garden.activity("acceptance"), "acceptances", acceptance)
    do(ballots.save_draft, lead, garden.activity("vote"), "花园方案", "先试一年。")
    opens = clock.now() + 48 * HOUR
    poll = do(ballots.announce, lead, garden.activity("vote"), opens, opens + 7 * DAY)
    clock.set(opens)
    do(ballots.cast, who, poll, {"stance": "concern", "concern": "晚上吵不吵？"}, once="once-1")
    clock.set(opens + 7 * DAY)
    do(projects.sign_off, lead, garden.project, "seen", holds=True, note=REASON)
    return garden


def said(garden: Garden, record: Record) -> dict[str, Any]:
    """What a record says to its readers."""
    found = garden.do(words.read, record)
    assert found is not None
    return found


def kept_of(garden: Garden, record: Record) -> words.Words:
    """The words of a record."""
    return garden.do(words.words_of, [record.id])[record.id]


def close(garden: Garden, step: str = "") -> Record:
    if step:
        garden.do(projects.waive_gate, garden.lead, garden.project, f"{step}_seen", REASON)
    garden.do(projects.close_step, garden.lead, garden.project)
    found: Record = garden.scalar(select(Record).order_by(Record.id.desc()))
    return found


def test_a_close_leaves_one_record_of_its_run_and_tells_it_to_the_log(plain: Garden) -> None:
    record = close(plain, "one")
    run = plain.scalar(select(StepRunRow).where(StepRunRow.id == record.step_run_id))
    assert (run.step, run.attempt, run.closed_at) == ("one", 1, plain.clock.now())
    assert record.published_at == plain.clock.now()
    kinds = plain.all(select(Event.kind).order_by(Event.id))[-3:]
    assert kinds == ["project.step_closed", "project.step_opened", "record.published"]
    entry = json.loads(plain.scalar(select(LogEntry.body).order_by(LogEntry.id.desc())))
    assert (entry["record"], entry["sha256"]) == (record.public_id, record.sha256)
    assert plain.told(plain.lead)[-1].kind == "record.published"


def test_where_the_record_cannot_be_made_the_step_stays_open(plain: Garden) -> None:
    first = close(plain, "one")
    run = plain.scalar(select(StepRunRow).where(StepRunRow.closed_at.is_(None)))
    columns = {c.key for c in Record.__table__.columns} - {"id", "public_id", "step_run_id", "number"}
    with plain.here(), transaction() as tx:
        values = {name: getattr(first, name) for name in columns}
        tx.session.add(Record(step_run_id=run.id, number=77, **values))
    plain.do(projects.waive_gate, plain.lead, plain.project, "two_seen", REASON)
    before = plain.all(select(Event.id))
    with pytest.raises(IntegrityError):
        plain.do(projects.close_step, plain.lead, plain.project)
    assert plain.row().step == "two"
    assert plain.all(select(Event.id)) == before
    assert len(plain.all(select(StepRunRow.id))) == 2


def test_the_body_is_canonical_and_has_the_hash_that_was_published(full: Garden) -> None:
    record = close(full)
    raw = record.body.encode()
    assert canon(json.loads(raw)) == raw
    assert sha256_hex(raw) == record.sha256
    assert words.verify(record, kept_of(full, record))


def test_the_preview_is_what_is_published(full: Garden) -> None:
    with full.here():
        ended = projects.preview_close(full.lead, full.project, full.clock.now())
        body = canon(service.body_of(ended, full.clock.now()))
        fresh, _ = split(service.body_of(ended, full.clock.now()), lambda: bytes(16))
    browser = full.browser(full.lead)
    shown = browser.get(f"/c/ziteng/project/{full.project}/close").text
    record = close(full)
    told = said(full, record)
    assert canon(told) == body
    for spot, same in zip(spots(json.loads(record.body)), spots(json.loads(canon(fresh))), strict=True):
        assert (spot.path, spot.staff) == (same.path, same.staff)
        assert spot.hash != same.hash, "a salt of its own hides each of them"
    page = browser.get(f"/c/ziteng/record/{record.public_id}").text

    def sheet(text: str) -> str:
        start = text.index('<p class="in">')
        return text[start : text.index("</ul>", text.index("Why the step could close"))]

    assert sheet(shown) == sheet(page)


def test_a_record_tells_what_was_asked_came_and_was_decided_in_peoples_own_words(full: Garden) -> None:
    record = close(full)
    body, whole = said(full, record), canon(said(full, record)).decode()
    assert {part["kind"] for part in body["parts"]} >= {"proposals", "discussion", "notice", "ballot", "money"}
    for wording in ("长椅的话", REASON, "灯什么时候修？", "下个月修。", "名单如下。", "名单里少了一个人的名字。"):
        assert wording in whole, wording
        assert wording not in record.body, wording
    for wording in ("已经补上了", "晚上吵不吵？", "先试一年。"):
        assert wording in whole, wording
        assert wording not in record.body, wording
    assert body["who"]["households"] == 2
    assert [gate["state"] for gate in body["gates"]] == ["met"]
    assert body["closed_by"] == "紫藤里主持"


def test_a_record_keeps_drafts_hidden_words_and_members_data_to_itself(full: Garden) -> None:
    whole = canon(said(full, close(full))).decode()
    for secret in ("草稿", "你住几号我知道。", "13800138000", "孙九", "张阿姨", "钱七妹", "5号楼"):
        assert secret not in whole, secret
    assert "王敏" in whole


def test_a_waiver_stands_in_the_record_with_name_and_reason(plain: Garden) -> None:
    gate = said(plain, close(plain, "one"))["gates"][0]
    assert gate["state"] == "waived"
    assert gate["waiver"] == {"by": "紫藤里主持", "reason": REASON, "at": plain.clock.now()}


def test_numbers_run_by_community_and_year_of_the_local_calendar(plain: Garden) -> None:
    with plain.here(), transaction() as tx:
        where = plain.town.communities["guixiang"]
        tx.session.add(RoleGrant(person_id=plain.lead.person(), community_id=where, role="facilitator", at=tx.now))
    lead = plain.do(actor_of, plain.lead.person())
    newyear = plain.do(at_local, date(2027, 1, 1))
    plain.clock.set(newyear - 1)
    assert (close(plain, "one").year, close(plain, "two").number) == (2026, 2)
    plain.clock.set(newyear)
    last = close(plain, "three")
    assert (last.year, last.number) == (2027, 1)
    values = {"title": "桂香", "place": "", "summary": "", "method_public_id": plain.town.method}
    other = plain.do(projects.start_project, lead, where, **values)
    plain.do(projects.waive_gate, lead, other, "one_seen", REASON)
    plain.do(projects.close_step, lead, other)
    newest = plain.scalar(select(Record).order_by(Record.id.desc()))
    assert (newest.community_id, newest.year, newest.number) == (where, 2027, 1)


def test_the_earlier_record_stays_after_a_send_back_and_the_next_one_names_it(plain: Garden) -> None:
    first = close(plain, "one")
    plain.do(projects.send_back, plain.lead, plain.project, "one", REASON)
    second = close(plain, "one")
    assert (first.attempt, second.attempt) == (1, 2)
    assert json.loads(second.body)["earlier"] == [{"id": first.public_id, "sha256": first.sha256}]
    kept = plain.scalar(select(Record).where(Record.id == first.id))
    assert (kept.body, kept.sha256) == (first.body, first.sha256)
    browser = plain.browser()
    for record in (first, second):
        assert browser.get(f"/c/ziteng/record/{record.public_id}").status_code == 200
        path = f"/c/ziteng/project/{plain.project}/step/one/{record.attempt}/record"
        assert browser.get(path).location == f"/c/ziteng/record/{record.public_id}"
    assert f'href="/c/ziteng/record/{first.public_id}"' in browser.get(f"/c/ziteng/record/{second.public_id}").text
    assert browser.get(f"/c/ziteng/project/{plain.project}/step/one/3/record").status_code == 404


def test_no_command_changes_a_record(full: Garden) -> None:
    record = close(full)
    full.do(projects.edit_project, full.lead, full.project, title="新名字", place="别处", summary="别的")
    full.do(projects.send_back, full.lead, full.project, "gather", REASON)
    full.clock.advance(400 * DAY)
    kept = full.scalar(select(Record).where(Record.id == record.id))
    assert (kept.body, kept.title) == (record.body, "空中花园")
    assert words.verify(kept, kept_of(full, kept))
