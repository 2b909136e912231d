"""Erasure: nothing of the person is left anywhere, and every count, hash and proof is as it was."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.audit.verify import verify as audit
from app.ballots import service as ballots
from app.ballots.models import Ballot, Poll, RollEntry
from app.comments import service as comments
from app.comments.models import Comment
from app.core.clock import DAY, HOUR
from app.core.database import Base, db
from app.core.events import LogEntry
from app.core.removals import Removal
from app.core.transaction import transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.meetings import service as meetings
from app.notices import service as notices
from app.notices.models import Notice
from app.notifications.models import MailAddress
from app.people import desk
from app.people.actor import Actor
from app.people.models import AccessLog, Device, Household, Person
from app.people.sign_in import show_name
from app.privacy import ledger, service
from app.privacy.models import Erasure
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.models import Proposal, ProposalSupport
from app.proposals.service import Words
from app.records.models import Record
from app.registers import service as registers
from tests.meetings.hall import begin, come, offered
from tests.privacy.test_privacy_export import pair
from tests.projects.world import REASON, Garden, build, everything

NAME, MAIL, PHONE = "欧阳素芬", "oysf@example.net", "13917770000"
SAID = f"我家在三楼，水管也从这里过，请打电话给我：{PHONE}。"
PROPOSED = "把欧阳家门口的台阶改成坡道，轮椅好走。"


@pytest.fixture
def garden(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Garden:
    """A project in which somebody has left all that one can leave, a closed step with its record, and a vote that is over."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    garden = build(app, app.extensions["qiding.clock"], everything(gates=False))
    do, lead = garden.do, garden.lead
    who = garden.resident(NAME)
    other = garden.resident("钱七妹")
    do(pair, who, "何先生")
    do(show_name, who, True)
    with garden.here(), transaction() as tx:
        tx.session.get_one(Household, who.household_id).householder = NAME
        tx.session.add(
            MailAddress(
                person_id=who.person(),
                address=MAIL,
                nonce="n",
                language="zh_Hans",
                asked_at=tx.now,
                since=tx.now,
                next_at=tx.now,
            )
        )
    idea = do(proposals.save_draft, who, garden.activity("ideas"), Words("门口改坡道", PROPOSED))
    do(proposals.submit, who, idea)
    do(proposals.support, other, idea, on=True)
    do(proposals.support, who, idea, on=True)
    do(proposals.save_draft, who, garden.activity("ideas"), Words("还没想好", f"草稿{PHONE}"))
    do(comments.post, other, garden.talk(), "suggestion", "坡道要宽一点。")
    said = do(comments.post, who, garden.talk(), "suggestion", SAID)
    do(comments.edit, who, said, f"{SAID}谢谢。")
    do(notices.save_draft, lead, garden.activity("board"), "名单公示", "", "名单如下。")
    do(notices.post, lead, garden.activity("board"))
    do(
        notices.answer,
        lead,
        do(notices.complain, who, garden.scalar(select(Notice.public_id)), SAID),
        "已经核对过了，谢谢您的提醒。",
    )
    entry = {"name": NAME, "day": date(2026, 3, 8), "result": "accepted", "remarks": "很好"}
    do(registers.add, who, garden.activity("acceptance"), "acceptances", entry)
    _meeting(garden, who, other)
    _vote(garden, who, other)
    do(projects.sign_off, lead, garden.project, "seen", holds=True, note=REASON)
    garden.clock.advance(DAY)
    do(projects.close_step, lead, garden.project)
    garden.clock.advance(DAY)
    garden.who, garden.other = who, other  # type: ignore[attr-defined]
    return garden


def _meeting(garden: Garden, who: Actor, other: Actor) -> None:
    held = begin(garden)
    come(garden, held, who, other, garden.lead)
    spoke = meetings.Noted("point", "灯太亮", item=1, ring="residents", speaker=NAME)
    garden.do(meetings.note, garden.lead, held, spoke)
    minutes = offered(garden, held)
    for one in (who, other):
        garden.do(meetings.confirm, one, minutes)


def _vote(garden: Garden, who: Actor, other: Actor) -> None:
    vote = garden.activity("vote")
    garden.do(ballots.save_draft, garden.lead, vote, "花园方案", "先试一年。")
    opens = garden.clock.now() + 48 * HOUR
    poll = garden.do(ballots.announce, garden.lead, vote, opens, opens + 7 * DAY)
    garden.clock.set(opens)
    garden.do(ballots.cast, who, poll, {"stance": "consent"}, once="one")
    garden.do(ballots.cast, other, poll, {"stance": "abstain"}, once="two")
    garden.clock.advance(8 * DAY)
    garden.do(ballots.settle_due)


