"""A meeting of a scene: called, held, written down, and its minutes confirmed by the cast."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.core.clock import HOUR, MINUTE, now
from app.core.database import db
from app.core.media import Upload
from app.demo.parts import Meeting
from app.demo.people import RESIDENTS, TITLES
from app.demo.stage import Story
from app.meetings import draft as drafts
from app.meetings import queries
from app.meetings import service as meetings
from app.meetings.models import Minutes, Presence
from app.projects.queries import find_activity

if TYPE_CHECKING:
    from app.demo.scene import Scene

RINGS = {"主体环": "residents", "引领环": "lead", "专业环": "experts", "协同环": "support"}
GUESTS: Mapping[str, tuple[str, ...]] = {
    "experts": ("苏工", "设计院小梁", "社会组织小韩"),
    "support": ("罗科", "物业钱经理", "房管办小魏"),
}
AGENDAS = {
    "walk": "从头到尾走一遍，看到什么记什么\n当场说：哪里要改，谁去查",
    "hearing": "听大家说：要什么，怕什么\n规划师答问\n把需求排出先后",
    "coordination": "一条一条过方案\n有不同意见的先说\n定下怎么改、谁去办",
}
FIRST = 10  # the hour of a walk
EVENING = 19


def call(scene: Scene, key: str, day: int, form: str, place: str, title: str = "") -> str:
    """Call a meeting for a day; returns its public id."""
    ref = find_activity(scene.activity(key), now())
    starts = scene.town.stage.at(day, FIRST if form == "walk" else EVENING)
    words = meetings.Words(
        title=title or f"{ref.project_title}：{ref.activity.title.zh_Hans}",
        place=place,
        agenda=AGENDAS[form],
        starts_at=starts,
        ends_at=starts + HOUR + 30 * MINUTE,
        rings=tuple(ref.activity.who["attend"]),
    )
    return meetings.call(scene.lead, ref.public_id, words)


def hold(scene: Scene, key: str, meeting: Meeting) -> Story:
    """Call a meeting now for its day, hold it, offer its minutes the same evening, and have them confirmed."""
    stage, lead = scene.town.stage, scene.lead
    public_id = call(scene, key, meeting.day, meeting.kind, meeting.place)
    hour = FIRST if meeting.kind == "walk" else EVENING
    yield stage.at(meeting.day, hour)
    meetings.begin(lead, public_id)
    yield stage.at(meeting.day, hour + 1, 20)
    for ring, lines in sheet(scene, meeting).items():
        meetings.enter_sheet(lead, public_id, ring, "\n".join(lines))
    _note(scene, public_id, meeting)
    photo = scene.town.pictures.get(meeting.photo)
    if isinstance(photo, Upload):
        meetings.add_photo(lead, public_id, photo, meeting.caption)
    meetings.end(lead, public_id)
    stage.pause(20)
    held, ref = queries.find_meeting(public_id, scene.slug, now())
    text = drafts.draft(held, queries.notes_of(held.meeting.id), queries.rings_by_key(ref))
    meetings.save(lead, public_id, text)
    minutes = meetings.offer(lead, public_id)
    if not meeting.confirmed:
        return
    yield stage.at(meeting.confirmed_day or meeting.day + 2, 11)
    confirm(scene, minutes, meeting.confirmed)


def confirm(scene: Scene, minutes: str, names: tuple[str, ...]) -> None:
    """Some confirm on the screen, the others sign the printed minutes."""
    for name in names[::3]:
        scene.town.stage.pause(7)
        if meetings.confirm(scene.town.who(name), minutes):
            return
    query = select(Presence.public_id).join(Minutes, Minutes.meeting_id == Presence.meeting_id)
    signed = [name for n, name in enumerate(names) if n % 3]
    if signed:
        rows = db.session.scalars(query.where(Minutes.public_id == minutes, Presence.name.in_(signed)))
        meetings.confirm_on_paper(scene.lead, minutes, list(rows))


def sheet(scene: Scene, meeting: Meeting) -> dict[str, list[str]]:
    """Who came, as lines of the sign-in sheet by ring: those who confirm, then neighbours until the numbers are right."""
    counts = {RINGS[ring]: int(n) for ring, n in re.findall(r"(..环)(\d+)人", meeting.who)}
    counts["residents"] = meeting.present - sum(n for ring, n in counts.items() if ring != "residents")
    for name in meeting.confirmed:
        scene.town.who(name)
    cast = [f"{RESIDENTS[name][1]} {name}" for name in meeting.confirmed if RESIDENTS[name][0] == scene.slug]
    taken = {line.split()[0] for line in cast}
    homes = [
        home
        for home in scene.town.homes[scene.slug].values()
        if (not scene.buildings or home.building in scene.buildings) and home.address not in taken
    ]
    dice = random.Random(f"{scene.project_seed} {meeting.day}")
    dice.shuffle(homes)
    neighbours = [f"{home.address} {home.surname}{dice.choice(TITLES)}" for home in homes]
    found = {"residents": [*cast, *neighbours][: counts["residents"]]}
    for ring, n in counts.items():
        if ring != "residents":
            names = (scene.lead.name, "书记老沈", "社工小夏") if ring == "lead" else GUESTS[ring]
            found[ring] = [*names, *(f"{names[-1]}的同事{k}" for k in range(n))][:n]
    return found


def _note(scene: Scene, public_id: str, meeting: Meeting) -> None:
    lead, dice = scene.lead, random.Random(f"points of {meeting.day}")
    points = [part.strip() for part in re.split(r"[。\n]", meeting.points) if part.strip(" ”")]
    for point in points:
        ring = "experts" if "苏工" in point else "residents"
        meetings.note(lead, public_id, meetings.Noted("point", f"{point}。", item=dice.choice((1, 1, 2)), ring=ring))
    if meeting.minority:
        meetings.note(lead, public_id, meetings.Noted("minority", meeting.minority, item=2, ring="residents"))
    for decision in (part.strip("。 ") for part in meeting.decisions.split("；")):
        if decision:
            who = next((name for name in (*RESIDENTS, "苏工", "物业") if decision.startswith(name)), lead.name)
            meetings.note(lead, public_id, meetings.Noted("decision", decision, who=who))
