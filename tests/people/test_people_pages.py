"""Through the pages: sign-in by code, the desk, six digits, staff sign-in, invitation, and a roll from file to confirmation."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import jobs
from app.core.clock import HOUR, MINUTE
from app.people import staff
from app.people.models import Device, Household, HouseholdCode, Person
from app.people.places import RollImport, Unit
from app.printing import fonts
from app.printing.paper import AT_ONCE, places_to_set
from tests.people.place import Place, rows_of, send
from tests.people.roll_files import ROWS, text, xlsx
from tests.printed import text_of

ENGLISH = {"Accept-Language": "en"}
GOOD = "three quiet words"


def shown(page: str, css: str = "bigcode") -> str:
    """What stands in the big letters of a page."""
    found = re.search(rf'class="{css}"[^>]*>([^<]+)<', page)
    assert found, page
    return found[1].strip()


def code_from_desk(place: Place, household: str) -> str:
    """A code made at the desk's page."""
    browser = place.browser(place.facilitator)
    page = send(browser, f"/c/ziteng/desk/{household}/code", {}, get="/c/ziteng/desk?find=5-302")
    assert page.status_code == 200
    return shown(page.text)


def test_a_resident_signs_in_with_the_code_on_the_slip(place: Place, client: FlaskClient) -> None:
    code = code_from_desk(place, place.household())
    response = client.get("/c/ziteng/desk")  # asked to sign in, and brought back afterwards
    assert "/sign-in?next=/c/ziteng/desk" in response.headers["Location"]
    sent = send(client, "/sign-in", {"code": f" {code.lower()} ", "next": "/c/ziteng/"})
    assert sent.headers["Location"] == "/sign-in/who"
    phone = {"User-Agent": "Mozilla/5.0 (Linux; Android 10) MicroMessenger/8.0"}
    sent = send(client, "/sign-in/who", {"name": "张阿姨"}, headers=phone)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/c/ziteng/")
    page = client.get("/me/devices", headers=ENGLISH)
    assert page.status_code == 200
    assert "WeChat, 张阿姨" in page.text
    assert client.get("/me").status_code == 200
    with place.here() as session:
        assert session.scalars(select(Device.label)).all() == ["WeChat"]
    again = place.app.test_client()
    send(again, "/sign-in", {"code": code})
    page = again.get("/sign-in/who")
    assert "张阿姨" in page.text
    with place.here() as session:
        mine = session.scalars(select(Person.public_id).where(Person.name == "张阿姨")).one()
    send(again, "/sign-in/who", {"person": mine, "name": ""})
    assert again.get("/me/devices").text.count("张阿姨") >= 2
    with place.here() as session:
        assert rows_of(session, Device) == 2


def test_a_wrong_code_keeps_what_was_typed_and_pairs_nothing(place: Place, client: FlaskClient) -> None:
    place.code(place.household())
    page = send(client, "/sign-in", {"code": '"ABCDE-<b>"'}, headers=ENGLISH)
    assert page.status_code == 422
    assert "This code is not valid" in page.text
    assert "ABCDE-&lt;b&gt;" in page.text
    page = send(client, "/sign-in", {"code": "\u3000"}, headers=ENGLISH)
    assert page.status_code == 422
    assert "Please fill this in." in page.text
    assert client.get("/sign-in/who").headers["Location"] == "/sign-in"
    with place.here() as session:
        assert rows_of(session, Device) == 0


def test_the_eleventh_guess_is_429(place: Place, client: FlaskClient) -> None:
    code = place.code(place.household())
    statuses = [send(client, "/sign-in", {"code": f"00000-0000{n}"}).status_code for n in range(10)]
    assert set(statuses) == {422}
    page = send(client, "/sign-in", {"code": code}, headers=ENGLISH)
    assert page.status_code == 429
    assert "Too many tries" in page.text
    place.clock.advance(10 * MINUTE)
    assert send(client, "/sign-in", {"code": code}).status_code == 303


