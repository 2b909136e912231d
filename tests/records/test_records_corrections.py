"""Corrections: records of their own, of words that staff entered, that supersede and link both ways."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select, update

from app.audit.verify import Report
from app.audit.verify import verify as audit
from app.comments import service as comments
from app.core.clock import DAY
from app.core.transaction import transaction
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.engine.words import spots
from app.people.actor import NOBODY
from app.projects import service as projects
from app.records import corrections, words
from app.records.corrections import Passage, correct
from app.records.models import Record
from app.registers import service as registers
from tests.projects.world import REASON, Garden, everything
from tests.projects.world import build as build_garden

WHY = "经办人把材料的名字写错了一个字。"


@pytest.fixture
def garden(app: Any, clock: Any) -> Garden:
    """A project whose first step left a record, with an entry of staff and a comment of a resident in it."""
    garden = build_garden(app, clock, everything(gates=False))
    garden.do(comments.post, garden.neighbour, garden.talk(), "question", "灯什么时候修？")
    cost = {"what": "防水图料", "amount": 1230, "basis": "报价"}
    garden.do(registers.add, garden.lead, garden.activity("money"), "costs", cost)
    garden.do(projects.sign_off, garden.lead, garden.project, "seen", holds=True, note=REASON)
    garden.do(projects.close_step, garden.lead, garden.project)
    garden.clock.advance(DAY)
    return garden


def records(garden: Garden) -> list[Record]:
    return garden.all(select(Record).order_by(Record.id))


def passages(garden: Garden, record: Record) -> dict[str, Passage]:
    kept = garden.do(words.words_of, [record.id])[record.id]
    return {passage.text: passage for passage in corrections.passages(json.loads(record.body), kept)}


def look(garden: Garden) -> Report:
    return garden.do(audit, "ziteng")


def test_only_what_staff_entered_can_be_corrected_and_only_by_a_facilitator_with_a_reason(garden: Garden) -> None:
    record = records(garden)[0]
    there = passages(garden, record)
    assert {"防水图料", "报价", "空中花园", "二层平台"} == set(there)
    path = there["防水图料"].path
    for who, refusal in ((garden.neighbour, Forbidden), (NOBODY, NotFound)):
        with pytest.raises(refusal):
            garden.do(correct, who, record.public_id, {path: "防水涂料"}, WHY)
    cost = (*path[:-1], "amount")
    said = ("parts", 2, "data", "said", 0, "text")
    for changes, why in (
        ({}, WHY),
        ({path: "防水图料"}, WHY),
        ({path: " "}, WHY),
        ({path: "料" * 5000}, WHY),
        ({path: "防水涂料"}, "错字"),
        ({cost: "9"}, WHY),
        ({said: "灯不用修。"}, WHY),
        ({("closed_by",): "别人"}, WHY),
    ):
        with pytest.raises(Invalid):
            garden.do(correct, garden.lead, record.public_id, changes, why)
    assert len(records(garden)) == 1


def test_a_correction_supersedes_links_both_ways_and_can_be_corrected_again(garden: Garden) -> None:
    first = records(garden)[0]
    path = passages(garden, first)["防水图料"].path
    second_id = garden.do(correct, garden.lead, first.public_id, {path: "防水徒料"}, WHY)
    with pytest.raises(Conflict):
        garden.do(correct, garden.lead, first.public_id, {path: "防水涂料"}, WHY)
    garden.clock.advance(DAY)
    third_id = garden.do(correct, garden.lead, second_id, {path: "防水涂料"}, WHY)
    kept, second, third = records(garden)
    assert (kept.body, kept.sha256) == (first.body, first.sha256), "what was published stays"
    assert [(row.number, row.corrects_id) for row in (kept, second, third)] == [(1, None), (2, kept.id), (3, second.id)]
    old, new = garden.do(words.read, kept), garden.do(words.read, third)
    assert old is not None
    assert new is not None
    assert new["correction"]["of"]["sha256"] == second.sha256
    assert (new["correction"]["changes"][0]["before"], new["correction"]["changes"][0]["after"]) == (
        "防水徒料",
        "防水涂料",
    )
    part = path[1]
    assert (
        old["parts"][part]["data"]["entries"][0]["data"]["amount"]
        == new["parts"][part]["data"]["entries"][0]["data"]["amount"]
    )
    assert old["parts"][2] == new["parts"][2]

    browser, base = garden.browser(), "/c/ziteng/record/"
    page = browser.get(f"{base}{first.public_id}").text
    assert f'href="{base}{second_id}"' in page
    assert f'href="{base}{third_id}"' in page, "the newest too"
    assert "防水图料" in page
    page = browser.get(f"{base}{third_id}").text
    assert f'href="{base}{second_id}"' in page
    assert WHY in page
    archive = browser.get("/c/ziteng/records", follow_redirects=True).text
    assert archive.count("Corrected by") == 2
    assert archive.count("A correction of an earlier record") == 2
    step = browser.get(f"/c/ziteng/project/{garden.project}/step/gather/1/record")
    assert step.location == f"{base}{third_id}"
    for public_id in (first.public_id, second_id, third_id):
        assert browser.get(f"{base}{public_id}.pdf").status_code == 200
        assert "Yes: the words stored here" in browser.get(f"{base}{public_id}/check").text
    report = look(garden)
    assert report.finding is None, report.finding
    assert report.records == 3


def write(garden: Garden, record: Record, body: Any) -> None:
    raw = canon(body)
    with garden.here(), transaction() as tx:
        values = {"body": raw.decode(), "sha256": sha256_hex(raw)}
        tx.session.execute(update(Record).where(Record.id == record.id).values(values))


def test_a_correction_of_more_than_it_says_is_not_lawful(garden: Garden) -> None:
    """The pure comparison that the audit makes: numbers, residents' words, gates and places may not move with it."""
    first = records(garden)[0]
    path = passages(garden, first)["防水图料"].path
    garden.do(correct, garden.lead, first.public_id, {path: "防水涂料"}, WHY)
    old, new = (json.loads(row.body) for row in records(garden))
    assert corrections.lawful(old, new)
    assert not corrections.lawful(old, {**new, "opened_at": 5})
    assert not corrections.lawful(old, {**new, "gates": []})
    change = new["correction"]["changes"][0]
    said = new["parts"][2]["data"]["said"][0]["text"]
    assert set(said) == {"words"}
    other = {**change, "path": ["parts", 2, "data", "said", 0, "text"], "before": {**said, "staff": True}}
    moved = json.loads(json.dumps(new))
    moved["parts"][2]["data"]["said"][0]["text"] = change["after"]
    for changes in ([change], [change, other], []):
        assert not corrections.lawful(old, {**moved, "correction": {**new["correction"], "changes": changes}})
    report = look(garden)
    assert report.finding is None, report.finding
    with garden.here(), transaction() as tx:
        tx.session.execute(update(Record).where(Record.number == 2).values(corrects_id=records(garden)[1].id))
    finding = look(garden).finding
    assert finding is not None
    assert (finding.table, finding.field) == ("record", "corrects_id")


