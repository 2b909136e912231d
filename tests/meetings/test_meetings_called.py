"""Calling, changing and cancelling a meeting: who is told, and where it stands."""

from __future__ import annotations

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.core.clock import DAY, HOUR, MINUTE
from app.core.delivery import Delivery, GroupHook
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid
from app.meetings import service
from app.meetings.kind import answered
from app.meetings.models import Meeting
from app.people.actor import NOBODY
from app.projects import service as projects
from tests.ballots.world import send
from tests.meetings.hall import REASON, begin, call, come, offered, row, words
from tests.projects.world import Garden

FORM = {
    "title": "灯的听证会",
    "agenda": "灯亮不亮\n定下怎么办",
    "day": "2026-03-12",
    "hour": "19:00",
    "minutes": "90",
    "place": "议事角",
    "rings": "residents",
}


def test_a_call_invites_its_rings_and_stands_on_the_boards(garden: Garden) -> None:
    assert garden.missing("meeting_confirmed") == ["Call the meeting."]
    page = f"/c/ziteng/meetings/{garden.activity('gathering')}"
    lead = garden.browser(garden.lead)
    assert "Not called yet" in lead.get(page).text
    for wrong in ({"hour": "25:00"}, {"minutes": "5"}, {"agenda": " "}, {"rings": "nobody"}, {"day": "2026-01-01"}):
        assert send(lead, f"{page}/call", {**FORM, **wrong}).status_code == 422, wrong
    assert garden.count(Meeting) == 0
    answer = send(lead, f"{page}/call", FORM)
    assert answer.status_code == 303
    public_id = answer.headers["Location"].rsplit("/", 1)[1]
    meeting = row(garden, public_id)
    assert (meeting.starts_at, meeting.ends_at - meeting.starts_at) == (1_773_313_200_000, 90 * MINUTE)
    assert [m.kind for m in garden.told(garden.neighbour)] == ["meeting.called"]
    assert garden.told(garden.lead) == garden.told(garden.town.stranger) == []
    here = garden.browser(garden.neighbour)
    assert "You are invited to “灯的听证会”, Thu 12 March 19:00, 议事角." in here.get("/me/messages").text
    for address in ("/c/ziteng/", f"/c/ziteng/project/{garden.project}", page, f"/c/ziteng/meeting/{public_id}"):
        assert "Thu 12 March 19:00" in garden.browser().get(address).text, address
    assert garden.missing("meeting_confirmed") == ["Hold the meeting: " + f"{meeting.starts_at}."]
    for who, error in ((garden.neighbour, Forbidden), (garden.town.stranger, Forbidden), (NOBODY, Forbidden)):
        with pytest.raises(error):
            garden.do(service.call, who, garden.activity("gathering"), words(garden))


def test_what_changes_is_told_with_the_reason_and_a_calendar_follows(garden: Garden) -> None:
    public_id = call(garden)
    meeting, address = row(garden, public_id), f"/c/ziteng/meeting/{public_id}.ics"
    answer = garden.browser().get(address)
    assert answer.content_type == "text/calendar; charset=utf-8"
    first = Calendar.from_ical(answer.data).events[0]
    assert (first["summary"], first["location"], first["sequence"]) == ("灯的听证会", "议事角", 0)
    assert int(first.start.timestamp() * 1000) == meeting.starts_at
    assert int(first.end.timestamp() * 1000) == meeting.ends_at
    moved = words(garden, meeting.starts_at + DAY, place="底楼", rings=("residents",))
    with pytest.raises(Invalid):
        garden.do(service.change, garden.lead, public_id, moved, "短")
    with pytest.raises(Invalid, match="Nothing is different"):
        garden.do(service.change, garden.lead, public_id, words(garden, meeting.starts_at), REASON)
    garden.do(service.change, garden.lead, public_id, moved, REASON)
    told = [(m.kind, m.data.get("reason")) for m in garden.told(garden.neighbour)]
    assert told == [("meeting.called", None), ("meeting.changed", REASON)]
    assert REASON in garden.browser().get(f"/c/ziteng/meeting/{public_id}").text
    second = Calendar.from_ical(garden.browser().get(address).data).events[0]
    assert (second["uid"], second["sequence"], second["location"]) == (first["uid"], 1, "底楼")
    late = garden.resident("后来搬来的")
    garden.do(service.cancel, garden.lead, public_id, REASON)
    assert garden.told(garden.neighbour)[-1].kind == "meeting.cancelled"
    assert garden.told(garden.lead)[-1].kind == "meeting.cancelled", "who was invited at first is told, whatever ring"
    assert garden.told(late) == []
    last = Calendar.from_ical(garden.browser().get(address).data)
    assert (last["method"], last.events[0]["status"]) == ("CANCEL", "CANCELLED")
    assert "灯的听证会" not in garden.browser().get("/c/ziteng/").text
    for command in (
        lambda: garden.do(service.cancel, garden.lead, public_id, REASON),
        lambda: garden.do(service.change, garden.lead, public_id, words(garden), REASON),
        lambda: garden.do(service.begin, garden.lead, public_id),
        lambda: garden.do(service.enter_sheet, garden.lead, public_id, "residents", "5-101"),
        lambda: garden.do(service.save, garden.lead, public_id, "文"),
    ):
        with pytest.raises(Frozen):
            command()
    assert garden.missing("meeting_confirmed") == ["Call the meeting."]


