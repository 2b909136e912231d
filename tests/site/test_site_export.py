"""One's own data to take along: all of what is kept about a person, and nothing of anybody else."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import Base
from app.notices import service as notices
from app.notices.models import Notice
from app.people.actor import Actor
from app.people.desk import note_access
from app.proposals import service as proposals
from app.proposals.service import Words
from app.registers import service as registers
from tests.projects.world import REASON, Garden, build

# Every column that names a person: under which key of the export its rows stand, or why they don't.
EXPORTED = {
    "access_log.person_id": "not about the one who looked, whose own looks are in what_i_did of the office",
    "ballot": "",
    "comment.person_id": "comments",
    "comment.hidden_by_id": "what_i_did",
    "comment_report.person_id": "reports",
    "complaint.person_id": "complaints",
    "device.person_id": "devices",
    "device.ended_by_id": "what_i_did",
    "event.person_id": "what_i_did",
    "gate_waiver.person_id": "what_i_did",
    "household_code.issued_by_id": "what_i_did",
    "media.person_id": "files",
    "meeting.called_by_id": "what_i_did",
    "meeting_confirmation.person_id": "meetings",
    "meeting_confirmation.entered_by_id": "what_i_did",
    "meeting_minutes.person_id": "what_i_did",
    "meeting_note.person_id": "what_i_did",
    "meeting_presence.person_id": "meetings",
    "meeting_presence.entered_by_id": "what_i_did",
    "message.person_id": "messages",
    "mail_address.person_id": "mail",
    "delivery.person_id": "mail",
    "group_hook.added_by_id": "what_i_did",
    "notice.posted_by_id": "what_i_did",
    "notice_proof.entered_by_id": "what_i_did",
    "owner.merged_by_id": "what_i_did",
    "ownership.entered_by_id": "what_i_did",
    "poll.announced_by_id": "what_i_did",
    "decision.proposer_id": "what_i_did",
    "decision_outcome.by_id": "what_i_did",
    "poll_inspector.person_id": "inspected",
    "disagreement.person_id": "disagreements",
    "panel_seat.person_id": "panels",
    "willing.person_id": "panels",
    "project.facilitator_id": "what_i_did",
    "proposal.person_id": "proposals",
    "proposal.answered_by_id": "what_i_did",
    "proposal_support.person_id": "supports",
    "record.published_by_id": "what_i_did",
    "recovery_code.person_id": "a code's hash, of use to nobody",
    "second_factor.person_id": "second_factors",
    "staff_session.person_id": "sessions",
    "removal.person_id": "what_i_did",
    "register_entry.person_id": "entries",
    "ring_member.person_id": "rings",
    "role_grant.person_id": "roles",
    "role_grant.granted_by_id": "what_i_did",
    "role_grant.deputy_for_id": "what_i_did",
    "roll_entry.person_id": "votes",
    "roll_entry.last_person_id": "votes",
    "roll_entry.entered_by_id": "what_i_did",
    "roll_import.person_id": "what_i_did",
    "sign_off.person_id": "what_i_did",
    "staff_link.person_id": "a secret's hash, of use to nobody",
    "staff_link.made_by_id": "what_i_did",
    "talk.owner_id": "proposals",
    "owner_person.person_id": "speaks_for",
    "mandate.holder_id": "mandates",
    "count_objection.person_id": "count_objections",
    **dict.fromkeys(
        (
            *("authorisation.entered_by_id", "authorisation.revoked_by_id", "owner_person.entered_by_id"),
            *("matter.classified_by_id", "count_objection.answered_by_id", "mandate.entered_by_id"),
            *("mandate.revoked_by_id", "paper_helper.named_by_id", "paper_sheet.issued_by_id"),
        ),
        "what_i_did",
    ),
    **dict.fromkeys(
        ("paper_helper.person_id", "paper_entry.person_id", "paper_check.person_id"),
        "work at the desk: what it holds is other people's",
    ),
}


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose open step has every kind of activity."""
    return build(app, clock)


def take(garden: Garden, who: Actor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(garden.browser(who).get("/me/data.json").data)
    return found


def live(garden: Garden, who: Actor, mark: str) -> None:
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
    do(notices.complain, who, garden.scalar(select(Notice.public_id)), f"{mark}异议：名单里少了一个人")
    entry = {"name": f"{mark}验收", "day": date(2026, 3, 8), "result": "accepted", "remarks": f"{mark}很好"}
    do(registers.add, who, garden.activity("acceptance"), "acceptances", entry)


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
    garden.do(notices.save_draft, garden.lead, garden.activity("board"), "公示", "", "名单")
    garden.do(notices.post, garden.lead, garden.activity("board"))
    live(garden, garden.neighbour, "甲")
    live(garden, other, "乙")
    vote(garden, {"甲": garden.neighbour, "乙": other})
    garden.do(note_access, garden.lead, garden.community, "desk", other.public_id)
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
        assert [row["by"] for row in found["who_looked"]] == (["紫藤里主持"] if who is other else [])
    assert others not in json.dumps(take(garden, garden.town.stranger), ensure_ascii=False)


def test_the_export_is_for_its_person_signed_in_and_is_kept_by_no_cache(garden: Garden) -> None:
    assert garden.browser().get("/me/data.json").status_code == 302
    answer = garden.browser(garden.neighbour).get("/me/data.json")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_export_of_staff_tells_roles_and_deeds(garden: Garden) -> None:
    found = take(garden, garden.lead)
    assert [(row["role"], row["where"]) for row in found["roles"]] == [("facilitator", "紫藤里")]
    assert found["household"] == {}
    assert "project.project_started" in {row["kind"] for row in found["what_i_did"]}
    assert REASON not in json.dumps(found, ensure_ascii=False)


def test_every_column_that_names_a_person_is_in_the_export_or_has_a_reason_not_to_be() -> None:
    named = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname == "person.id"
    }
    known = set(EXPORTED) - {"ballot"}
    assert named - known == set(), "a new column names a person: export its rows, or say here why not"
    assert known - named == set(), "no longer there"


def test_the_keys_of_the_export_are_those_that_the_table_names(garden: Garden) -> None:
    keys = set(take(garden, garden.neighbour))
    wanted = {value for value in EXPORTED.values() if value and " " not in value}
    assert wanted <= keys, f"not in the export: {sorted(wanted - keys)}"
