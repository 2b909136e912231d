"""Two votes of the lift of building 3: a survey with some sheets of paper, and a vote of the owners under the law."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.ballots import counts, mandates, matters
from app.ballots import service as ballots
from app.ballots.models import Poll, RollEntry
from app.core.database import db
from app.demo.people import Home, Town
from app.demo.scene import Ballot, Scene
from app.demo.stage import Story
from app.engine import sheets
from app.paper import queries as papers
from app.paper import service as paper
from app.people import communities
from app.people.models import Household
from app.people.places import Unit

# Who votes on paper: the key beside the choice, as it is written on the sheet.
ON_PAPER = {"薛阿婆": "2", "卢师傅": "3", "刘阿姨": "1"}
DICE = "4 2 6 1 3"
AGAINST = ("3-101",)
# Owners who live elsewhere, the room of who casts for them, that name, and what the paper is.
ABSENT = (
    ("401", "3-402", "陈伯", "房东从宁波寄来的委托书，本人签字"),
    ("502", "3-602", "卢老师", "房东当面签的委托书，顾老师在场"),
)
OWNERS_TEXT = """一、3号楼北侧门洞加装电梯一部，井道立在全体业主共用的绿地上，占地6.5平方米。
二、燃气管移位、底楼两户厨房加窗隔声，写进协议第一条，先做，后装电梯。
三、造价55万元，扣除补贴后由3楼到6楼按层分摊，1、2楼不出钱。
四、电费和保养按同样的比例分；电梯归出资各户共有，由物业代管。"""
MATTER = "电梯井道是楼房的附属设施，装上去就是改建；顾老师和业委会、苏工一起看过，三个人意见一致。"


def survey(town: Town, scene: Scene, poll: str, given: Sequence[Ballot]) -> Story:
    """Most households answer online, three on paper: read by two, accounted for, and compared by a third after the close."""
    stage, lead, helper, third = town.stage, scene.lead, town.people["苏工"], town.people["罗科"]
    homes = {town.who(name).household_id: key for name, key in ON_PAPER.items()}
    paper.issue(lead, poll, everyone=True)
    for person in (helper, third):
        paper.name_helper(lead, poll, person.public_id)
    yield from scene.cast(poll, -70, -58, [item for item in given if item[0].household_id not in homes])
    yield stage.at(-57, 16)
    found = [(home.address, homes[home.household_id]) for home in _building(town) if home.household_id in homes]
    read = [{"serial": _sheet(poll, address), "household": address, "choice": key} for address, key in found]
    for reader in (lead, helper):
        for raw in read:
            paper.enter(reader, poll, raw)
        stage.pause(9)
    yield from scene.settle(-56)
    paper.fix(lead, poll)
    stage.pause(6)
    paper.throw(lead, poll, DICE)
    drawn = papers.sample_of(_poll(poll)).left
    for raw in read:
        if raw["serial"] in drawn:
            stage.pause(1)
            paper.compare(third, poll, raw)
    ballots.settle_due()


def owners(town: Town, scene: Scene) -> Story:
    """The owners vote by heads and area; the count hangs out, and one objection to it waits for its answer."""
    stage, lead = town.stage, scene.lead
    yield stage.at(-18, 16)
    query = (
        select(Household.id, Unit.public_id)
        .join(Unit, Unit.id == Household.unit_id)
        .where(Household.community_id == scene.community_id)
    )
    units = dict(db.session.execute(query).all())
    for home in _building(town):
        communities.add_owner(
            lead, scene.community_id, f"{home.surname}（{home.address}）", [units[home.household_id]], "产权证复印件"
        )
    yield stage.at(-17, 8, 30)
    title, activity = "3号楼加装电梯，业主表决", scene.activity("owners_vote")
    ballots.save_draft(lead, activity, title, OWNERS_TEXT)
    matters.classify(lead, activity, "rebuild", MATTER)
    poll = ballots.announce(lead, activity, stage.at(-15, 9), stage.at(-5, 20))
    rows = select(RollEntry.label, RollEntry.id).where(RollEntry.poll_id == _poll(poll).id)
    entries = dict(db.session.execute(rows).all())
    for room, address, name, written in ABSENT:
        mandates.give(lead, poll, entries[f"3号楼{room}室"], address, name, written, None)
    given = [
        (
            town.resident("guixiang", home.address),
            home.address.partition("-")[2],
            "no" if home.address in AGAINST else "yes",
        )
        for home in _building(town)
        if home.occupancy == "自住"
    ]
    given += [(town.who(name), room, "yes") for room, _, name, _ in ABSENT]
    moments = stage.moments(-15, -6, len(given), "owners of the lift")
    for at, (actor, room, stance) in zip(moments, given, strict=True):
        yield at
        ballots.cast(actor, poll, {"stance": stance}, once=room, unit=entries[f"3号楼{room}室"])
    yield from scene.settle(-5)
    yield stage.at(-2, 15)
    counts.object_to(town.who("薛阿婆"), poll, "我家厨房外面封的那一截算不算面积？请把102室和我家的面积再对一遍产证。")


def _building(town: Town) -> list[Home]:
    return [home for home in town.homes["guixiang"].values() if home.building == "3"]


def _poll(public_id: str) -> Poll:
    return db.session.scalars(select(Poll).where(Poll.public_id == public_id)).one()


def _sheet(poll: str, address: str) -> str:
    """The serial of the sheet that came through a household's door."""
    label = f"3号楼{address.partition('-')[2]}室"
    rows = select(RollEntry.label).where(RollEntry.poll_id == _poll(poll).id).order_by(RollEntry.id)
    return sheets.serial(poll, list(db.session.scalars(rows)).index(label) + 1)
