"""The meetings of the furnished town, one in each of their states, and who gets what from their addresses."""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy import select

from app.core.clock import DAY, HOUR
from app.core.database import db
from app.meetings import service as meetings
from app.meetings.models import Meeting, MeetingNote, Presence
from app.people.actor import Actor
from tests.permission_rows import (
    LEADS,
    LEADS_DO,
    REASON,
    WRITERS,
    WRITERS_DO,
    form,
    get,
    post,
)
from tests.permission_town import World, role_of


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return out.getvalue()


def _call(world: World, slug: str, lead: Actor, name: str, starts: int) -> str:
    words = meetings.Words(name, "议事角", "听大家说\n定下怎么办", starts, starts + 2 * HOUR, ("residents", "lead"))
    found = meetings.call(lead, world.at[slug]["gathering"]["public_id"], words)
    world.place(slug, name, public_id=found)
    return found


def held_meetings(world: World, slug: str, author: Actor, lead: Actor) -> None:
    """A meeting to come, one to begin, one that is on, and minutes as a draft, offered and frozen."""
    now, partner = world.clock.now(), world.actors[role_of(slug, "partner")]
    _call(world, slug, lead, "meeting", now + 3 * DAY)
    _call(world, slug, lead, "meeting_due", now)
    for name in ("meeting_on", "meeting_draft", "meeting_offered", "meeting_frozen"):
        public_id = _call(world, slug, lead, name, now)
        meetings.begin(lead, public_id)
        row = db.session.scalars(select(Meeting).where(Meeting.public_id == public_id)).one()
        door = row.door
        for who in (author, partner):
            meetings.sign_in(who, public_id, door)
        world.place(slug, f"{name}_door", public_id=public_id, door=door)
        meetings.note(lead, public_id, meetings.Noted("point", "灯太亮。", ring="residents"))
        if name == "meeting_on":
            continue
        meetings.end(lead, public_id)
        meetings.save(lead, public_id, "一、议程\n灯太亮。")
        if name == "meeting_draft":
            continue
        version = meetings.offer(lead, public_id)
        world.place(slug, f"{name}_version", public_id=version)
        if name == "meeting_frozen":
            meetings.confirm(author, version)
            meetings.confirm(partner, version)
    for name, thing, table in (("presence", "presence", Presence), ("noted", "note_id", MeetingNote)):
        query = select(table.public_id).join(Meeting, Meeting.id == table.meeting_id).order_by(table.id)
        found = db.session.scalars(query.where(Meeting.public_id == world.at[slug]["meeting_on"]["public_id"]))
        values = {thing: found.first(), "public_id": world.at[slug]["meeting_on"]["public_id"]}
        world.place(slug, name, **values)
    query = select(Presence.public_id).join(Meeting, Meeting.id == Presence.meeting_id).order_by(Presence.id)
    waits = query.where(Meeting.public_id == world.at[slug]["meeting_offered"]["public_id"])
    version = world.at[slug]["meeting_offered_version"]["public_id"]
    world.place(slug, "signed", public_id=version, signed=db.session.scalars(waits).first())


CALL = {
    "title": "听证会",
    "agenda": "听大家说",
    "day": "2026-04-01",
    "hour": "19:00",
    "minutes": "90",
    "place": "议事角",
    "rings": "residents",
}
POINT = {"text": "夜里太亮，睡不着。", "ring": "residents", "item": "1", "once": "a-form"}
HANDS = {"text": "灯减到二十盏？", "in_favour": "12", "against": "3", "abstained": "1", "once": "a-form"}
MEMBERS_READ = "author partner neighbour facilitator planner department observer inspector: page | *: 404"
WHO_CAME = "anonymous: sign in | author partner: does it | *: 403"
SCANNED = "anonymous: sign in | author partner: passes | neighbour facilitator planner department: does it | *: 403"

MEETINGS = [
    *get("meetings.activity", "gathering"),
    *form("meetings.call", "gathering", WRITERS, WRITERS_DO, {**CALL, "once": "a-form"}),
    *get("meetings.show", "meeting"),
    *get("meetings.show", "meeting_on"),
    *get("meetings.as_ics", "meeting"),
    *form("meetings.change", "meeting", WRITERS, WRITERS_DO, {**CALL, "reason": REASON, "once": "a-form"}),
    *form("meetings.cancel", "meeting", WRITERS, WRITERS_DO, {"reason": REASON}),
    *post("meetings.begin", "meeting_due", WRITERS_DO),
    *post("meetings.end", "meeting_on", WRITERS_DO),
    *form("meetings.people", "meeting_on", WRITERS, WRITERS_DO, {"ring": "residents", "sheet": "5-102 李叔"}),
    *post("meetings.strike", "presence", WRITERS_DO),
    *form("meetings.note", "meeting_on", WRITERS, WRITERS_DO, POINT, kind="point"),
    *form("meetings.note", "meeting_on", WRITERS, WRITERS_DO, HANDS, kind="hands"),
    *form(
        *("meetings.note", "meeting_on", WRITERS, WRITERS_DO),
        {"text": "苏工改图。", "who": "苏工", "due": "2026-04-10", "once": "a-form"},
        kind="decision",
    ),
    *post("meetings.unnote", "noted", WRITERS_DO),
    *form("meetings.photo", "meeting_on", WRITERS, WRITERS_DO, {"caption": "大家举手", "photo": _picture()}),
    *get("meetings.room", "meeting_on", WRITERS),
    *get("meetings.board", "meeting_on", WRITERS),
    *form("meetings.lead", "meeting_on", WRITERS, WRITERS_DO, {"item": "1", "question": "灯减到二十盏？"}),
    *form("meetings.here", "meeting_on_door", "anonymous: sign in | *: page", SCANNED),
    *get("meetings.sign_in_sheet", "meeting", WRITERS),
    *get("meetings.minutes_pdf", "meeting_frozen"),
    *get("meetings.minutes_word", "meeting_frozen"),
    *get("meetings.minutes_pdf", "meeting_offered", "facilitator planner: page | *: 404"),
    *get("meetings.minutes", "meeting_frozen"),
    *get("meetings.minutes", "meeting_offered", MEMBERS_READ),
    *form("meetings.edit", "meeting_draft", WRITERS, WRITERS_DO, {"text": "一、议程\n灯太亮，减十盏。"}),
    *post("meetings.offer", "meeting_draft", WRITERS_DO),
    *post("meetings.take_back", "meeting_offered", WRITERS_DO),
    *form("meetings.correct", "meeting_frozen", WRITERS, WRITERS_DO, {"reason": REASON}),
    *post("meetings.confirm", "meeting_offered_version", WHO_CAME),
    *form("meetings.signed", "meeting_offered_version", LEADS, LEADS_DO, {"signed": "{signed}"}),
]
