"""One's own data to take along: all of what is kept about a person, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import Base
from app.core.media import Upload, keep, name_upload
from app.core.transaction import transaction
from app.notices import service as notices
from app.notices.models import Notice
from app.people.access import HOUSEHOLD, note_access
from app.people.actor import Actor
from app.people.models import Device, Household, HouseholdCode, Person
from app.people.session import actor_of
from app.privacy.fields import FIELDS
from app.privacy.kept import kinds
from app.proposals import service as proposals
from app.proposals.service import Words
from app.registers import service as registers
from tests.projects.world import REASON, Garden, build


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose open step has every kind of activity."""
    return build(app, clock)


def take(garden: Garden, who: Actor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(garden.browser(who).get("/me/data.json").data)
    return found


def live(garden: Garden, who: Actor, mark: str, *, notice: bool = True) -> None:
    """Everything that a resident can leave behind, each with a mark that is theirs."""
    do, lead = garden.do, garden.lead
    made = do(proposals.save_draft, who, garden.activity("ideas"), Words(f"{mark}提议", f"{mark}说明"))
    do(proposals.submit, who, made)
    do(proposals.support, who, made, on=True)
    do(proposals.edit, who, made, Words(f"{mark}提议", f"{mark}改过"))
    do(proposals.save_draft, who, garden.activity("ideas"), Words(f"{mark}草稿", "说明"))
    said = do(comments.post, who, garden.talk(), "question", f"{mark}问灯")
    do(comments.report, who, said, f"{mark}自己举报自己试一试")
    do(comments.hide, lead, said, f"{mark}的话藏起来试试看行不行")
    do(comments.appeal, who, said, f"{mark}申诉：我没有骂人，请再看一看")
    hangs = garden.scalar(select(Notice.public_id)) or hang(garden)
    if notice:
        do(notices.complain, who, hangs, f"{mark}异议：名单里少了一个人")
    entry = {"name": f"{mark}验收", "day": date(2026, 3, 8), "result": "accepted", "remarks": f"{mark}很好"}
    do(registers.add, who, garden.activity("acceptance"), "acceptances", entry)


def hang(garden: Garden) -> str:
    """The public id of a notice that hangs."""
    garden.do(notices.save_draft, garden.lead, garden.activity("board"), "公示", "", "名单")
    garden.do(notices.post, garden.lead, garden.activity("board"))
    found: str = garden.scalar(select(Notice.public_id))
    return found


def vote(garden: Garden, marks: dict[str, Actor]) -> None:
    vote = garden.activity("vote")
    garden.do(ballots.save_draft, garden.lead, vote, "花园方案", "先试一年。")
    opens = garden.clock.now() + 48 * HOUR
    poll = garden.do(ballots.announce, garden.lead, vote, opens, opens + 7 * DAY)
    garden.clock.set(opens)
    for mark, who in marks.items():
        choice = {"stance": "concern", "concern": f"{mark}担心：晚上吵不吵？"}
        garden.do(ballots.cast, who, poll, choice, once=f"once-{mark}")


def test_the_export_has_all_that_one_left_and_nothing_of_anybody_else(garden: Garden) -> None:
    other = garden.resident("李叔")
    live(garden, garden.neighbour, "甲")
    live(garden, other, "乙")
    vote(garden, {"甲": garden.neighbour, "乙": other})
    home = garden.scalar(select(Household.public_id).where(Household.id == other.household_id))
    garden.do(note_access, garden.lead, garden.community, "household", home, whose=HOUSEHOLD)
    for who, mine, others in ((garden.neighbour, "甲", "乙"), (other, "乙", "甲")):
        found = take(garden, who)
        text = json.dumps(found, ensure_ascii=False)
        for words in ("提议", "说明", "改过", "草稿", "问灯", "申诉", "异议", "验收", "很好", "担心", "的话藏起来"):
            assert mine + words in text, words
        assert f"{mine}自己举报" in text
        assert others not in text
        assert len(found["supports"]) == 1
        assert found["supports"][0]["title"] == f"{mine}提议"
        assert found["votes"][0]["recorded"]["stance"] == "concern"
        assert found["person"]["id"] == who.public_id
        assert [row["by"] for row in found["who_looked"]] == (["Facilitator"] if who is other else [])
        assert "紫藤里主持" not in json.dumps(found["who_looked"], ensure_ascii=False)
    assert others not in json.dumps(take(garden, garden.town.stranger), ensure_ascii=False)


def test_the_export_is_for_its_person_signed_in_and_is_kept_by_no_cache(garden: Garden) -> None:
    assert garden.browser().get("/me/data.json").status_code == 302
    answer = garden.browser(garden.neighbour).get("/me/data.json")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_export_of_staff_tells_roles_and_deeds(garden: Garden) -> None:
    found = take(garden, garden.lead)
    assert [(row["role"], row["where"]) for row in found["roles"]] == [("Facilitator", "紫藤里")]
    assert found["household"] == {}
    assert "project.project_started" in {row["kind"] for row in found["what_i_did"]}
    assert REASON not in json.dumps(found, ensure_ascii=False)


def test_every_column_that_points_to_a_person_a_household_or_a_device_is_declared_once(app: Flask) -> None:
    named = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in ("person", "household", "device") and key.parent.name != "community_id"
    }
    with app.app_context():
        said = [column for kind in kinds() for column in (*kind.columns, *kind.deeds)]
    assert named - set(said) == set(), "a new column names a person: say in a module's personal.py what it keeps"
    assert set(said) - named == set(), "no longer there"
    assert len(said) == len(set(said))


