"""Words under commitments of their own: a posted notice, the call of a meeting, confirmed minutes."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.verify import verify
from app.core.clock import DAY, FixedClock
from app.core.events import LogEntry
from app.core.removals import is_mark, stored_mark
from app.engine.canonical import canon, tagged, text_hash
from app.meetings import service as meetings
from app.meetings.models import Meeting, MeetingNote, Minutes
from app.notices import service as notices
from app.notices.content import SEALED, fingerprint
from app.notices.models import Notice
from app.projects import service as projects
from app.records.models import Record
from tests.audit.place import changed, look, rows_of
from tests.meetings.hall import call, come, offered, row, words
from tests.printed import text_of
from tests.projects.world import REASON, Garden, build, everything
from tests.removals.conftest import world_of
from tests.removals.test_removals import everything_stored, remove

TITLE, TEXT, BASIS = "张三家灯的公示", "张三，电话13800138000，名单如下。", "居民会议"
SAID, AGENDA, NOTE = "张三说：灯太亮，找他打13800138000。", "张三家的灯\n定下怎么办", "张三说灯太亮。"
MARK = "依法删去"


def sound(garden: Garden) -> None:
    finding = garden.do(verify, "ziteng").finding
    assert finding is None, finding


@pytest.fixture
def town(app: Flask, clock: FixedClock) -> Garden:
    """A notice that hangs, a meeting with confirmed minutes and one to come."""
    garden = build(app, clock, everything(gates=False))
    do, lead = garden.do, garden.lead
    do(notices.save_draft, lead, garden.activity("board"), TITLE, BASIS, TEXT)
    do(notices.post, lead, garden.activity("board"))
    held = call(garden, garden.clock.now(), agenda=AGENDA)
    do(meetings.begin, lead, held)
    who = [garden.resident(name) for name in ("王奶奶", "李叔")]
    come(garden, held, *who)
    do(meetings.note, lead, held, meetings.Noted("point", NOTE, ring="residents", speaker="张三"))
    minutes = offered(garden, held, SAID)
    for actor in who:
        do(meetings.confirm, actor, minutes)
    sound(garden)
    return garden


def closed(garden: Garden) -> str:
    """The record of the step, closed now."""
    garden.do(projects.sign_off, garden.lead, garden.project, "seen", holds=True, note=REASON)
    garden.clock.advance(8 * DAY)
    garden.do(projects.close_step, garden.lead, garden.project)
    found: str = garden.scalar(select(Record.public_id))
    return f"/c/ziteng/record/{found}"


def test_words_of_a_posted_notice_go_and_its_fingerprint_stays(town: Garden) -> None:
    record, browser = closed(town), town.browser()
    before = town.scalar(select(Notice))
    page = f"/c/ziteng/notice/{town.activity('board')}"
    assert TEXT in browser.get(record).text
    removal = remove(town, "notice", before.public_id, "title", "text", ground="order")
    after = town.scalar(select(Notice))
    assert after.text_hash == before.text_hash == town.do(fingerprint, after)
    assert is_mark(after.title)
    assert [name for name, one in after.commitments.items() if not one["salt"]] == ["title", "text"]
    assert TEXT not in everything_stored(town)
    assert TITLE not in everything_stored(town)
    entry = json.loads(town.all(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))[-1])
    assert entry["removal"] == removal
    assert {before.commitments[name]["hash"] for name in ("title", "text")} <= set(entry["hashes"])
    sound(town)
    for path in (page, record):
        shown = browser.get(path).text
        assert TEXT not in shown
        assert "no longer matches" not in shown
    assert MARK in browser.get(page).text
    printed = text_of(browser.get(f"{page}.pdf").data)
    assert MARK in printed
    assert "13800138000" not in printed
    # Whoever has the record computes the fingerprint again.
    parts = json.loads(browser.get(f"{record}.json").data)["body"]["parts"]
    told = next(part["data"] for part in parts if part["kind"] == "notice")
    covered = {key: told[key] for key in ("notice", "posted_at", "count", "days", "provisional")}
    covered |= {"figures": told.get("figures"), "until_at": told["posted_until"]}
    said = canon({**dict.fromkeys(SEALED, ""), **told["commitments"], **covered})
    assert (told["hash_form"], tagged("qiding/notice/v2", said).hex()) == (2, told["text_hash"])
    # Nothing goes without an entry, and nothing that an entry names comes back.
    world = world_of(town)
    stored = rows_of(world, "notice")[0]
    mark = town.do(stored_mark, "order", town.clock.now())
    bare = {**after.commitments, "basis": {**after.commitments["basis"], "salt": ""}}
    for values in (
        {"basis": mark},
        {"basis": mark, "commitments": bare},
        {"text": TEXT, "commitments": {**after.commitments, "text": before.commitments["text"]}},
        {"text": TEXT},
        {"text": ""},
        {"text": town.do(stored_mark, "rights", town.clock.now())},
        {"title": mark, "commitments": {name: one for name, one in after.commitments.items() if name != "title"}},
    ):
        with changed(world, "notice", stored, **values):
            finding = look(world).finding
            assert finding is not None, values
            assert finding.table == "notice", str(finding)
    sound(town)


def test_the_text_of_a_notice_from_before_can_go_too(
    app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(notice: Notice) -> None:
        notice.hash_form, notice.text_hash = 1, text_hash(notice.text)
        notice.commitments = {"text": {"hash": notice.text_hash, "salt": ""}}

    monkeypatch.setattr("app.notices.service.freeze", as_before)
    garden = build(app, clock)
    garden.do(notices.save_draft, garden.lead, garden.activity("board"), TITLE, BASIS, TEXT)
    garden.do(notices.post, garden.lead, garden.activity("board"))
    sound(garden)
    world = world_of(garden)
    stored = rows_of(world, "notice")[0]
    with changed(world, "notice", stored, text=garden.do(stored_mark, "order", garden.clock.now())):
        assert look(world).finding is not None
    remove(garden, "notice", garden.scalar(select(Notice.public_id)), "text")
    assert is_mark(garden.scalar(select(Notice.text)))
    sound(garden)
    with changed(world, "notice", stored, text=TEXT):
        assert look(world).finding is not None


def test_words_of_confirmed_minutes_go_and_their_hash_stays(town: Garden) -> None:
    record, browser = closed(town), town.browser()
    before = town.scalar(select(Minutes))
    held = town.scalar(select(Meeting))
    page = f"/c/ziteng/meeting/{held.public_id}"
    assert SAID in browser.get(f"{page}/minutes").text
    remove(town, "minutes", before.public_id, "text", everywhere=False)
    after = town.scalar(select(Minutes))
    assert (after.body, after.sha256, after.text_hash) == (before.body, before.sha256, before.text_hash)
    assert SAID not in json.dumps(after.commitments, ensure_ascii=False)
    assert SAID in browser.get(record).text
    sound(town)
    note = town.scalar(select(MeetingNote.public_id))
    for kind, public_id, keys in (
        ("minutes", before.public_id, ("by_name",)),
        ("meeting", held.public_id, ("title", "agenda", "place")),
        ("meeting-note", note, ("text", "speaker")),
    ):
        remove(town, kind, public_id, *keys)
        sound(town)
    stored = everything_stored(town)
    for gone in (AGENDA, NOTE, held.title):
        assert gone not in stored, gone
    for path in (page, f"{page}/minutes", record):
        shown = browser.get(path).text
        assert held.title not in shown
        assert "no longer matches" not in shown
    printed = text_of(browser.get(f"{page}/minutes.pdf").data)
    assert MARK in printed
    assert "13800138000" not in printed
    admin = town.browser(town.town.admin)
    assert f"/remove/meeting-note/{note}" in admin.get(page).text
    assert f"/remove/minutes/{before.public_id}" in admin.get(f"{page}/minutes").text
    world = world_of(town)
    now = town.scalar(select(Minutes))
    mark, stored_row = now.text, rows_of(world, "meeting_minutes")[0]
    standing = next(hashed for hashed, one in now.commitments.items() if one["salt"])
    blanked = {**now.commitments, standing: {"hash": standing, "salt": "", "text": mark}}
    for values in ({"text": SAID}, {"commitments": blanked}, {"commitments": before.commitments}, {"reason": mark}):
        with changed(world, "meeting_minutes", stored_row, **values):
            finding = look(world).finding
            assert finding is not None, values
            assert finding.table == "meeting_minutes", str(finding)
    sound(town)


def test_a_call_and_minutes_that_lost_their_words_are_changed_after(town: Garden) -> None:
    coming = call(town, title="找张三修灯")
    remove(town, "meeting", coming, "title", ground="rights")
    sound(town)
    held = row(town, coming)
    assert is_mark(held.title)
    for title in (held.title, "修灯"):
        later = words(town, held.starts_at + DAY, title=title, place=f"底楼，{title[:2]}")
        town.do(meetings.change, town.lead, coming, later, REASON)
        sound(town)
    town.do(meetings.cancel, town.lead, coming, REASON)
    remove(town, "meeting", coming, "cancel_reason", "place")
    assert REASON not in everything_stored(town).replace("sign_off", "")
    sound(town)
    world = world_of(town)
    stored = next(item for item in rows_of(world, "meeting") if item["public_id"] == coming)
    with changed(world, "meeting", stored, title=held.title):
        finding = look(world).finding
        assert finding is not None
        assert (finding.table, finding.field) == ("meeting", "title")
    # Minutes that lost their words are corrected: the new version begins with the mark.
    minutes = town.scalar(select(Minutes.public_id))
    first = town.scalar(select(Meeting.public_id).order_by(Meeting.id))
    remove(town, "minutes", minutes, "text")
    town.do(meetings.correct, town.lead, first, REASON)
    again = town.do(meetings.offer, town.lead, first)
    sound(town)
    remove(town, "minutes", again, "reason")
    sound(town)
