"""Pages of the desk: by plain forms, without scripts; what is wrong stands beside its field."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.paper import service
from app.people.models import AccessLog
from tests.ballots.world import send
from tests.paper.desk import Desk
from tests.printed import pages_of, text_of


@pytest.fixture
def at(desk: Desk, client: FlaskClient) -> str:
    desk.world.sign_in(client, desk.staff[0])
    return f"/c/ziteng/poll/{desk.poll}/paper"


def colleague(desk: Desk) -> FlaskClient:
    client = desk.world.app.test_client()
    desk.world.sign_in(client, desk.staff[1])
    return client


def test_a_sheet_goes_from_issue_to_count_by_forms(desk: Desk, client: FlaskClient, at: str) -> None:
    answer = send(client, at, {"whom": "blank", "count": "2"})
    assert answer.status_code == 303
    printed = client.get(answer.headers["Location"]).text
    assert printed.count('class="pballot"') == 2
    assert desk.serial(11) in printed
    assert "<svg" in printed
    assert "style=" not in printed
    data = {"serial": desk.serial(11)[4:].lower(), "household": "6-101", "choice": "1"}
    assert send(client, f"{at}/entry", data).status_code == 303
    assert "一人已录。" in client.get(f"{at}/entry").text
    refused = send(client, f"{at}/entry", data)
    assert refused.status_code == 422
    assert 'id="serial-error"' in refused.text
    other = colleague(desk)
    shown = other.get(f"{at}/entry").text
    assert "6-101" not in re.sub(r"<option.*?</option>", "", shown).replace("5-302", "")
    assert send(other, f"{at}/entry", data).status_code == 303
    assert desk.live("101") == [("consent", "paper")]


def test_what_was_typed_stays_when_it_is_refused(desk: Desk, client: FlaskClient, at: str) -> None:
    answer = send(client, f"{at}/entry", {"serial": desk.serial(1), "household": "9-999", "choice": "1"})
    assert answer.status_code == 422
    assert 'value="9-999"' in answer.text
    assert 'id="household-error"' in answer.text
    objection = send(client, f"{at}/entry", {"serial": desk.serial(1), "household": "6-101", "choice": "3"})
    assert "<details" in objection.text
    assert "open>" in objection.text


def test_looking_at_whose_a_sheet_is_is_noted(desk: Desk, client: FlaskClient, at: str) -> None:
    desk.both(1, "6-101")
    listed = client.get(f"{at}/sheets").text
    assert "101室" not in listed
    page = client.get(f"{at}/sheet/{desk.serial(1)}")
    assert "101室" in page.text
    with desk.world.here() as session:
        row = session.scalars(select(AccessLog).where(AccessLog.what == "paper.sheet")).one()
        assert row.subject == f"{desk.poll}:{desk.serial(1)}"
    assert client.get(f"{at}/sheet/ABC-0001-A").status_code == 404


def test_the_box_the_helpers_and_the_sample_by_forms(desk: Desk, client: FlaskClient, at: str) -> None:
    answer = send(client, f"{at}/box", {"numbers": f"{desk.serial(1)} ~ {desk.serial(3)}"})
    assert answer.status_code == 303
    assert send(client, f"{at}/box", {"numbers": "4?"}).status_code == 422
    assert send(client, f"{at}/helpers", {"person": desk.staff[1].public_id}).status_code == 303
    assert "王老师" in client.get(at).text
    for n, room in ((1, "6-101"), (2, "6-102"), (3, "6-103")):
        desk.both(n, room)
    client.get(f"{at}/sample")
    desk.world.close(desk.poll)
    client.get(at)
    desk.world.sign_in(client, desk.staff[0])
    assert send(client, f"{at}/sample", {"fix": "1"}).status_code == 303
    assert send(client, f"{at}/sample", {"dice": "7"}).status_code == 422
    assert send(client, f"{at}/sample", {"dice": "1 2 3 4 5"}).status_code == 303
    page = client.get(f"{at}/sample", headers={"Accept-Language": "en"}).text
    assert "a third person is needed" in page  # who entered them all can compare none
    assert "data-keys" not in page
    desk.world.sign_in(client, desk.staff[2])
    assert "a third person is needed" not in client.get(f"{at}/sample", headers={"Accept-Language": "en"}).text
    for n, room in ((1, "6-101"), (2, "6-102"), (3, "6-103")):
        data = {"serial": desk.serial(n), "household": room, "choice": "1"}
        assert send(client, f"{at}/sample", data).status_code == 303
    public = desk.world.app.test_client()
    account = public.get(f"{at}/account", headers={"Accept-Language": "en"}).text
    assert "10 issued = 3 returned + 7 missing" in account
    assert "3 returned = 3 valid + 0 not valid" in account
    assert "3 sheets were compared" in account
    assert public.get(f"/c/ziteng/poll/{desk.poll}/result").status_code == 200


def test_the_account_is_for_everybody_after_the_close_only(desk: Desk, client: FlaskClient, at: str) -> None:
    public = desk.world.app.test_client()
    assert public.get(f"{at}/account").status_code == 404
    assert public.get(at).status_code in (302, 303)
    desk.world.sign_in(public, 0)
    assert public.get(at).status_code == 403
    desk.world.close(desk.poll)
    assert desk.world.app.test_client().get(f"{at}/account").status_code == 200


def test_a_helped_vote_by_form_and_its_slip(desk: Desk, client: FlaskClient, at: str) -> None:
    refused = send(client, f"{at}/helped", {"household": "6-101", "stance": "consent"})
    assert refused.status_code == 422
    assert 'value="6-101"' in refused.text
    answer = send(client, f"{at}/helped", {"household": "6-101", "stance": "consent", "said": "y"})
    assert answer.status_code == 303
    slip = client.get(answer.headers["Location"]).text
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", slip)
    assert "陈老师" in slip
    assert colleague(desk).get(answer.headers["Location"]).status_code == 302


def test_the_household_reads_why_it_cant_vote_online(desk: Desk, client: FlaskClient) -> None:
    with desk.world.here():
        service.issue(desk.staff[0], desk.poll, to="6-101")
    desk.take(11)
    desk.world.sign_in(client, 0)
    page = client.get(f"/c/ziteng/poll/{desk.poll}", headers={"Accept-Language": "en"}).text
    assert "Your sheet of paper is in the box" in page
    assert "5550 0188" in page
    assert 'name="stance"' not in page


def test_sheets_are_printed_each_with_its_number_and_the_look_is_noted(
    desk: Desk, client: FlaskClient, at: str
) -> None:
    pages = pages_of(client.get(f"{at}/print.pdf?first=1&last=3&each=2").data)
    assert [sum(desk.serial(n) in page for n in (1, 2, 3)) for page in pages] == [2, 1]
    assert all("签名" in page for page in pages)
    answer = client.get(f"{at}/print.pdf?first=1&last=3&each=4")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(pages_of(answer.data)) == 1
    assert client.get(f"{at}/print.pdf?first=500").status_code == 404
    assert send(client, at, {"whom": "one", "household": "6-101"}).status_code == 303
    named = client.get(f"{at}/print.pdf?first=11")
    assert "6号楼1单元101室" in text_of(named.data).replace(" ", "")
    with desk.world.here() as session:
        assert (
            session.scalars(select(AccessLog.subject).where(AccessLog.what == "paper.print"))
            .all()[-1]
            .endswith("11-11")
        )


def test_the_account_is_printed_for_the_inspectors_to_sign(desk: Desk, client: FlaskClient) -> None:
    path = f"/c/ziteng/poll/{desk.poll}/paper/account.pdf"
    assert client.get(path).status_code == 404
    desk.both(1, "6-101")
    desk.world.close(desk.poll)
    text = text_of(client.get(path).data).replace(" ", "")
    for said in ("发出10张=收回1张+未收回9张", "监票人", "盖章处"):
        assert said in text
