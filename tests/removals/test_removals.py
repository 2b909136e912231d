"""What the law bids remove: gone from every table, marked where it stood, and every hash still holds."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from flask import render_template
from sqlalchemy import select

from app.audit.verify import Report
from app.audit.verify import verify as audit
from app.comments.models import Comment
from app.core.database import Base, db
from app.core.events import Event, LogEntry, event_hash
from app.core.removals import Holds, Removal, is_mark, mark_of, stored_mark
from app.engine.errors import Invalid, NotFound
from app.people.actor import NOBODY
from app.people.queries import community_by_slug
from app.proposals.models import Proposal
from app.records import words
from app.records.corrections import correct
from app.records.models import Record, RecordWord
from app.removals import service
from tests.audit.columns import PUT
from tests.audit.place import changed, deleted, look, rows_of
from tests.audit.tamper import is_named, tampered
from tests.projects.world import Garden
from tests.removals.conftest import PHONE, TEXT, TITLE, world_of

WHY = "张三本人要求删去电话，依《个人信息保护法》第四十七条办理。"


def holdings(garden: Garden) -> tuple[Holds, ...]:
    return tuple(item for module in garden.town.app.extensions["qiding.modules"] for item in module.holds)


def remove(garden: Garden, kind: str, public_id: str, *keys: str, who: Any = None, **more: Any) -> str:
    values = {"keys": keys, "ground": "personal", "reason": WHY, **more}
    return garden.do(service.remove, who or garden.town.admin, holdings(garden), kind, "ziteng", public_id, **values)


def record(garden: Garden) -> Record:
    found: Record = garden.scalar(select(Record).order_by(Record.id))
    return found


def reply(garden: Garden) -> str:
    found: str = garden.scalar(select(Comment.public_id).where(Comment.parent_id.is_not(None)))
    return found


def sound(garden: Garden) -> Report:
    report = garden.do(audit, "ziteng")
    assert report.finding is None, report.finding
    return report


def everything_stored(garden: Garden) -> str:
    """All values of all rows, as text; JSON as it is read."""
    found = []
    with garden.here():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                found.append(json.dumps([str(value) for value in row], ensure_ascii=False))
    return "\n".join(found)


def each_word_may_go(garden: Garden) -> None:
    """Whatever a kind of activity leaves unmarked may be removed: its template must bear that, word by word."""
    row = record(garden)
    kept = garden.do(words.words_of, [row.id])[row.id]
    removal = Removal(ground="personal", at=garden.clock.now())
    assert len(kept) > 15
    with garden.here():
        here = community_by_slug("ziteng")
        for hashed in kept:
            blanked = {**kept, hashed: words.Kept(None, removal)}
            body = words.said(json.loads(row.body), blanked)
            page = render_template("records/_body.html", community=here, body=body, superseded=None)
            assert mark_of(removal) in page or body["closed_by"] != "紫藤里主持", kept[hashed]


def by_the_page(garden: Garden) -> str:
    """Remove the reply as the administrator does: choose, look at what will stand there, remove."""
    browser, public_id = garden.browser(garden.town.admin), reply(garden)
    path = f"/c/ziteng/remove/comment/{public_id}"
    assert f'href="{path}"' in browser.get(f"/c/ziteng/talk/{garden.activity('talk')}").text
    assert path not in garden.browser(garden.lead).get(f"/c/ziteng/talk/{garden.activity('talk')}").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert token is not None
    form = {"csrf_token": token[1], "passages": "text", "ground": "personal", "everywhere": "y"}
    refused = browser.post(path, data={**form, "reason": "删"})
    assert refused.status_code == 422
    assert "删</textarea>" in refused.text
    shown = browser.post(path, data={**form, "reason": WHY})
    assert shown.status_code == 200
    for said in (PHONE, garden.do(stored_mark, "personal", garden.clock.now()), "1 passage in records", "2026-001"):
        assert said in shown.text, said
    assert not garden.all(select(Removal.id)), "nothing is removed before one has seen it"
    done = browser.post(path, data={**form, "reason": WHY, "sure": "1"})
    assert (done.status_code, done.location) == (303, "/c/ziteng/removals")
    listed = garden.browser().get("/c/ziteng/removals").text
    for said in (WHY, "Personal data that must be erased", garden.town.admin.name):
        assert said in listed, said
    assert "All words of it were removed before" in browser.get(path).text
    assert browser.post(path, data={**form, "reason": WHY, "sure": "1"}).status_code == 422
    found: str = garden.scalar(select(Removal.public_id))
    return found


def test_a_comment_is_gone_from_every_table_and_what_was_hashed_stays(garden: Garden) -> None:
    before, browser = record(garden), garden.browser()
    page = f"/c/ziteng/record/{before.public_id}"
    talk = f"/c/ziteng/talk/{garden.activity('talk')}"
    saved = browser.get(f"{page}.json").data
    log = garden.all(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
    assert PHONE in saved.decode()
    assert PHONE in browser.get(page).text
    assert "13800138000" in everything_stored(garden)
    removal_id = by_the_page(garden)

    stored = everything_stored(garden)
    assert PHONE not in stored
    after = record(garden)
    assert (after.body, after.sha256) == (before.body, before.sha256)
    assert garden.all(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))[: len(log)] == log
    entry = json.loads(garden.all(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))[-1])
    assert (entry["kind"], entry["removal"], entry["ground"]) == ("words.redacted", removal_id, "personal")
    assert "13800138000" not in stored, "nor in what it said before it was edited"
    emptied = garden.all(select(Event).where(Event.hash != ""))
    assert [event.kind for event in emptied] == ["comment.posted"]
    assert all((event.data, event.salt) == ({}, b"") for event in emptied)
    blanked = garden.all(select(RecordWord).where(RecordWord.text.is_(None)))
    assert sorted([*(event.hash for event in emptied), *(word.hash for word in blanked)]) == entry["hashes"]
    sound(garden)

    for path in (page, talk, f"{page}.json"):
        assert PHONE not in browser.get(path).text
    assert "Removed by law on 2026-03-10: personal data" in browser.get(page).text
    assert garden.do(stored_mark, "personal", garden.clock.now()) in browser.get(talk).text
    assert browser.get(f"{page}.pdf").status_code == 200
    check = browser.get(f"{page}/check").text
    assert "Yes: the words stored here" in check
    token = re.search(r'name="csrf_token" value="([^"]+)"', check)
    assert token is not None
    for copy, says in (
        (saved, "1 passage of it has been removed here since"),
        (browser.get(f"{page}.json").data, "word for word"),
    ):
        form = {"csrf_token": token[1], "file": (io.BytesIO(copy), "record.json")}
        answer = browser.post(f"{page}/check", data=form, content_type="multipart/form-data")
        assert says in answer.text


def test_only_the_towns_administrator_removes_and_says_on_what_ground(garden: Garden) -> None:
    public_id = reply(garden)
    for who in (garden.lead, garden.neighbour, NOBODY):
        with pytest.raises(NotFound):
            remove(garden, "comment", public_id, "text", who=who)
    for keys, more in (
        ((), {}),
        (("text", "person_id"), {}),
        (("appeal",), {}),
        (("text",), {"ground": "dislike"}),
        (("text",), {"reason": "不好"}),
    ):
        with pytest.raises(Invalid):
            remove(garden, "comment", public_id, *keys, **more)
    for kind, other in (("comment", "0" * 16), ("notice", public_id), ("vote", public_id), ("", public_id)):
        with pytest.raises(NotFound):
            remove(garden, kind, other, "text")
    assert not garden.all(select(Removal.id))
    remove(garden, "comment", public_id, "text", everywhere=False)
    with pytest.raises(Invalid):
        remove(garden, "comment", public_id, "text")
    page = garden.browser().get(f"/c/ziteng/record/{record(garden).public_id}").text
    assert PHONE in page, "words elsewhere stay where only one place is meant"
    assert [event.kind for event in garden.all(select(Event).where(Event.hash != ""))] == ["comment.posted"]
    sound(garden)


def test_each_kind_of_words_can_be_removed_and_a_corrected_record_too(garden: Garden) -> None:
    each_word_may_go(garden)
    first = record(garden)
    idea = garden.scalar(select(Proposal.public_id))
    kept = garden.do(words.words_of, [first.id])[first.id]
    basis = next(hashed for hashed, item in kept.items() if item.word and item.word.text == "张三的报价")
    body = json.loads(first.body)
    path = ("project", "title")
    second = garden.do(correct, garden.lead, first.public_id, {path: "张三的花园"}, WHY)
    remove(garden, "record", first.public_id, basis)
    assert garden.all(
        select(RecordWord.record_id)
        .where(RecordWord.hash == basis, RecordWord.text.is_(None))
        .order_by(RecordWord.record_id)
    ) == garden.all(select(Record.id).order_by(Record.id))
    assert "张三的报价" not in everything_stored(garden)
    sound(garden)
    remove(garden, "proposal", idea, "title", "text", ground="rights")
    assert TITLE not in everything_stored(garden)
    title = garden.scalar(select(RecordWord.hash).where(RecordWord.text == "张三的花园"))
    remove(garden, "record", second, title, ground="order", everywhere=False)
    newest = garden.scalar(select(Record).where(Record.public_id == second))
    assert is_mark(newest.title)
    browser = garden.browser()
    assert "Removed by law" in browser.get(f"/c/ziteng/record/{second}").text
    assert "no longer matches" not in browser.get(f"/c/ziteng/record/{second}").text
    assert "张三的花园" not in browser.get("/c/ziteng/records").text
    for kind, name, keys in (("notice", "notice", ("text",)), ("complaint", "complaint", ("text", "answer"))):
        table = Base.metadata.tables[name]
        with garden.here():
            public_id = db.session.execute(select(table.c.public_id)).scalar_one()
        remove(garden, kind, public_id, *keys, ground="unlawful")
    stored = everything_stored(garden)
    for gone in ("王敏不该在这张名单里。", "名单如下。", TITLE, TEXT):
        assert gone not in stored, gone
    assert json.loads(record(garden).body) == body
    report = sound(garden)
    assert report.records == 2
    again = garden.do(correct, garden.lead, second, {("project", "place"): "三层平台"}, WHY)
    assert "no longer matches" not in browser.get(f"/c/ziteng/record/{again}").text
    sound(garden)


def test_a_removal_is_bound_and_a_blanking_without_one_is_found(garden: Garden) -> None:
    for keys, kind, public_id in ((("text",), "comment", reply(garden)), (("title",), "proposal", None)):
        remove(garden, kind, public_id or garden.scalar(select(Proposal.public_id)), *keys)
    world = world_of(garden)
    assert look(world).finding is None
    for table in ("removal", "record_word"):
        for column in PUT[table].bound.split():
            done, finding, row = tampered(world, table, column)
            if done:
                assert finding is not None, f"{table}.{column} was changed, and nothing was found"
                assert is_named(finding, table, column, row), str(finding)
        row = rows_of(world, table)[0]
        with deleted(world, table, row):
            assert look(world).finding is not None
    blanked = rows_of(world, "record_word", "text is null")[0]
    standing = rows_of(world, "record_word", "text is not null")[-1]
    with changed(world, "record_word", standing, text=None, salt=None, removal_id=blanked["removal_id"]):
        finding = look(world).finding
        assert finding is not None
        assert (finding.table, finding.field) == ("record_word", "removal_id")
    posted = rows_of(world, "event", "kind = 'comment.posted' and hash = ''")[0]
    with garden.here():
        hashed = db.session.get_one(Event, posted["id"])
        value = event_hash(hashed)
    with changed(world, "event", posted, data={}, salt=b"", hash=value):
        finding = look(world).finding
        assert finding is not None
        assert (finding.table, finding.row, finding.field) == ("event", str(posted["id"]), "hash")
    for values in ({"hash": value}, {"data": {}, "hash": value}, {"data": {}, "salt": b""}):
        with changed(world, "event", posted, **values):
            finding = look(world).finding
            assert finding is not None
            assert finding.table in ("event", "log")
    emptied = rows_of(world, "event", "hash != ''")[0]
    for values in ({"data": {"text": PHONE}}, {"salt": bytes(16)}):
        with changed(world, "event", emptied, **values):
            finding = look(world).finding
            assert finding is not None
            assert (finding.table, finding.row, finding.field) == ("event", str(emptied["id"]), "data or salt")
    moved = rows_of(world, "event", "kind = 'gate.signed_off'")[0]
    with garden.here():
        value = event_hash(db.session.get_one(Event, moved["id"]))
    with changed(world, "event", moved, data={}, salt=b"", hash=value):
        assert "compared" in str(look(world).finding)
    assert look(world).finding is None