def stored(garden: Garden) -> str:
    """All values of all rows, as text; JSON as it is read."""
    found = []
    with garden.here():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                found.append(json.dumps([str(value) for value in row], ensure_ascii=False))
    return "\n".join(found)


def proof(garden: Garden) -> tuple[Any, ...]:
    """What an erasure must not touch: tallies, ballots, records, rolls, and the log as far as it went."""
    with garden.here():
        session = db.session
        polls = [(row.tally, row.roll_root, row.roll_size) for row in session.scalars(select(Poll).order_by(Poll.id))]
        cast = sorted((row.commitment, row.stance, row.live) for row in session.scalars(select(Ballot)))
        records = [(row.sha256, row.body) for row in session.scalars(select(Record).order_by(Record.id))]
        roll = [
            (row.label, row.unit_key, row.area) for row in session.scalars(select(RollEntry).order_by(RollEntry.id))
        ]
        supports = len(session.scalars(select(ProposalSupport.id)).all())
        return polls, cast, records, roll, supports


def log_of(garden: Garden) -> list[str]:
    return garden.all(select(LogEntry.body).where(LogEntry.community_id == garden.community).order_by(LogEntry.seq))


def sound(garden: Garden) -> None:
    report = garden.do(audit, "ziteng")
    assert report.finding is None, report.finding


def erase(garden: Garden, *, words: bool = True) -> str:
    who: Actor = garden.who  # type: ignore[attr-defined]
    return garden.do(service.erase_own, who, "删去我的资料", words=words)


def test_after_an_erasure_nothing_of_the_person_is_found_and_every_proof_holds(
    garden: Garden, caplog: pytest.LogCaptureFixture
) -> None:
    who: Actor = garden.who  # type: ignore[attr-defined]
    for words in (NAME, MAIL, PHONE, PROPOSED):
        assert words in stored(garden), f"the scene has no {words}: this test would show nothing"
    before, entries = proof(garden), log_of(garden)
    sound(garden)
    browser = garden.browser(who)
    with caplog.at_level(logging.DEBUG):
        assert browser.post("/me/erase", data={"typed": "erase my data", "words": "y"}).status_code == 303
    text = stored(garden)
    for words in (NAME, MAIL, PHONE, PROPOSED, SAID):
        assert words not in text, words
        assert words not in caplog.text
    assert proof(garden) == before
    assert log_of(garden)[: len(entries)] == entries
    sound(garden)
    assert browser.get("/me").status_code == 302
    for path in (f"/c/ziteng/project/{garden.project}", "/c/ziteng/search?q=" + NAME, "/c/ziteng/removals"):
        page = garden.browser(garden.lead).get(path)
        assert page.status_code == 200
        assert PHONE not in page.text
    api = (
        garden.browser().get("/api/v1/comments?community=ziteng").text + garden.browser().get("/api/v1/proposals").text
    )
    assert PHONE not in api
    assert NAME not in api


def test_without_the_words_the_texts_stay_as_a_neighbours_who_left_and_lead_nowhere(garden: Garden) -> None:
    who: Actor = garden.who  # type: ignore[attr-defined]
    erase(garden, words=False)
    text = stored(garden)
    assert NAME not in text
    assert MAIL not in text
    assert f"{SAID}谢谢。" in text
    said = garden.scalar(select(Comment).where(Comment.text.startswith(SAID)))
    idea = garden.scalar(select(Proposal).where(Proposal.text == PROPOSED))
    assert said.person_id == idea.person_id < 0
    assert said.person_id != who.person_id
    nobody = garden.scalar(select(Person).where(Person.id == said.person_id))
    assert (nobody.name, nobody.household_id, nobody.email, nobody.created_at) == ("", None, None, 0)
    left = garden.scalar(select(Person).where(Person.id == who.person_id))
    assert (left.name, left.household_id, left.email, left.shows_name) == ("", None, None, False)
    assert garden.all(select(Device.id).where(Device.person_id == who.person_id)) == []
    assert garden.scalar(select(Proposal.id).where(Proposal.state == "draft")) is None
    page = garden.browser(garden.other).get(f"/c/ziteng/proposal/{idea.public_id}").text  # type: ignore[attr-defined]
    assert "A neighbour who left" in page
    sound(garden)