def test_the_audit_finds_a_correction_of_what_a_resident_said(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published by a program that lets through more than ours does, with hash and entry in the log."""

    def all_of(body: Any, kept: words.Words) -> list[Passage]:
        return [
            Passage(spot.path, spot.hash, word.text)
            for spot in spots(body)
            if (word := kept[spot.hash].word) is not None
        ]

    first = records(garden)[0]
    monkeypatch.setattr(corrections, "passages", all_of)
    path = ("parts", 2, "data", "said", 0, "text")
    second = garden.do(correct, garden.lead, first.public_id, {path: "灯不用修。"}, WHY)
    finding = look(garden).finding
    assert finding is not None
    assert (finding.table, finding.row, finding.field) == ("record", second, "body")


def test_the_page_keeps_what_was_typed_shows_what_will_be_said_and_publishes(garden: Garden) -> None:
    first, browser = records(garden)[0], garden.browser(garden.lead)
    path = f"/c/ziteng/record/{first.public_id}/correct"
    assert garden.browser(garden.neighbour).get(path).status_code == 403
    assert f'href="{path}"' in browser.get(f"/c/ziteng/record/{first.public_id}").text
    page = browser.get(path).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    fields = dict(re.findall(r'name="(w[.][^"]+)"[^>]*>\n([^<]*)</textarea>', page))
    assert token is not None
    assert "灯什么时候修" not in page
    name = next(key for key, text in fields.items() if text == "防水图料")
    form = {"csrf_token": token[1], **fields, name: "防水涂料", "reason": "错"}
    refused = browser.post(path, data=form)
    assert refused.status_code == 422
    assert "防水涂料" in refused.text
    shown = browser.post(path, data={**form, "reason": WHY})
    assert shown.status_code == 200
    assert "This will be published" in shown.text
    assert len(records(garden)) == 1, "nothing is published before one has seen it"
    done = browser.post(path, data={"csrf_token": token[1], name: "防水涂料", "reason": WHY, "sure": "1"})
    assert done.status_code == 303
    assert done.location == f"/c/ziteng/record/{records(garden)[1].public_id}"
    assert "has been corrected already" in browser.get(path).text
    again = browser.post(path, data={"csrf_token": token[1], name: "防水涂料", "reason": WHY, "sure": "1"})
    assert again.status_code == 409
    assert len(records(garden)) == 2
