"""The room view, the code to sign in by, and the sheets to print."""

from __future__ import annotations

import io

import pytest
from docx import Document
from sqlalchemy import select

from app.core.clock import HOUR
from app.engine.errors import Conflict, Invalid
from app.meetings import service
from app.meetings.models import MeetingNote, Presence
from tests.ballots.world import send
from tests.core.pictures import photo
from tests.meetings.hall import begin, call, come, offered, row, version
from tests.printed import pages_of, text_of
from tests.projects.world import Garden


def test_the_room_follows_the_meeting_and_asks_again_only_for_what_changed(garden: Garden) -> None:
    public_id = begin(garden)
    page, lead = f"/c/ziteng/meeting/{public_id}", garden.browser(garden.lead)
    room = lead.get(f"{page}/room").text
    for said in ("灯亮不亮", "2 minutes", "0 people are here", 'data-clock="120"', "data:image/svg", "clock.js"):
        assert said in room, said
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in room
    assert "<script>" not in room
    first = lead.get(f"{page}/room/board")
    same = lead.get(f"{page}/room/board", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert send(lead, f"{page}/lead", {"item": "9", "question": ""}).status_code == 422
    assert send(lead, f"{page}/lead", {"item": "2", "question": "减到二十盏？"}).status_code == 303
    board = lead.get(f"{page}/room/board", headers={"If-None-Match": first.headers["ETag"]})
    assert 'aria-current="step">定下怎么办' in board.text
    assert "减到二十盏？" in board.text
    assert "Hands are counted now." in board.text
    form = lead.get(f"{page}/note/hands").text
    assert 'value="减到二十盏？"' in form, "the question stands in the form already"
    hands = {"text": "减到二十盏？", "in_favour": "12", "against": "3", "abstained": "1"}
    assert send(lead, f"{page}/note/hands", hands).status_code == 303
    assert "<dd>12</dd>" in lead.get(f"{page}/room/board").text
    for path in ("/room", "/room/board", "/lead"):
        assert garden.browser(garden.neighbour).get(page + path).status_code == 403
    garden.do(service.end, garden.lead, public_id)
    assert "data:image/svg" not in lead.get(f"{page}/room").text, "the code is gone"
    with pytest.raises(Conflict, match="while the meeting is on"):
        garden.do(service.lead, garden.lead, public_id, 1, "")


def test_whoever_scans_the_code_signs_in_with_one_tap(garden: Garden) -> None:
    public_id = begin(garden)
    path = f"/c/ziteng/meeting/{public_id}/here/{row(garden, public_id).door}"
    anybody = garden.browser().get(path)
    assert anybody.headers["Location"].startswith("/sign-in?next=/c/ziteng/meeting/")
    mine = garden.browser(garden.neighbour)
    assert "I am here" in mine.get(path).text
    assert garden.count(Presence) == 0, "to look is not to sign"
    assert send(mine, path, {}).status_code == 303
    assert "You are on the list already" in mine.get(path).text
    assert "You signed in" in mine.get(f"/c/ziteng/meeting/{public_id}").text
    assert garden.events("meeting.attended")[0].person_id == garden.neighbour.person_id
    assert mine.get(f"{path[:-1]}!").status_code == 409
    garden.clock.advance(5 * HOUR)
    assert mine.get(path).status_code == 409


def test_the_sign_in_sheet_has_a_row_a_household_and_the_minutes_a_line_for_each_to_sign(garden: Garden) -> None:
    public_id = call(garden)
    page, lead = f"/c/ziteng/meeting/{public_id}", garden.browser(garden.lead)
    lead.set_cookie("lang", "zh_Hans")
    assert garden.browser(garden.neighbour).get(f"{page}/sign-in.pdf").status_code == 403
    sheet = "".join(pages_of(lead.get(f"{page}/sign-in.pdf").data)).replace(" ", "")
    for said in ("灯的听证会", "5号楼101室", "议事角", "1.灯亮不亮"):
        assert said in sheet, said
    garden.clock.set(row(garden, public_id).starts_at)
    garden.do(service.begin, garden.lead, public_id)
    others = [garden.resident(name) for name in ("王奶奶", "李叔")]
    come(garden, public_id, *others)
    minutes = offered(garden, public_id)
    garden.do(service.confirm, others[0], minutes)
    assert garden.browser(garden.neighbour).get(f"{page}/minutes.pdf").status_code == 404
    later = garden.browser(garden.lead)  # a session of the staff lasts half a day
    answer = later.get(f"{page}/minutes.pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    to_sign = text_of(answer.data).replace(" ", "")
    assert "李叔" in to_sign
    assert "王奶奶" not in to_sign, "who has confirmed signs no more"
    garden.do(service.confirm, others[1], minutes)
    reader = garden.browser()
    reader.set_cookie("lang", "zh_Hans")
    fixed = reader.get(f"{page}/minutes.pdf")
    text = text_of(fixed.data).replace(" ", "")
    assert version(garden, minutes).sha256 in text
    assert "灯太亮。" in text
    assert "李叔" not in text
    paragraphs = Document(io.BytesIO(reader.get(f"{page}/minutes.docx").data)).paragraphs
    assert "灯太亮。" in "".join(part.text for part in paragraphs)
    assert reader.get(f"{page}/minutes.pdf", headers={"If-None-Match": fixed.headers["ETag"]}).status_code == 304


def test_a_photo_is_shown_to_those_of_the_community(garden: Garden) -> None:
    public_id = begin(garden)
    page, lead = f"/c/ziteng/meeting/{public_id}", garden.browser(garden.lead)
    with pytest.raises(Invalid):
        garden.do(service.note, garden.lead, public_id, service.Noted("photo", "假的"))
    form = {"caption": "大家举手", "photo": ""}
    assert send(lead, f"{page}/photo", form).status_code == 422
    sent = {"caption": "大家举手", "photo": (io.BytesIO(photo(60, 40)), "图.jpg")}
    assert send(lead, f"{page}/photo", sent).status_code == 303  # type: ignore[arg-type]
    media = garden.scalar(select(MeetingNote.media))
    assert "大家举手" in garden.browser(garden.neighbour).get(page).text
    assert "大家举手" not in garden.browser().get(page).text
    assert garden.browser().get(f"/files/{media}.jpg").status_code == 404