def test_a_refused_name_is_shown_again(place: Place, client: FlaskClient) -> None:
    send(client, "/sign-in", {"code": place.code(place.household())})
    page = send(client, "/sign-in/who", {"name": "系统管理员"}, headers=ENGLISH)
    assert page.status_code == 422
    assert "mistaken for staff" in page.text
    assert 'value="系统管理员"' in page.text
    assert client.get("/me/devices").status_code == 302


def test_signing_in_begins_a_fresh_session(place: Place, client: FlaskClient) -> None:
    code = place.code(place.household())
    client.get("/sign-in")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    send(client, "/sign-in", {"code": code})
    send(client, "/sign-in/who", {"name": "张阿姨"})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert "pairing" not in session
        assert session["_user_id"].startswith("device:")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', client.get("/me/devices").text)
    assert token
    client.post("/sign-out", data={"csrf_token": token[1]})
    assert client.get("/me/devices").status_code == 302
    with place.here() as session:
        assert session.scalars(select(Device.ended_at)).all() == [None]  # it stays paired


def test_six_digits_carry_a_sign_in_into_another_browser(place: Place) -> None:
    first = place.browser(place.pair(place.code(place.household())))
    sent = send(first, "/me/devices/move", {}, get="/me/devices")
    digits = shown(first.get(sent.headers["Location"]).text)
    assert re.fullmatch("[0-9]{6}", digits)
    assert digits not in first.get("/me/devices").text  # shown once
    second = place.app.test_client()
    sent = send(second, "/sign-in", {"code": f"{digits[:3]} {digits[3:]}"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/me")
    assert second.get("/me/devices").status_code == 200
    third = place.app.test_client()
    assert send(third, "/sign-in", {"code": digits}).status_code == 422


def test_a_removed_device_is_out_and_the_household_sees_which_are_paired(place: Place) -> None:
    code = place.code(place.household())
    mine, other = place.browser(place.pair(code)), place.pair(code, "张叔", label="iPhone")
    theirs = place.browser(other)
    with place.here() as session:
        public_id = session.get_one(Device, other.device_id).public_id
    assert re.search("iPhone[^<]*张叔", mine.get("/me/devices").text)
    asked = send(mine, f"/me/devices/{public_id}/remove", {}, get="/me/devices")
    assert asked.status_code == 200
    assert 'name="sure"' in asked.text
    assert send(mine, f"/me/devices/{public_id}/remove", {"sure": "1"}, get="/me/devices").status_code == 303
    assert "iPhone" not in mine.get("/me/devices").text
    assert theirs.get("/me/devices").status_code == 302


def test_moving_out_is_asked_before_it_is_done(place: Place) -> None:
    household = place.household()
    resident = place.browser(place.pair(place.code(household)))
    desk = place.browser(place.facilitator)
    url = f"/c/ziteng/desk/{household}/move-out"
    assert "can’t be undone" in desk.get(url, headers=ENGLISH).text
    assert resident.get("/me/devices").status_code == 200
    assert send(desk, url, {}).status_code == 303
    assert resident.get("/me/devices").status_code == 302


def test_slips_for_all_are_shown_once(place: Place) -> None:
    for room in ("101", "102"):
        place.household(room)
    desk = place.browser(place.facilitator)
    page = send(desk, "/c/ziteng/desk/codes", {}, get="/c/ziteng/desk")
    codes = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", page.text)
    assert len(set(codes)) == 2
    assert "no-store" in page.headers["Cache-Control"] or "no-cache" in page.headers["Cache-Control"]
    assert not re.findall(
        r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", send(desk, "/c/ziteng/desk/codes", {}, get="/c/ziteng/desk").text
    )
    with place.here() as session:
        assert rows_of(session, HouseholdCode) == 2


def test_slips_are_printed_in_the_answer_that_makes_their_codes(
    place: Place, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("101", "102"):
        place.household(room)
    desk = place.browser(place.facilitator)
    with monkeypatch.context() as patched:
        patched.setitem(fonts.NEEDED, "no_such_package", "no-such-package")
        refused = send(desk, "/c/ziteng/desk/codes", {"pdf": "1"}, get="/c/ziteng/desk")
        assert refused.status_code == 503
        assert "no-such-package" in refused.text
    with place.here() as session:
        assert rows_of(session, HouseholdCode) == 0  # no code is made that nobody would see
    answer = send(desk, "/c/ziteng/desk/codes", {"pdf": "1"}, get="/c/ziteng/desk")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    codes = re.findall(r"[0-9A-Z]{5}-[0-9A-Z]{5}", text_of(answer.data))
    assert len(set(codes)) == 2
    sent = send(client, "/sign-in", {"code": codes[0]})
    assert sent.headers["Location"] == "/sign-in/who"


def test_codes_whose_slips_cant_be_set_are_shown_on_the_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.household("101")
    monkeypatch.setattr("app.printing.paper.PATIENCE", 0)
    taken = [places_to_set.acquire(blocking=False) for _ in range(AT_ONCE)]
    try:
        desk = place.browser(place.facilitator)
        page = send(desk, "/c/ziteng/desk/codes", {"pdf": "1"}, get="/c/ziteng/desk")
    finally:
        for _ in taken:
            places_to_set.release()
    assert all(taken)
    assert page.mimetype == "text/html"
    assert len(re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", page.text)) == 1


def test_staff_is_invited_sets_a_password_and_signs_in(place: Place, client: FlaskClient) -> None:
    admin = place.browser(place.admin)
    data = {"name": "李老师", "email": "Li@Example.org", "role": "facilitator"}
    page = send(admin, "/c/ziteng/people", data, headers=ENGLISH)
    link = re.search(r"/invitation/[\w-]+", page.text)
    assert link
    page = send(client, link[0], {"password": "short"}, headers=ENGLISH)
    assert page.status_code == 422
    assert "at least 8 characters" in page.text
    assert send(client, link[0], {"password": GOOD}).status_code == 303
    assert client.get("/c/ziteng/desk").status_code == 200
    assert client.get(link[0]).status_code == 404
    fresh = place.app.test_client()
    page = send(fresh, "/sign-in/staff", {"email": "li@example.org", "password": "wrong"}, headers=ENGLISH)
    assert page.status_code == 422
    assert "E-mail or password is wrong." in page.text
    assert "li@example.org" in page.text
    assert 'value="wrong"' not in page.text
    sent = send(fresh, "/sign-in/staff", {"email": "li@example.org", "password": GOOD, "next": "//evil.example"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/me")
    assert fresh.get("/c/ziteng/desk").status_code == 200


def test_who_is_no_staff_may_not_invite(place: Place) -> None:
    resident = place.browser(place.pair(place.code(place.household())))
    assert resident.get("/c/ziteng/people").status_code == 403
    assert place.browser(place.elsewhere).get("/c/ziteng/people").status_code == 404
    chen = place.browser(place.facilitator)
    data = {"name": "x", "email": "x@example.org", "role": "administrator"}
    assert send(chen, "/c/ziteng/people", data).status_code == 422
    with place.here() as session:
        assert session.scalar(select(Person.id).where(Person.email == "x@example.org")) is None


def test_a_deputy_is_named_until_the_end_of_a_day(place: Place) -> None:
    deputy = place.staff("wei@example.org", "planner", place.other_id, "魏老师")
    chen = place.browser(place.facilitator)
    for until in ("2026-03-07", "2026-13-01", "", " "):
        page = send(chen, "/c/ziteng/people/deputy", {"person": deputy.public_id, "until": until}, headers=ENGLISH)
        assert page.status_code == 422, until
    assert send(chen, "/c/ziteng/people/deputy", {"person": deputy.public_id, "until": "2026-03-08"}).status_code == 303
    place.clock.advance(12 * HOUR - 1)  # the last moment of that day in Shanghai
    browser = place.browser(deputy)
    assert browser.get("/c/ziteng/desk").status_code == 200
    place.clock.advance(1)
    assert place.browser(deputy).get("/c/ziteng/desk").status_code == 404


def upload(browser: FlaskClient, data: bytes, name: str = "名册.xlsx") -> str:
    """Send a spreadsheet through the page; the address of its import."""
    sent = send(
        browser,
        "/c/ziteng/roll",
        {"file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
        headers=ENGLISH,
    )
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


def test_a_roll_goes_from_file_to_preview_to_confirmation(place: Place) -> None:
    browser = place.browser(place.facilitator)
    url = upload(browser, xlsx(ROWS))
    page = browser.get(url, headers=ENGLISH)
    assert "The file is being read" in page.text
    assert f'href="{url}"' in page.text  # looked at again by a link, without scripts too
    with place.here():
        jobs.run_all(place.app.extensions["qiding.jobs"])
    page = browser.get(url, headers=ENGLISH)
    assert "What this file would change" in page.text
    assert "<b>4</b>new" in page.text
    assert "5-1-101" in page.text
    with place.here() as session:
        assert rows_of(session, Unit) == 0
    place.clock.advance(HOUR)
    assert send(browser, url, {}, headers=ENGLISH).headers["Location"] == "/c/ziteng/roll"
    page = browser.get("/c/ziteng/roll", headers=ENGLISH)
    assert "The roll is up to date." in page.text
    assert "名册.xlsx" in page.text
    with place.here() as session:
        assert rows_of(session, Household) == 4
    page = browser.post(url, data={"csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)[0]})
    assert page.status_code == 409  # the back button applies nothing twice
    place.clock.advance(HOUR)
    url = upload(browser, xlsx(ROWS[:3]))
    with place.here():
        jobs.run_all(place.app.extensions["qiding.jobs"])
    page = browser.get(url, headers=ENGLISH)
    assert "<b>1</b>no longer listed" in page.text
    assert "12-1801" in page.text
    place.clock.advance(HOUR)
    assert send(browser, url, {"gone": "y"}).status_code == 303
    with place.here() as session:
        assert len(session.scalars(select(Household).where(Household.ended_at.is_(None))).all()) == 3


def test_a_bad_file_is_answered_with_its_lines(place: Place) -> None:
    browser = place.browser(place.facilitator)
    url = upload(browser, text([("5", "1", "<b>1</b>", "", "", ""), ("5", "1", "2", "", "89,5", "")]), "名册.csv")
    with place.here():
        jobs.run_all(place.app.extensions["qiding.jobs"])
    page = browser.get(url, headers=ENGLISH)
    assert "Nothing was imported" in page.text
    assert '<th scope="row">2</th>' in page.text
    assert '<th scope="row">3</th>' in page.text
    assert "“89,5” is not an area in square metres" in page.text
    assert "<b>1</b></td>" not in page.text
    assert "89,5" in browser.get(url).text
    assert "square metres" not in browser.get(url).text  # in Chinese for those who read Chinese


@pytest.mark.parametrize("data", [{}, {"file": "words"}, {"file": (io.BytesIO(b""), "empty.csv")}])
def test_a_roll_without_a_file_is_refused(place: Place, data: dict[str, object]) -> None:
    browser = place.browser(place.facilitator)
    page = send(browser, "/c/ziteng/roll", data, content_type="multipart/form-data", headers=ENGLISH)
    assert page.status_code == 422
    with place.here() as session:
        assert rows_of(session, RollImport) == 0


def test_a_roll_of_another_community_is_not_there(place: Place) -> None:
    url = upload(place.browser(place.facilitator), xlsx(ROWS))
    stranger = place.browser(place.elsewhere)
    assert stranger.get(url).status_code == 404
    assert stranger.get(url.replace("ziteng", "guixiang")).status_code == 404
    assert stranger.get("/c/ziteng/roll").status_code == 404
    assert place.browser(place.admin).get(url).status_code == 404


def test_who_has_an_account_that_waits_is_named_without_a_new_link(place: Place) -> None:
    with place.here():
        staff.invite(place.admin, email="boss@example.org", name="主任", role="administrator", community_id=None)
    data = {"name": "x", "email": "boss@example.org", "role": "planner"}
    page = send(place.browser(place.facilitator), "/c/ziteng/people", data, headers=ENGLISH)
    assert "/invitation/" not in page.text
    assert "an invitation already" in page.text
