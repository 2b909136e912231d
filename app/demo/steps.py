"""Whole steps of the method in their usual course, for the projects that are told briefly. Days are absolute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.demo.parts import Complaint, Idea, Meeting, Member, Paper, Said
from app.demo.scene import Scene
from app.demo.stage import Story
from app.projects import service as projects

Cost = tuple[str, int, str]
Source = tuple[str, str, int, str]
Permit = tuple[str, str, str, str]
RULES = ("发言先举手，每次不超过三分钟；只说事，不说人。", "和自己有利害关系的事，说明在先，表决回避。")


def team(
    scene: Scene,
    day: int,
    members: Sequence[Member],
    *,
    talk: Sequence[Said] = (),
    complaints: Sequence[Complaint] = (),
    waive: tuple[str, str] | None = None,
    title: str,
) -> Story:
    """The second step: from ``day``, twelve days long."""
    stage = scene.town.stage
    yield from scene.talk("nominations", day, day + 2, talk)
    yield stage.at(day + 3, 16)
    scene.roster("roster", members, RULES)
    if waive is not None:
        projects.waive_gate(scene.lead, scene.project, *waive)
    yield from scene.notice("roster_notice", day + 4, roster_paper(title, members), complaints)
    yield stage.at(day + 12, 10)
    scene.close()


def roster_paper(title: str, members: Sequence[Member]) -> Paper:
    """The notice of a team."""
    names = "、".join(member.name for member in members)
    declared = [member.name for member in members if member.interest]
    interest = (
        f"申报利害关系的有：{'、'.join(declared)}，处理办法写在名单上。" if declared else "成员都已申报，没有利害关系。"
    )
    return Paper(
        f"{title}：团队名单公示",
        "项目议事规则",
        f"经推荐并征得本人同意，团队成员为：{names}。\n{interest}\n有不同意见，请在公示期内写在这里，或者到议事角交纸条。",
    )


def reached(scene: Scene, by: str) -> None:
    """Enter outreach in every building of the scope: three quarters of its households, on three ways."""
    counts: dict[str, int] = {}
    for home in scene.town.homes[scene.slug].values():
        if not scene.buildings or home.building in scene.buildings:
            counts[home.building] = counts.get(home.building, 0) + 1
    rows = [(label, n * 2 // 5, n // 5, -(-n // 6), max(1, n // 8), by) for label, n in counts.items()]
    scene.outreach("outreach", rows)


def needs(
    scene: Scene,
    day: int,
    *,
    talk: Sequence[Said],
    by: str,
    hearing: Meeting,
    walk: Meeting | None = None,
) -> Story:
    """The third step: from ``day`` to the day after the hearing is confirmed."""
    stage = scene.town.stage
    yield stage.at(day + 1, 9)
    reached(scene, by)
    yield from scene.talk("voices", day + 1, day + 3, talk)
    if walk is not None:
        yield from scene.meeting("walk", walk)
    yield from scene.meeting("hearing", hearing)
    yield stage.at((hearing.confirmed_day or hearing.day + 2) + 1, 10)
    scene.close()


def plan(
    scene: Scene,
    day: int,
    *,
    options: Sequence[Idea],
    talk: Sequence[Said],
    title: str,
    text: str,
    n: int,
    named: Mapping[str, Mapping[str, str]],
    worries: Sequence[str] = (),
    abstain: int = 1,
    meeting: Meeting,
) -> Story:
    """The fourth step, passed in one round: from ``day``, twenty-six days long; the meeting is held on its own day of it."""
    stage = scene.town.stage
    ids = yield from scene.ideas("options", day + 1, day + 4, options)
    yield from scene.talk("talk", day + 5, day + 5, talk)
    yield from scene.meeting("meeting", replace(meeting, day=day + 6, confirmed_day=day + 7))
    yield stage.at(day + 8, 8, 30)
    scene.answer(ids[0], "accepted", "议下来意见最集中的一稿，写成正文请大家表态。")
    for public_id in ids[1:]:
        scene.answer(public_id, "declined", "里面合用的做法已经写进正文，其余的理由在讨论里说过。")
    poll = scene.announce("vote", title, text, day + 10, day + 17)
    yield from scene.cast(poll, day + 10, day + 17, scene.ballots_of(n, title, named, worries, abstain))
    yield from scene.settle(day + 17)
    paper = Paper(
        f"{title}：表态结果公示", "项目议事规则", f"{n}户表态，没有反对意见，达到人数要求，方案通过。\n{text}"
    )
    yield from scene.notice("plan_notice", day + 18, paper)
    yield stage.at(day + 26, 10)
    scene.adopt("vote", scene.lead.name, "按通过的方案落实资金和施工。\n遇到改动，先告诉大家。", day + 206)
    scene.close()


def money(scene: Scene, day: int, costs: Sequence[Cost], sources: Sequence[Source], permits: Sequence[Permit]) -> Story:
    """Costs, sources and permits of the fifth step, entered on ``day``."""
    stage = scene.town.stage
    yield stage.at(day, 14)
    for what, yuan, basis in costs:
        scene.enter("money", "costs", what=what, amount=yuan * 100, basis=basis)
    for kind, whom, yuan, state in sources:
        scene.enter("money", "sources", kind=kind, amount=yuan * 100, state=state, **{"from": whom})
    for what, state, authority, number in permits:
        scene.enter(
            "permits",
            "permits",
            what=what,
            state=state,
            authority=authority,
            number=number,
            day=stage.date(day - 1),
        )


def close_budget(scene: Scene, day: int, reviewed: str) -> Story:
    """The price is reviewed, the fifth step closes."""
    yield scene.town.stage.at(day, 10)
    scene.sign_off("price_reviewed", reviewed)
    scene.close()
