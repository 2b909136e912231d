"""Entries: who writes them, what they need, how they are corrected, and who sees what."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from app.core.media import Media
from app.core.transaction import transaction
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.people.actor import NOBODY
from app.registers import service
from app.registers.kinds import REGISTERS
from app.registers.models import RegisterEntry
from tests.ballots.world import send
from tests.projects.world import REASON, Garden

COST = {"what": "种植箱", "amount": 123_45, "basis": "报价"}
MEMBER = {"name": "王敏", "ring": "residents", "role": "组长", "contact": "13800138000", "conflict": "none"}


def add(garden: Garden, key: str = "money", section: str = "costs", values: dict[str, Any] | None = None) -> str:
    return garden.do(service.add, garden.lead, garden.activity(key), section, values or COST)


def test_an_entry_has_its_author_its_hour_and_plain_values(garden: Garden) -> None:
    add(garden, "review", "reviews", {"day": date(2026, 5, 1), "place": " 议事角 ", "about": "看看"})
    row = garden.scalar(select(RegisterEntry))
    assert row.data == {"day": "2026-05-01", "place": "议事角", "about": "看看"}
    assert (row.by_name, row.person_id, row.at) == ("紫藤里主持", garden.lead.person_id, garden.clock.now())
    assert garden.events("register.added")[0].data["data"] == row.data


def test_a_correction_keeps_the_earlier_entry_and_says_so(garden: Garden) -> None:
    first = add(garden)
    second = garden.do(service.correct, garden.lead, first, {**COST, "amount": 200_00})
    rows = garden.all(select(RegisterEntry).order_by(RegisterEntry.id))
    assert [(r.live, r.data["amount"], r.supersedes_id) for r in rows] == [
        (False, 123_45, None),
        (True, 200_00, rows[0].id),
    ]
    page = garden.browser().get(f"/c/ziteng/register/{garden.activity('money')}").text
    assert "1 earlier entry" in page
    assert "123.45" in page
    assert "(corrected)" in page
    with pytest.raises(Conflict, match="meanwhile"):
        garden.do(service.correct, garden.lead, first, COST)
    with pytest.raises(Conflict):
        garden.do(service.remove, garden.lead, first, REASON)
    assert garden.browser(garden.lead).get(f"/c/ziteng/entry/{first}").status_code == 404
    assert garden.browser(garden.lead).get(f"/c/ziteng/entry/{second}").status_code == 200


def test_a_removal_needs_a_reason_and_keeps_the_entry(garden: Garden) -> None:
    made = add(garden)
    with pytest.raises(Invalid) as refused:
        garden.do(service.remove, garden.lead, made, "写错")
    assert set(refused.value.fields) == {"reason"}
    garden.do(service.remove, garden.lead, made, REASON)
    row = garden.scalar(select(RegisterEntry))
    assert (row.live, row.removed_reason) == (False, REASON)
    assert REASON in garden.browser().get(f"/c/ziteng/register/{garden.activity('money')}").text


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"what": " "}, "what"), ({"amount": None}, "amount"), ({"basis": ""}, "basis")],
)
def test_what_an_entry_needs_is_named(garden: Garden, change: dict[str, Any], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(garden, values={**COST, **change})
    assert set(refused.value.fields) == {wrong}
    assert garden.count(RegisterEntry) == 0


def test_only_the_choices_of_a_field_are_taken_and_only_the_sections_of_a_register(garden: Garden) -> None:
    with pytest.raises(Invalid) as refused:
        add(garden, "roster", "members", {**MEMBER, "ring": "kings"})
    assert set(refused.value.fields) == {"ring"}
    for key, section in (("roster", "costs"), ("ideas", "costs"), ("talk", "members")):
        with pytest.raises(NotFound):
            add(garden, key, section)
    assert "contact" not in str(garden.events("register.added"))


def test_those_whom_the_method_names_write_and_facilitators(garden: Garden) -> None:
    acceptance = {"name": "张", "day": date(2026, 3, 8), "result": "accepted", "remarks": ""}
    garden.do(service.add, garden.neighbour, garden.activity("acceptance"), "acceptances", acceptance)
    money = garden.activity("money")
    for who in (garden.neighbour, garden.town.stranger, NOBODY):
        with pytest.raises(Forbidden):
            garden.do(service.add, who, money, "costs", COST)
    assert garden.browser(garden.neighbour).get(f"/c/ziteng/register/{money}/costs/add").status_code == 403
    assert garden.browser().get(f"/c/ziteng/register/{money}").status_code == 200


def test_telephone_numbers_and_names_of_acceptors_are_for_members(garden: Garden) -> None:
    add(garden, "roster", "members", MEMBER)
    garden.do(
        service.correct, garden.lead, garden.scalar(select(RegisterEntry.public_id)), {**MEMBER, "role": "副组长"}
    )
    for result in ("accepted", "defects"):
        values = {"name": "钱七妹", "day": date(2026, 3, 8), "result": result, "remarks": "扶手松"}
        add(garden, "acceptance", "acceptances", values)
    paths = [f"/c/ziteng/register/{garden.activity(key)}" for key in ("roster", "acceptance")]
    paths += [f"/c/ziteng/project/{garden.project}", f"/c/ziteng/project/{garden.project}/figures"]
    for reader in (None, garden.town.stranger):
        text = "".join(garden.browser(reader).get(path).text for path in paths)
        assert "王敏" in text
        assert "扶手松" in text
        for secret in ("13800138000", "钱七妹"):
            assert secret not in text
    text = "".join(garden.browser(garden.neighbour).get(path).text for path in paths)
    assert "13800138000" in text
    assert "钱七妹" in text


def test_what_is_for_members_does_not_stand_in_the_record(garden: Garden) -> None:
    from app.registers.queries import BY_KIND, activity_kind

    add(garden, "roster", "members", MEMBER)
    ref = garden.ref("roster")
    with garden.here():
        told = activity_kind(BY_KIND["roster"]).record(ref, garden.clock.now())
    assert told["entries"][0]["data"]["name"] == "王敏"
    assert "13800138000" not in str(told)


@pytest.mark.parametrize("kind", ["pdf", "jpg"])
def test_a_paper_is_read_by_members_alone(garden: Garden, kind: str) -> None:
    paper = io.BytesIO(b"%PDF-1.4 paper")
    if kind == "jpg":
        paper = io.BytesIO()
        Image.new("RGB", (30, 20), "white").save(paper, "PNG")
        paper.seek(0)
    browser, path = garden.browser(garden.lead), f"/c/ziteng/register/{garden.activity('money')}/costs/add"
    hidden = dict(re.findall(r'name="(csrf_token|once)"[^>]*value="([^"]*)"', browser.get(path).text))
    data = {**hidden, "what": "土", "amount": "12.30", "basis": "报价", "document": (paper, f"报价.{kind}")}
    assert browser.post(path, data=data, content_type="multipart/form-data").status_code == 303
    media = garden.scalar(select(Media))
    assert (media.visibility, garden.scalar(select(RegisterEntry.document))) == ("members", media.public_id)
    page = f"/c/ziteng/register/{garden.activity('money')}"
    link = re.search(r'href="(/media/[^"]+)"', garden.browser(garden.neighbour).get(page).text)
    assert link is not None
    assert garden.browser(garden.neighbour).get(link[1]).status_code == 200
    assert "/media/" not in garden.browser().get(page).text
    for reader in (None, garden.town.stranger):
        assert garden.browser(reader).get(link[1]).status_code == 404


def test_a_list_that_is_full_takes_no_more_until_something_goes(garden: Garden) -> None:
    first = add(garden)
    row = garden.scalar(select(RegisterEntry))
    base = {name: getattr(row, name) for name in ("community_id", "project_id", "activity_run_id", "section", "data")}
    base |= {"person_id": row.person_id, "by_name": row.by_name, "at": row.at}
    with garden.here(), transaction() as tx:
        tx.session.add_all(RegisterEntry(**base) for _ in range(498))
    add(garden)
    with pytest.raises(Conflict, match="full"):
        add(garden)
    garden.do(service.remove, garden.lead, first, REASON)
    add(garden)


def test_the_same_form_twice_is_one_entry(garden: Garden) -> None:
    money = garden.activity("money")
    first = garden.do(service.add, garden.lead, money, "costs", COST, once="k")
    assert garden.do(service.add, garden.lead, money, "costs", COST, once="k") == first
    with pytest.raises(Conflict):
        garden.do(service.add, garden.lead, money, "costs", {**COST, "amount": 1}, once="k")
    assert garden.count(RegisterEntry) == 1


@pytest.mark.parametrize("register", REGISTERS, ids=lambda register: register.spec.kind)
def test_the_form_of_every_section_takes_what_it_asks_and_shows_it(garden: Garden, register: Any) -> None:
    samples = {"line": "一二三", "prose": "一二三", "money": "12.30", "count": "7", "day": "2026-04-01"}
    key = next(
        k
        for k in (
            "roster",
            "outreach",
            "hearing",
            "money",
            "permits",
            "works",
            "acceptance",
            "articles",
            "stewards",
            "review",
        )
        if garden.ref(k).activity.kind == register.spec.kind
    )
    browser, page = garden.browser(garden.lead), f"/c/ziteng/register/{garden.activity(key)}"
    for section in register.sections:
        form = f"{page}/{section.key}/add"
        answer = send(browser, form, {})
        assert answer.status_code == 422, section.key
        assert answer.text.count('class="msg"') == sum(1 for field in section.fields if field.required)
        values = {f.key: next(iter(f.choices)) if f.choices else samples[f.type] for f in section.fields}
        assert send(browser, form, values).status_code == 303, section.key
        text = browser.get(page).text
        assert "一二三" in text or section.key == "reviews"
        assert ("12.30" in text) == any(field.type == "money" for field in section.fields) or section.key == "sources"