def test_groups_are_told_when_and_where_and_that_it_is_off(garden: Garden) -> None:
    hook = {"kind": "wecom", "name": "楼组长群", "url": "https://example.org/robot", "language": "zh_Hans"}
    with garden.here(), transaction() as tx:
        tx.session.add(GroupHook(community_id=garden.community, added_by_id=garden.lead.person(), at=tx.now, **hook))
    public_id = call(garden)
    moved = words(garden, row(garden, public_id).starts_at, place="底楼")
    garden.do(service.change, garden.lead, public_id, moved, REASON)
    garden.do(service.cancel, garden.lead, public_id, REASON)
    lines = garden.all(select(Delivery).order_by(Delivery.id))
    assert [(line.kind, line.data["place"]) for line in lines] == [
        ("meeting.announced", "议事角"),
        ("meeting.announced", "底楼"),
        ("meeting.called_off", "底楼"),
    ]
    assert all(line.href == f"/c/ziteng/meeting/{public_id}" for line in lines)


def test_a_meeting_begins_within_its_hours_and_what_was_held_is_entered_without_inviting(garden: Garden) -> None:
    public_id = call(garden)
    starts = row(garden, public_id).starts_at
    garden.clock.set(starts - HOUR - 1)
    for command in (
        lambda: garden.do(service.begin, garden.lead, public_id),
        lambda: garden.do(service.enter_sheet, garden.lead, public_id, "residents", "5-101 王"),
        lambda: garden.do(service.save, garden.lead, public_id, "文"),
    ):
        with pytest.raises(Closed, match="begins"):
            command()
    with pytest.raises(Conflict):
        garden.do(service.end, garden.lead, public_id)
    garden.clock.advance(1)
    garden.do(service.begin, garden.lead, public_id)
    with pytest.raises(Frozen, match="begun"):
        garden.do(service.cancel, garden.lead, public_id, REASON)
    before = len(garden.told(garden.neighbour))
    past = call(garden, garden.clock.now() - 2 * DAY)
    assert len(garden.told(garden.neighbour)) == before
    with pytest.raises(Closed, match="hours are over"):
        garden.do(service.begin, garden.lead, past)
    assert garden.do(service.enter_sheet, garden.lead, past, "residents", "王奶奶\n李叔") == 2
    key = garden.activity("gathering")
    once = [garden.do(service.call, garden.lead, key, words(garden, starts + 5 * DAY), once="k") for _ in range(2)]
    assert once[0] == once[1]
    garden.do(projects.pause, garden.lead, garden.project, REASON)
    with pytest.raises(Closed, match="rests"):
        garden.do(service.call, garden.lead, key, words(garden))
    assert garden.scalar(select(Meeting.public_id).order_by(Meeting.id.desc())) == once[0]


def test_who_was_not_there_is_not_asked_to_confirm_but_to_come_to_the_next(garden: Garden) -> None:
    first = begin(garden)
    come(garden, first, garden.resident("王奶奶"))
    offered(garden, first)

    def asked() -> set[int]:
        return garden.do(answered, [garden.ref("gathering")], garden.neighbour)

    assert asked() == {garden.ref("gathering").id}
    call(garden)
    assert asked() == set()


def test_a_meeting_that_nobody_ended_is_over_in_the_night(garden: Garden) -> None:
    public_id = begin(garden)
    page = f"/c/ziteng/meeting/{public_id}"
    assert "It is on now" in garden.browser().get("/c/ziteng/project/" + garden.project).text
    garden.clock.set(row(garden, public_id).ends_at + 3 * HOUR)
    assert "On now" not in garden.browser().get(page).text
    assert garden.missing("meeting_confirmed") == ["Write the minutes and offer them to those who were there."]