def test_the_export_has_the_declared_parts_and_each_field_has_a_name_for_people(garden: Garden) -> None:
    with garden.here():
        declared = [key for kind in kinds() for key in kind.parts or {}]
        assert all(kind.read is not None for kind in kinds() if kind.parts)
    found = take(garden, garden.neighbour)
    assert list(found) == declared
    live_all = [row for value in found.values() for row in (value if isinstance(value, list) else [value])]
    assert {key for row in live_all for key in row} <= set(FIELDS)


def test_two_of_one_household_see_their_vote_and_not_each_others_words(garden: Garden) -> None:
    partner = garden.do(pair, garden.neighbour, "何先生")
    live(garden, garden.neighbour, "甲")
    live(garden, partner, "乙", notice=False)
    vote(garden, {"甲": garden.neighbour})
    found = take(garden, partner)
    text = json.dumps(found, ensure_ascii=False)
    assert "甲" not in text
    assert "张阿姨" not in text
    assert found["votes"][0]["recorded"] == {"stance": "concern", "said_by": "another of the household"}
    assert "乙" not in json.dumps(take(garden, garden.neighbour), ensure_ascii=False)


def test_the_zip_has_what_the_json_has_a_page_for_people_and_ones_own_files(garden: Garden) -> None:
    live(garden, garden.neighbour, "甲")
    with garden.here(), transaction() as tx:
        for who, data in ((garden.neighbour, b"mine"), (garden.lead, b"theirs")):
            upload = Upload("document", "application/pdf", keep(data), None, 0, 0, len(data), "paper.pdf")
            name_upload(tx, upload, community_id=garden.community, person_id=who.person_id)
    answer = garden.browser(garden.neighbour).get("/me/data.zip")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/zip", "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("data.json")) == take(garden, garden.neighbour)
        page = archive.read("index.html").decode()
        files = [archive.read(name) for name in names if name.startswith("files/")]
    assert files == [b"mine"]
    for words in ("甲提议", "甲改过", "甲问灯", "甲异议", "甲验收", names[-1]):
        assert words in page, words
    assert "<script" not in page
    assert garden.browser().get("/me/data.zip").status_code == 302
    kept = garden.browser(garden.neighbour).get("/me/kept").text
    assert "Comments: 1" in kept
    assert "None of the staff looked" in kept


def pair(of: Actor, name: str) -> Actor:
    """Somebody else of the same household, with a device."""
    with transaction() as tx:
        code = tx.session.scalars(select(HouseholdCode.id).where(HouseholdCode.household_id == of.household_id)).one()
        person = Person(name=name, household_id=of.household_id, created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(
            Device(
                community_id=of.home_id,
                household_id=of.household_id,
                person_id=person.id,
                code_id=code,
                paired_at=tx.now,
            )
        )
        tx.session.flush()
        return actor_of(person.id)
