"""A meeting in a browser: called, signed, written down, its minutes confirmed on the screen and on paper."""

from __future__ import annotations

from sqlalchemy import select

from app.core.database import db
from app.meetings.models import Meeting
from tests.journeys.people import Cast


def hold_a_hearing(people: Cast) -> None:
    """The facilitator calls the hearing of the open step for tomorrow evening; five come, three confirm the minutes."""
    lead = people.lead
    people.activity(lead, "meetings", 1)
    lead.follow("/call")
    lead.fill(agenda="听大家说\n定下先后", day=people.day(1), hour="19:00", place="议事角")
    lead.send()
    meeting = lead.path()
    assert "/meeting/" in meeting, lead.page.locator("main").inner_text()
    invited = people.residents["小王"]
    invited.go("/me/messages")
    assert "议事角" in invited.page.locator("main").inner_text()
    invited.go(meeting)
    people.at_hour(1, 19)
    lead.go(meeting)
    lead.send("form[action$='/begin'] button")
    lead.follow("/people")
    lead.fill(ring="residents", sheet="5-101 张阿姨\n5-102 李叔\n5-201 小王\n6-101 赵老师\n6-102 周雅琴")
    lead.send("main form.form button[type=submit]")
    lead.go(meeting)
    lead.follow("/note/point")
    lead.fill(text="遮阴、坐凳、浇水，先要遮阴。", ring="residents")
    lead.send("main form.form button[type=submit]")
    lead.go(meeting)
    lead.follow("/note/decision")
    lead.fill(text="两周内出方案。", who="林工")
    lead.send("main form.form button[type=submit]")
    lead.go(f"{meeting}/lead")
    lead.fill(item="2", question="先做遮阴？")
    lead.send()
    lead.go(f"{meeting}/room")
    assert "先做遮阴？" in lead.page.locator("main").inner_text()
    with people.site.app.app_context():
        door = db.session.scalars(select(Meeting.door).where(Meeting.door != "")).one()
    people.residents["赵老师"].go(f"{meeting}/here/{door}")
    lead.go(meeting)
    lead.send("form[action$='/end'] button")
    lead.follow("/minutes/edit")
    assert "先要遮阴" in lead.page.locator("[name=text]").input_value()
    lead.send()
    lead.send("form[action$='/offer'] button")
    for name in ("张阿姨", "李叔"):
        reader = people.residents[name]
        reader.go(f"{meeting}/minutes")
        reader.send("form[action$='/confirm'] button")
    lead.go(f"{meeting}/minutes")
    lead.follow("/signed")
    lead.page.locator("main label", has_text="周雅琴").click()
    lead.send()
    fixed = people.residents["小王"].go(f"{meeting}/minutes")
    assert "先要遮阴" in fixed.locator(".a4").inner_text()
    assert "SHA-256" in fixed.locator(".a4").inner_text()
