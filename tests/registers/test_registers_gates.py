"""The gates of the registers at their boundaries, through the entries that people make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from app.core.clock import HOUR
from app.registers import service
from tests.projects.world import Garden

MEMBER = {"name": "王", "ring": "residents", "role": "组员", "conflict": "none", "conflict_text": ""}
COUNT = {"building": "5", "screen": 0, "paper": 0, "door": 0, "elderly": None, "by": "李"}
MEETING = {
    "kind": "hearing",
    "day": date(2026, 3, 7),
    "place": "议事角",
    "present": 5,
    "who": "居民",
    "points": "吵不吵",
    "minority": "",
    "decisions": "先试",
}
COST = {"what": "土", "amount": 100, "basis": "报价"}
SOURCE = {"kind": "grant", "from": "镇里", "amount": 100, "state": "received"}
PERMIT = {"what": "荷载", "state": "given", "authority": "物业", "number": "1号", "day": date(2026, 3, 1)}
MILESTONE = {"what": "挖土", "due": date(2026, 4, 1), "done": None, "by": "施工队", "seen_by": ""}
CHANGE = {"what": "换木头", "why": "便宜", "material": "no"}
ACCEPTANCE = {"name": "王", "day": date(2026, 3, 8), "result": "accepted", "remarks": ""}
STEWARD = {"name": "王", "duty": "浇水", "when": "周一", "contact": ""}
TODAY = date(2026, 3, 8)


def add(garden: Garden, key: str, section: str, values: Mapping[str, Any], **more: Any) -> str:
    return garden.do(service.add, garden.lead, garden.activity(key), section, {**values, **more})


def test_each_ring_needs_its_members(garden: Garden) -> None:
    assert garden.missing("rings_filled") == [
        "Leading ring: 0 of at least 2.",
        "Residents' ring: 0 of at least 2.",
    ]
    for ring, name in (("lead", "甲"), ("lead", "乙"), ("residents", "丙"), ("experts", "丁")):
        add(garden, "roster", "members", MEMBER, ring=ring, name=name)
    assert garden.missing("rings_filled") == ["Residents' ring: 1 of at least 2."]
    add(garden, "roster", "members", MEMBER, name="戊")
    assert garden.met("rings_filled")


def test_every_member_declares_and_an_interest_is_named(garden: Garden) -> None:
    assert garden.missing("conflicts_declared") == ["Enter the members of the team."]
    add(garden, "roster", "members", MEMBER)
    assert garden.met("conflicts_declared")
    silent = add(garden, "roster", "members", MEMBER, name="丙", conflict="")
    some = add(garden, "roster", "members", MEMBER, name="丁", conflict="some")
    assert garden.missing("conflicts_declared") == ["丙 has not declared yet.", "丁 has an interest: say which."]
    garden.do(service.correct, garden.lead, silent, {**MEMBER, "name": "丙", "conflict": "none"})
    assert not garden.met("conflicts_declared")
    garden.do(
        service.correct, garden.lead, some, {**MEMBER, "conflict": "some", "conflict_text": "开木料店，报价时回避"}
    )
    assert garden.met("conflicts_declared")
    assert not garden.gates()["conflicts_declared"].result.waivable


def test_the_target_of_outreach_is_met_to_the_household_and_in_every_building(garden: Garden) -> None:
    garden.building("8", 9)  # with the one household of building 5: ten, of which 60 % are six
    add(garden, "outreach", "buildings", COUNT, building="8", screen=2, paper=2, door=1)
    assert garden.missing("outreach_met") == [
        "1 more households are to be reached.",
        "Building 5 was not reached yet.",
    ]
    add(garden, "outreach", "buildings", COUNT, building="8", paper=1)
    assert garden.missing("outreach_met") == ["Building 5 was not reached yet."]
    add(garden, "outreach", "buildings", COUNT, building="5", door=1)
    assert garden.met("outreach_met")


def test_a_building_counts_no_more_households_than_it_has_and_an_unknown_one_none(garden: Garden) -> None:
    garden.building("8", 9)
    add(garden, "outreach", "buildings", COUNT, building="5", paper=50)
    add(garden, "outreach", "buildings", COUNT, building="88", paper=50)
    assert garden.missing("outreach_met")[0] == "5 more households are to be reached."
    assert "1 of 10 households reached" in str(garden.gates()["outreach_met"].result.says)


def test_outreach_looks_at_the_scope_of_the_project_alone(garden: Garden) -> None:
    far = garden.building("8", 10)
    garden.project = garden.start("八号楼的事", scope={"buildings": [far]})
    add(garden, "outreach", "buildings", COUNT, building="8", paper=5)
    assert garden.missing("outreach_met") == ["1 more households are to be reached."]
    add(garden, "outreach", "buildings", COUNT, building="8", paper=1)
    assert garden.met("outreach_met")


@pytest.mark.parametrize(("present", "names", "met"), [(5, "甲乙丙", True), (4, "甲乙丙", False), (5, "甲乙乙", False)])
def test_minutes_need_enough_people_and_enough_different_names(
    garden: Garden, present: int, names: str, met: bool
) -> None:
    assert "Enter the minutes." in garden.missing("minutes_confirmed")
    add(garden, "hearing", "meeting", MEETING, present=present)
    for name in names:
        add(garden, "hearing", "confirmations", {"name": f" {name} ", "how": "签字"})
    assert garden.met("minutes_confirmed") is met


@pytest.mark.parametrize(("sure", "met"), [(38_599_99, False), (38_600_00, True), (38_600_01, True)])
def test_the_money_is_there_to_the_fen(garden: Garden, sure: int, met: bool) -> None:
    assert garden.missing("funded_in_full") == ["Enter what it costs."]
    add(garden, "money", "costs", COST, amount=30_000_00)
    add(garden, "money", "costs", COST, amount=8_600_00)
    add(garden, "money", "sources", SOURCE, amount=99_000_00, state="asked")
    assert not garden.met("funded_in_full")
    add(garden, "money", "sources", SOURCE, amount=20_000_00)
    add(garden, "money", "sources", SOURCE, amount=sure - 20_000_00, state="promised")
    assert garden.met("funded_in_full") is met
    if sure == 38_599_99:
        gap = garden.gates()["funded_in_full"].result.missing[0].phrase
        assert dict(gap.values)["gap"].fen == 1  # type: ignore[attr-defined]


def test_permits_are_noted_when_each_is_given_or_not_needed(garden: Garden) -> None:
    assert garden.missing("permits_noted") == ["Note the permits, or that none is needed and why."]
    add(garden, "permits", "permits", PERMIT)
    add(garden, "permits", "permits", PERMIT, state="not_needed", number="平台属全体业主")
    assert garden.met("permits_noted")
    asked = add(garden, "permits", "permits", PERMIT, state="asked", what="占道")
    refused = add(garden, "permits", "permits", PERMIT, state="refused", what="开孔")
    assert garden.missing("permits_noted") == ["“占道” is asked for.", "“开孔” is refused."]
    garden.do(service.remove, garden.lead, asked, "不占道了，改在院内施工。")
    garden.do(service.remove, garden.lead, refused, "不开孔了，改用支架固定。")
    assert garden.met("permits_noted")


def test_milestones_are_done_when_each_has_its_day_and_no_material_change_stands(garden: Garden) -> None:
    assert garden.missing("milestones_done") == ["Enter the milestones."]
    open_ = add(garden, "works", "milestones", MILESTONE)
    add(garden, "works", "milestones", MILESTONE, what="种花", done=date(2026, 3, 1))
    add(garden, "works", "changes", CHANGE)
    assert garden.missing("milestones_done") == ["“挖土” is not done yet."]
    garden.do(service.correct, garden.lead, open_, {**MILESTONE, "done": date(2026, 3, 2)})
    assert garden.met("milestones_done")
    add(garden, "works", "changes", CHANGE, what="不修坡道", material="yes")
    assert "“不修坡道” changes the plan" in garden.missing("milestones_done")[0]


def test_enough_different_residents_accept_and_no_defect_stands(garden: Garden) -> None:
    add(garden, "acceptance", "acceptances", ACCEPTANCE)
    add(garden, "acceptance", "acceptances", ACCEPTANCE, name="王 ", result="mended")
    assert garden.missing("accepted") == ["1 more residents are to accept it."]
    add(garden, "acceptance", "acceptances", ACCEPTANCE, name="李", result="mended")
    assert garden.met("accepted")
    add(garden, "acceptance", "acceptances", ACCEPTANCE, name="赵", result="defects", remarks="扶手松了")
    assert not garden.met("accepted")
    assert "扶手松了" in garden.missing("accepted")[0]


def test_two_different_stewards_are_two(garden: Garden) -> None:
    assert garden.missing("stewards_named") == ["Name 2 more stewards."]
    add(garden, "stewards", "stewards", STEWARD)
    add(garden, "stewards", "stewards", STEWARD, duty="修剪")
    assert garden.missing("stewards_named") == ["Name 1 more stewards."]
    add(garden, "stewards", "stewards", STEWARD, name="李")
    assert garden.met("stewards_named")


@pytest.mark.parametrize(("ahead", "met"), [(-1, False), (0, False), (1, True)])
def test_a_review_lies_ahead(garden: Garden, ahead: int, met: bool) -> None:
    add(garden, "review", "reviews", {"day": TODAY + timedelta(days=ahead), "place": "角", "about": "花活了没有"})
    assert garden.met("review_dated") is met


def test_a_review_is_no_longer_ahead_from_local_midnight_on(garden: Garden) -> None:
    add(garden, "review", "reviews", {"day": TODAY + timedelta(days=1), "place": "角", "about": "花活了没有"})
    garden.clock.advance(12 * HOUR - 1)  # the last moment of today
    assert garden.met("review_dated")
    garden.clock.advance(1)
    assert not garden.met("review_dated")


def test_a_convention_is_drafted_here_and_adopted_by_the_vote_alone(garden: Garden) -> None:
    add(garden, "articles", "articles", {"title": "浇水", "text": "每天浇水。"})
    assert not garden.met("convention_adopted")
    assert not garden.gates()["convention_adopted"].result.waivable


def test_gates_of_many_projects_are_judged_apart(garden: Garden) -> None:
    first = garden.project
    for name in ("甲", "乙"):
        add(garden, "stewards", "stewards", STEWARD, name=name)
    garden.project = garden.start("另一处")
    assert not garden.met("stewards_named")
    garden.project = first
    assert garden.met("stewards_named")
