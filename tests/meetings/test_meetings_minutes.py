"""A meeting that is held: who came, what was noted, minutes that those present confirm, and their correction."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.core.clock import DAY, HOUR
from app.core.events import LogEntry
from app.core.seals import fits
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.meetings import queries, service
from app.meetings.models import Meeting, MeetingNote, Minutes, Presence
from app.meetings.service import Noted
from app.projects import service as projects
from app.records.models import Record
from tests.ballots.world import send
from tests.meetings.hall import REASON, TEXT, begin, come, offered, row, version
from tests.projects.world import Garden

FIXED = "灯太亮。"


def test_who_comes_is_counted_once_by_ring_and_household(garden: Garden) -> None:
    garden.building("8", 3)
    public_id = begin(garden)
    wrong = "8-101 王\n8-999 李\n9-101 赵"
    with pytest.raises(Invalid) as refused:
        garden.do(service.enter_sheet, garden.lead, public_id, "residents", wrong)
    assert str(refused.value.fields["sheet"]) == "Line 2: no household is at 8-999. Line 3: no household is at 9-101."
    assert garden.count(Presence) == 0
    come(garden, public_id, garden.neighbour, garden.neighbour)
    sheet = "8-101 王\n8-101 王\n8-101 王的爱人\n8-102\n5-101 客人"
    assert garden.do(service.enter_sheet, garden.lead, public_id, "residents", sheet) == 4
    assert garden.do(service.enter_sheet, garden.lead, public_id, "lead", "书记老沈") == 1
    with pytest.raises(Invalid):
        garden.do(service.enter_sheet, garden.lead, public_id, "experts", "苏工")
    page = garden.browser().get(f"/c/ziteng/meeting/{public_id}").text
    assert "6 people" in page
    for name in ("王的爱人", "书记老沈", "8号楼"):
        assert name not in page
        assert name not in garden.browser(garden.neighbour).get(f"/c/ziteng/meeting/{public_id}").text
    assert "王的爱人" in garden.browser(garden.lead).get(f"/c/ziteng/meeting/{public_id}/people").text
    struck = garden.scalar(select(Presence.public_id).where(Presence.name == "书记老沈"))
    garden.do(service.strike, garden.lead, public_id, struck)
    with pytest.raises(NotFound):
        garden.do(service.strike, garden.lead, public_id, struck)
    assert "5 people" in garden.browser().get(f"/c/ziteng/meeting/{public_id}").text


def test_the_code_counts_while_the_meeting_lasts_for_those_of_the_community(garden: Garden) -> None:
    public_id = begin(garden)
    door = row(garden, public_id).door
    with pytest.raises(Closed, match="only while"):
        garden.do(service.sign_in, garden.neighbour, public_id, "0" * 16)
    with pytest.raises(Forbidden):
        garden.do(service.sign_in, garden.town.stranger, public_id, door)
    garden.clock.set(row(garden, public_id).ends_at + 3 * HOUR)
    with pytest.raises(Closed):
        garden.do(service.sign_in, garden.neighbour, public_id, door)
    garden.clock.advance(-1)
    garden.do(service.sign_in, garden.neighbour, public_id, door)
    garden.do(service.end, garden.lead, public_id)
    for key in (door, ""):
        with pytest.raises(Closed):
            garden.do(service.sign_in, garden.resident(), public_id, key)
    presence = garden.scalar(select(Presence))
    assert (presence.person_id, presence.ring, presence.how) == (garden.neighbour.person_id, "residents", "code")


def test_what_is_noted_becomes_the_draft_and_neighbours_alone_see_it_before(garden: Garden) -> None:
    public_id = begin(garden)
    lead, page = garden.browser(garden.lead), f"/c/ziteng/meeting/{public_id}"
    point = {"text": FIXED, "ring": "residents", "item": "1", "speaker": "张阿姨"}
    assert send(lead, f"{page}/note/point", {**point, "ring": ""}).status_code == 422
    assert send(lead, f"{page}/note/point", {**point, "item": "9"}).status_code == 422
    assert send(lead, f"{page}/note/point", point).status_code == 303
    minority = {"text": "手电就够了。", "ring": "residents", "item": "0", "speaker": ""}
    assert send(lead, f"{page}/note/minority", minority).status_code == 303
    hands = {"text": "减到二十盏？", "in_favour": "12", "against": "3", "abstained": "0"}
    assert send(lead, f"{page}/note/hands", hands).status_code == 303
    assert send(lead, f"{page}/note/decision", {"text": "改图", "who": "", "due": ""}).status_code == 422
    done = {"text": "改图", "who": "苏工", "due": "2026-04-01"}
    assert send(lead, f"{page}/note/decision", done).status_code == 303
    assert lead.get(f"{page}/note/other").status_code == 404
    assert FIXED in garden.browser(garden.neighbour).get(page).text
    assert FIXED not in garden.browser().get(page).text
    draft = lead.get(f"{page}/minutes/edit").text
    for said in (
        "1. Agenda\n1. 灯亮不亮",
        "On 灯亮不亮:\nResidents&#39; ring, 张阿姨: 灯太亮。",
        "3. Views of the minority",
        "“减到二十盏？”: 12 for, 3 against, 0 abstaining.",
        "1. 改图 (苏工, by Wed 1 April 2026)",
    ):
        assert said in draft, said
    slip = garden.scalar(select(MeetingNote.public_id).where(MeetingNote.kind == "minority"))
    garden.do(service.unnote, garden.lead, public_id, slip)
    assert "手电就够了" not in lead.get(f"{page}/minutes/edit").text
    with pytest.raises(Forbidden):
        garden.do(service.note, garden.neighbour, public_id, Noted("point", "我自己记", ring="residents"))


def test_minutes_are_confirmed_by_those_who_were_there_and_frozen(garden: Garden) -> None:
    public_id = begin(garden)
    others = [garden.resident(name) for name in ("王奶奶", "李叔")]
    with pytest.raises(Conflict, match="Write the minutes"):
        garden.do(service.offer, garden.lead, public_id)
    garden.do(service.save, garden.lead, public_id, TEXT)
    with pytest.raises(Conflict, match="Enter first"):
        garden.do(service.offer, garden.lead, public_id)
    come(garden, public_id, garden.neighbour)
    garden.do(service.enter_sheet, garden.lead, public_id, "residents", f"5-{garden.town.rooms - 1} 王奶奶\n路过的")
    minutes = offered(garden, public_id)
    assert row(garden, public_id).ended_at is not None
    assert [m.kind for m in garden.told(others[0])] == ["minutes.offered"], "the sheet's name is known by its household"
    assert garden.told(others[1]) == []
    assert garden.missing("meeting_confirmed") == ["2 more of those who were there confirm the minutes."]
    for who in (others[1], garden.lead, garden.town.stranger):
        with pytest.raises(Forbidden):
            garden.do(service.confirm, who, minutes)
    for command in (
        lambda: garden.do(service.save, garden.lead, public_id, "改一改"),
        lambda: garden.do(service.enter_sheet, garden.lead, public_id, "residents", "又来一个"),
        lambda: garden.do(service.note, garden.lead, public_id, Noted("point", "又说一句", ring="residents")),
    ):
        with pytest.raises(Frozen):
            command()
    page = f"/c/ziteng/meeting/{public_id}/minutes"
    assert garden.browser().get(page).status_code == 404
    assert FIXED in garden.browser(others[1]).get(page).text
    mine = garden.browser(garden.neighbour)
    assert "You were there" in mine.get(page).text
    assert send(mine, f"/c/ziteng/minutes/{minutes}/confirm", {}, get=page).status_code == 303
    assert garden.do(service.confirm, garden.neighbour, minutes) is False, "the same tap twice is one"
    assert "You have confirmed" in mine.get(page).text
    with pytest.raises(Invalid):
        garden.do(service.confirm_on_paper, garden.lead, minutes, ["0" * 16])
    signed = garden.scalar(select(Presence.public_id).where(Presence.name == "路过的"))
    assert garden.do(service.confirm_on_paper, garden.lead, minutes, [signed])
    frozen = version(garden, minutes)
    body = json.loads(frozen.body)
    assert canon(body).decode() == frozen.body
    assert sha256_hex(frozen.body.encode()) == frozen.sha256
    assert body["present"] == {"all": 3, "households": 2, "rings": [{"n": 3, "ring": "residents"}]}
    said = queries.body_of(frozen)
    assert (said["minutes"]["text"], body["minutes"]["text_hash"]) == (TEXT, frozen.text_hash)
    assert fits(frozen.commitments["text"], TEXT)
    assert "灯" not in frozen.body, "of words the body holds commitments"
    assert [item["how"] for item in body["confirmed"]] == ["screen", "paper"]
    assert "王奶奶" not in frozen.body
    entries = garden.all(select(LogEntry.body).order_by(LogEntry.seq.desc()))
    told = [json.loads(entry) for entry in entries if '"minutes.frozen"' in entry]
    assert [(entry["sha256"], entry["version"]) for entry in told] == [(frozen.sha256, 1)]
    with pytest.raises(Frozen):
        garden.do(service.confirm, others[0], minutes)
    assert garden.met("meeting_confirmed")
    public = garden.browser().get(page).text
    assert FIXED in public
    assert frozen.sha256 in public
    assert "王奶奶" not in public


def test_a_correction_is_a_new_version_that_those_present_confirm_again(garden: Garden) -> None:
    public_id = begin(garden)
    others = [garden.resident(name) for name in ("王奶奶", "李叔")]
    come(garden, public_id, garden.neighbour, *others)
    first = offered(garden, public_id)
    garden.do(service.confirm, garden.neighbour, first)
    garden.do(service.take_back, garden.lead, public_id)
    with pytest.raises(Frozen, match="taken back"):
        garden.do(service.confirm, others[0], first)
    second = offered(garden, public_id)
    for who in others:
        garden.do(service.confirm, who, second)
    stands = version(garden, second)
    assert stands.number == 2
    with pytest.raises(Frozen):
        garden.do(service.save, garden.lead, public_id, "另一番话")
    with pytest.raises(Invalid):
        garden.do(service.correct, garden.lead, public_id, "短")
    garden.do(service.correct, garden.lead, public_id, REASON)
    with pytest.raises(Conflict, match="being written"):
        garden.do(service.correct, garden.lead, public_id, REASON)
    assert garden.met("meeting_confirmed"), "what was confirmed stands meanwhile"
    third = offered(garden, public_id, TEXT.replace("太亮", "太暗"))
    page = f"/c/ziteng/meeting/{public_id}/minutes"
    assert "太暗" not in garden.browser().get(page).text
    asked = garden.browser(garden.neighbour).get(page).text
    assert "<del>亮</del><ins>暗</ins>" in asked
    assert REASON in asked
    for who in (garden.neighbour, others[0]):
        garden.do(service.confirm, who, third)
    body = queries.body_of(version(garden, third))
    assert (body["replaces"], body["reason"], body["minutes"]["version"]) == (stands.sha256, REASON, 3)
    assert version(garden, second).body == stands.body
    now = garden.browser().get(page).text
    assert "<del>亮</del><ins>暗</ins>" in now
    assert stands.sha256 in now
    assert garden.count(Minutes) == 3


def test_the_gate_asks_for_enough_people_and_the_record_tells_the_minutes(garden: Garden) -> None:
    first = begin(garden)
    who = [garden.resident(f"居民{n}") for n in range(3)]
    come(garden, first, *who[:2])
    minutes = offered(garden, first)
    for actor in who[:2]:
        garden.do(service.confirm, actor, minutes)
    assert version(garden, minutes).frozen_at is not None
    assert garden.missing("meeting_confirmed") == ["Too few were there: meet again."]
    garden.clock.advance(DAY)
    second = begin(garden)
    come(garden, second, *who)
    assert garden.missing("meeting_confirmed") == ["Write down who is there and what is said."]
    minutes = offered(garden, second)
    for actor in who[:2]:
        garden.do(service.confirm, actor, minutes)
    assert garden.met("meeting_confirmed")
    cancelled = garden.do(service.call, garden.lead, garden.activity("gathering"), _later(garden))
    garden.do(service.cancel, garden.lead, cancelled, REASON)
    body = garden.do(_record, garden)
    told = next(part["data"]["meetings"] for part in body["parts"] if part["kind"] == "meeting")
    assert [item.get("minutes", {}).get("confirmed") for item in told] == [2, 2, None]
    assert told[1]["minutes"]["sha256"] == version(garden, minutes).sha256
    assert told[2]["cancelled"] == REASON
    preview = garden.browser(garden.lead).get(f"/c/ziteng/project/{garden.project}/close").text
    assert version(garden, minutes).sha256 in preview
    assert garden.count(Meeting) == 3
    assert garden.count(Record) == 0


def _later(garden: Garden) -> service.Words:
    starts = garden.clock.now() + DAY
    return service.Words("再议一次", "议事角", "灯", starts, starts + HOUR, ("residents",))


def _record(garden: Garden) -> dict[str, object]:
    from app.records.service import body_of

    ended = projects.preview_close(garden.lead, garden.project, garden.clock.now())
    return body_of(ended, garden.clock.now())
