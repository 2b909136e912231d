"""Log lines hold nobody's name, code, address, choice or word: a part of a project is played, and all lines are read."""

from __future__ import annotations

import logging
import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.core import jobs
from app.core.clock import DAY, HOUR
from app.core.ids import new_public_id
from app.core.transaction import transaction
from app.people import desk
from app.people.models import Household, Person
from app.projects import console
from tests.projects.world import build

NAME, WORDS, PHONE, MAIL = "欧阳素芬", "请把种植箱移开，挡住了我家的窗户。", "13917770000", "oysf@example.net"


class Lines(logging.Handler):
    """Every line that any logger writes, with its arguments and traces."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(logging.Formatter("%(name)s %(message)s").format(record))


@pytest.fixture
def lines() -> Lines:
    found, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(found)
    root.setLevel(logging.DEBUG)
    yield found  # type: ignore[misc]
    root.removeHandler(found)
    root.setLevel(before)


def test_log_lines_hold_no_personal_data_and_no_ballot(
    app: Flask, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    garden = build(app, app.extensions["qiding.clock"])
    home = garden.scalar(select(Household.public_id).where(Household.id == garden.neighbour.household_id))
    code = garden.do(desk.issue_code, garden.lead, home)
    browser = app.test_client()
    assert browser.post("/sign-in", data={"code": "AAAAA-BBBBB"}).status_code == 422
    assert browser.post("/sign-in", data={"code": code}).status_code == 303
    assert browser.post("/sign-in/who", data={"name": NAME}).status_code == 303
    said = {"kind": "question", "text": f"{WORDS}{PHONE}", "once": new_public_id()}
    assert browser.post(f"/c/ziteng/talk/{garden.talk()}", data=said).status_code in (303, 404, 405)
    assert browser.post(f"/c/ziteng/talk/{garden.talk()}/write", data=said).status_code in (303, 404, 405)
    browser.post("/me/mail", data={"address": MAIL, "choice": "daily"})
    vote = garden.activity("vote")
    garden.do(ballots.save_draft, garden.lead, vote, "花园方案", "先试一年。")
    opens = garden.clock.now() + 48 * HOUR
    note = "问题会在说明会上当面回答，记录在案。"
    poll = garden.do(ballots.announce, garden.lead, vote, opens, opens + 7 * DAY, noted=note)
    garden.clock.set(opens)
    cast = {"stance": "concern", "concern": WORDS, "once": new_public_id()}
    assert browser.post(f"/c/ziteng/poll/{poll}", data=cast).status_code == 303
    receipt = browser.get(f"/c/ziteng/poll/{poll}/done").text
    assert browser.post(f"/c/ziteng/poll/{poll}", data={"stance": "no such"}).status_code == 422
    staff = {"email": MAIL, "password": "three words in a row"}
    assert browser.post("/sign-in/staff", data=staff).status_code == 422
    monkeypatch.setattr(console.queries, "current_step", _fails)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert garden.browser(garden.lead).get(f"/c/ziteng/project/{garden.project}/send-back?x={PHONE}").status_code == 500
    with garden.here(), transaction() as tx:
        person = tx.session.scalars(select(Person.public_id).where(Person.name == NAME)).one()
        jobs.enqueue(tx, "fails", {"person": NAME})
    garden.do(jobs.run_all, {"fails": _job_fails})
    text = "\n".join(lines.text)
    assert "unexpected error" in text
    assert "a job failed" in text
    codes = re.findall(r"[0-9A-Z]{5}-[0-9A-Z]{5}", receipt)
    secret = [NAME, WORDS, PHONE, MAIL, code, "AAAAA-BBBBB", "three words", "concern", person, *codes]
    for words in secret:
        assert words not in text, f"a log line has {words}: " + next(line for line in lines.text if words in line)


def _fails(*_: object) -> None:
    raise RuntimeError("something broke")


def _job_fails(_claim: object) -> None:
    raise RuntimeError("something broke")