def test_nobody_erases_by_mistake_or_twice_or_with_an_office_or_for_others(garden: Garden) -> None:
    who: Actor = garden.who  # type: ignore[attr-defined]
    page = garden.browser(who).post("/me/erase", data={"typed": "yes", "words": "y"})
    assert page.status_code == 422
    assert "Nothing is erased yet" in page.text
    assert 'name="typed"' in page.text
    assert 'value="yes"' in page.text
    with pytest.raises(Conflict):
        garden.do(service.erase_own, garden.lead, "erase my data", words=False)
    with pytest.raises(NotFound):
        garden.do(service.erase_for, garden.lead, garden.community, who.public_id, "left", "沪民2026-1号", words=False)
    with pytest.raises(Invalid):
        garden.do(service.erase_for, garden.town.admin, garden.community, who.public_id, "x", "", words=False)
    assert NAME in stored(garden)
    erase(garden)
    with pytest.raises(Conflict):
        garden.do(service.erase_own, who, "erase my data", words=False)


def test_the_desk_erases_for_somebody_who_moved_out_and_it_is_noted_with_its_paper(garden: Garden) -> None:
    who: Actor = garden.who  # type: ignore[attr-defined]
    home = garden.scalar(select(Household).where(Household.id == who.household_id))
    garden.do(desk.move_out, garden.lead, home.public_id)
    browser, page = garden.browser(garden.town.admin), "/c/ziteng/erase"
    room = garden.town.rooms - 1
    form = {"unit": f"5-{room}", "name": NAME, "ground": "left", "note": "登记表2026-7号，存档于居委会"}
    wrong = browser.post(page, data={**form, "name": "没有这个人"})
    assert wrong.status_code == 422
    assert "没有这个人" in wrong.text
    shown = browser.post(page, data=form)
    assert shown.status_code == 200
    assert NAME in stored(garden)
    done = browser.post(page, data={**form, "person": who.public_id, "sure": "1"})
    assert done.status_code == 303
    assert NAME not in stored(garden)
    row = garden.scalar(select(Erasure))
    assert (row.person, row.ground, row.note, row.words) == (who.public_id, "left", form["note"], False)
    looked = garden.scalar(select(AccessLog).where(AccessLog.what == "erasure"))
    assert (looked.subject, looked.whose) == (who.public_id, "person")
    removal = garden.scalar(select(Removal))
    assert removal.by_name == "镇管理员"
    sound(garden)


def test_a_name_that_another_neighbour_has_too_is_said_to_stay_in_records(garden: Garden) -> None:
    twin = garden.resident(NAME)
    who: Actor = garden.who  # type: ignore[attr-defined]
    assert "has the same name" in garden.browser(who).get("/me/erase").text
    erase(garden, words=False)
    assert garden.scalar(select(Person.name).where(Person.id == twin.person_id)) == NAME
    assert garden.scalar(select(Removal)) is None
    sound(garden)


def test_an_old_copy_that_is_restored_is_erased_again(garden: Garden, tmp_path: Path) -> None:
    who: Actor = garden.who  # type: ignore[attr-defined]
    app, list_ = garden.town.app, tmp_path / "erasures.jsonl"
    config = app.config["QIDING"]
    app.config["QIDING"] = dataclasses.replace(config, erasures_file=list_)
    try:
        assert garden.do(ledger.write_due) == 0
        erase(garden)
        assert garden.do(ledger.write_due) == 1
        assert garden.do(ledger.write_due) == 0
        assert list_.stat().st_mode & 0o777 == 0o600
        own = list_.read_text()
        list_.write_text('{"person": "whom this database never had"}\n')  # as after an old copy was put back
        assert garden.do(ledger.write_due) == 1
        list_.write_text(own)
        line = json.loads(own)
        assert line["person"] == who.public_id
        assert NAME not in list_.read_text()
        list_.write_text(list_.read_text() + '{"person": "cut o')
        assert garden.do(ledger.reapply) == 0, "nothing was brought back"
        with garden.here(), transaction() as tx:  # as after a restore: the person is back, the ledger's row isn't
            tx.session.execute(delete(Erasure))
            person = tx.session.get_one(Person, who.person())
            person.name, person.household_id = NAME, who.household_id
        assert garden.do(ledger.reapply, list_) == 1
        assert garden.do(ledger.reapply, list_) == 0
        assert NAME not in stored(garden)
        assert garden.scalar(select(Erasure)).public_id == line["erasure"]
        sound(garden)
    finally:
        app.config["QIDING"] = config


def test_words_that_somebody_else_said_too_stay_theirs(garden: Garden) -> None:
    other: Actor = garden.other  # type: ignore[attr-defined]
    garden.do(projects.send_back, garden.lead, garden.project, "gather", REASON)
    theirs = garden.do(comments.post, other, garden.talk(), "suggestion", f"{SAID}谢谢。")
    erase(garden)
    assert garden.scalar(select(Comment.text).where(Comment.public_id == theirs)) == f"{SAID}谢谢。"
    assert garden.all(select(Comment).where(Comment.text.contains("依法删去")))
    sound(garden)
