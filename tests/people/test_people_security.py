"""Through the pages: the second step, sessions that are listed and ended, and who it is, asked again."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.clock import MINUTE
from app.people import factors, staff
from app.people.actor import Actor
from app.people.models import Person
from app.people.security_models import StaffSession
from tests.people.authenticator import Passkey
from tests.people.place import Place, send
from tests.people.test_people_factors import at, set_up

ENGLISH = {"Accept-Language": "en"}
GOOD = "three quiet words"
INVITED = {"name": "周工", "email": "zhou@example.org", "role": "planner"}


def password(place: Place, who: Actor) -> None:
    """Give somebody a password."""
    with place.here(), staff.transaction() as tx:
        tx.session.get_one(Person, who.person()).password = staff.HASHER.hash(GOOD)


def enter(place: Place, email: str = "chen@example.org", word: str = GOOD) -> tuple[FlaskClient, str]:
    """A browser that has sent e-mail and password, and where it was led."""
    browser = place.app.test_client()
    sent = send(browser, "/sign-in/staff", {"email": email, "password": word, "next": "/c/ziteng/console"})
    return browser, sent.headers.get("Location", "")


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form in a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def challenge_of(page: str) -> str:
    """What a page asks a passkey."""
    found = re.search(r'data-asks="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_with_a_factor_the_password_alone_lets_nobody_in(place: Place) -> None:
    _, secret, codes = set_up(place)
    password(place, place.facilitator)
    for way in ("code", "recovery"):
        browser, where = enter(place)
        assert where == "/sign-in/staff/second"
        assert browser.get("/me/security").status_code == 302
        assert browser.get("/c/ziteng/desk").status_code == 302
        wrong = send(browser, where, {"code": "000 000x"}, headers=ENGLISH)
        assert wrong.status_code == 422
        assert 'href="#code"' in wrong.text
        assert "000 000x" in wrong.text
        typed = at(secret, place.clock.now()) if way == "code" else codes[0]
        sent = send(browser, where, {"code": typed})
        assert sent.headers["Location"] == "/c/ziteng/console"
        assert browser.get("/c/ziteng/desk").status_code == 200


def test_the_second_step_waits_ten_minutes_and_no_longer(place: Place) -> None:
    set_up(place)
    password(place, place.facilitator)
    browser, where = enter(place)
    place.clock.advance(10 * MINUTE + 1)
    assert browser.get(where).headers["Location"] == "/sign-in/staff"
    browser, where = enter(place)
    with place.here(), staff.transaction() as tx:
        tx.session.get_one(Person, place.facilitator.person()).epoch += 1  # a new password meanwhile
    assert browser.get(where).status_code == 303
    assert place.app.test_client().get(where).status_code == 303


def test_a_link_for_a_new_password_does_not_go_round_the_factor(place: Place) -> None:
    actor, _, _ = set_up(place)
    with place.here() as session:
        link = staff.new_password_link(place.admin, session.get_one(Person, actor.person()).public_id)
    browser = place.app.test_client()
    sent = send(browser, f"/invitation/{link}", {"password": "other quiet words"})
    assert sent.headers["Location"] == "/sign-in/staff/second"
    assert browser.get("/me/security").status_code == 302


def test_a_passkey_is_set_up_and_lets_in(place: Place) -> None:
    password(place, place.facilitator)
    browser, where = enter(place)
    key = Passkey()
    page = browser.get("/me/security/passkey")
    data = {"name": "办公室的钥匙", "key": key.create(challenge_of(page.text)), "csrf_token": hidden_token(page.text)}
    codes = browser.post("/me/security/passkey", data=data)
    assert codes.status_code == 200
    assert len(re.findall(r'class="codeword"', codes.text)) == 10
    assert codes.headers["Cache-Control"] == "no-store"
    assert "办公室的钥匙" in browser.get("/me/security").text
    again = browser.post("/me/security/passkey", data={**data, "key": key.create(challenge_of(page.text))})
    assert again.status_code == 422  # its challenge was answered
    browser, where = enter(place)
    page = browser.get(where)
    assert hidden_token(page.text)
    sent = browser.post(where, data={"csrf_token": hidden_token(page.text), "key": key.get(challenge_of(page.text))})
    assert sent.headers["Location"] == "/c/ziteng/console"


def hidden_token(page: str) -> str:
    """The token of the form in a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def test_a_session_is_new_at_the_sign_in(place: Place) -> None:
    """What somebody planted in a browser before the sign-in is worth nothing after it."""
    password(place, place.facilitator)
    browser = place.app.test_client()
    browser.get("/sign-in/staff")
    with browser.session_transaction() as session:
        session["planted"], before = "x", session["csrf_token"]
    send(browser, "/sign-in/staff", {"email": "chen@example.org", "password": GOOD})
    with browser.session_transaction() as session:
        first = session["_user_id"]
        assert "planted" not in session
        assert session.get("csrf_token") != before
    send(browser, "/sign-in/staff", {"email": "chen@example.org", "password": GOOD})
    with browser.session_transaction() as session:
        assert session["_user_id"] != first
    with place.here() as session:
        ended = {row.public_id: row.ended_at for row in session.scalars(select(StaffSession))}
        assert ended[first.partition(":")[2]] == place.clock.now()


def test_sessions_are_listed_and_ended_one_by_one_and_all_together(place: Place) -> None:
    here, there, third = (place.browser(place.facilitator) for _ in range(3))
    stranger = place.browser(place.elsewhere)
    page = here.get("/me/security", headers=ENGLISH).text
    assert page.count("Windows Chrome") == 3
    assert page.count("this one") == 1
    ends = re.findall(r'action="(/me/security/sessions/[0-9A-Z]{16}/end)"', page)
    assert len(ends) == 2
    assert send(stranger, ends[0], {}, get="/me/security").status_code == 404
    assert send(here, ends[0], {}, get="/me/security").status_code == 303
    assert sorted(browser.get("/me/security").status_code for browser in (there, third)) == [200, 302]
    send(here, "/me/security/sessions/end", {}, get="/me/security")
    assert [browser.get("/me/security").status_code for browser in (here, there, third)] == [200, 302, 302]
    assert stranger.get("/me/security").status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(place: Place) -> None:
    browser = place.browser(place.facilitator)
    with browser.session_transaction() as session:
        kept = dict(session)
    send(browser, "/sign-out", {}, get="/me/security")
    copied = place.app.test_client()
    with copied.session_transaction() as session:
        session.update(kept)
    assert copied.get("/me/security").status_code == 302


def test_when_a_session_was_seen_is_noted_in_steps(place: Place) -> None:
    browser = place.browser(place.facilitator)
    for minutes, seen in ((4, 0), (6, 10), (4, 10), (2, 16)):
        place.clock.advance(minutes * MINUTE)
        assert browser.get("/me/security").status_code == 200
        with place.here() as session:
            row = session.scalars(select(StaffSession)).one()
            assert row.seen_at - row.begun_at == seen * MINUTE


def test_no_session_keeps_an_address(place: Place) -> None:
    password(place, place.facilitator)
    enter(place)
    with place.here() as session:
        row = session.scalars(select(StaffSession)).one()
        assert "127.0.0.1" not in repr(vars(row))


@pytest.mark.parametrize("way", ["password", "code", "passkey"])
def test_who_it_is_is_asked_again_and_what_was_typed_goes_on(place: Place, way: str) -> None:
    _, secret, _ = set_up(place)
    password(place, place.facilitator)
    browser = place.browser(place.facilitator)
    key = Passkey()
    page = browser.get("/me/security/passkey").text
    sent = {"key": key.create(challenge_of(page)), "csrf_token": hidden_token(page)}
    assert browser.post("/me/security/passkey", data=sent).status_code == 303
    place.clock.advance(10 * MINUTE)
    assert send(browser, "/c/ziteng/people", {**INVITED, "email": "a@example.org"}).status_code == 200
    place.clock.advance(1)
    page = send(browser, "/c/ziteng/people", INVITED, headers=ENGLISH).text
    assert "Is it you?" in page
    kept = hidden(page)
    assert {name: kept[name] for name in INVITED} == INVITED
    with place.here() as session:
        assert session.scalar(select(Person).where(Person.email == "zhou@example.org")) is None
    wrong = browser.post("/c/ziteng/people", data={**kept, "it_is_you": "not it"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert "This password is wrong." in wrong.text
    assert "not it" not in wrong.text
    kept = hidden(wrong.text)
    assert {name: kept[name] for name in INVITED} == INVITED
    shown = {"password": {"it_is_you": GOOD}, "code": {"it_is_you": at(secret, place.clock.now())}}
    if way == "passkey":
        shown[way] = {"it_is_you": "", "it_is_you_key": key.get(challenge_of(wrong.text))}
    done = browser.post("/c/ziteng/people", data={**kept, **shown[way]})
    assert done.status_code == 200
    assert "/invitation/" in done.text
    place.clock.advance(10 * MINUTE)  # and is not asked again for as long
    assert send(browser, "/c/ziteng/people", {**INVITED, "email": "b@example.org"}).status_code == 200


def test_guesses_when_asked_again_are_limited(place: Place) -> None:
    password(place, place.facilitator)
    browser = place.browser(place.facilitator)
    place.clock.advance(11 * MINUTE)
    kept = hidden(send(browser, "/c/ziteng/people", INVITED).text)
    found = [browser.post("/c/ziteng/people", data={**kept, "it_is_you": f"guess {n}"}).status_code for n in range(12)]
    assert found == [422] * 10 + [429] * 2
    assert browser.post("/c/ziteng/people", data={**kept, "it_is_you": GOOD}).status_code == 429


def test_somebody_who_may_not_is_still_refused_after_it(place: Place) -> None:
    planner = place.staff("su@example.org", "planner", place.community_id)
    password(place, planner)
    browser = place.browser(planner)
    place.clock.advance(11 * MINUTE)
    token = hidden_token(browser.get("/me/security").text)
    asked = browser.post("/c/ziteng/people", data={**INVITED, "csrf_token": token})
    assert asked.status_code == 403
    done = browser.post("/c/ziteng/people", data={**hidden(asked.text), "it_is_you": GOOD}, headers=ENGLISH)
    assert done.status_code == 403
    assert "Only the facilitators" in done.text


def test_another_password_ends_every_other_session(place: Place) -> None:
    password(place, place.facilitator)
    here, there = place.browser(place.facilitator), place.browser(place.facilitator)
    assert send(here, "/me/security/password", {"password": "short"}).status_code == 422
    assert send(here, "/me/security/password", {"password": "other quiet words"}).status_code == 303
    assert (here.get("/me/security").status_code, there.get("/me/security").status_code) == (200, 302)
    assert enter(place)[1] == ""
    assert enter(place, word="other quiet words")[1] == "/c/ziteng/console"


def test_where_a_factor_is_required_nothing_goes_without(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(place.app.config, "QIDING", replace(place.app.config["QIDING"], second_factor="required"))
    planner = place.staff("su@example.org", "planner", place.community_id)
    lead, other = place.browser(place.facilitator), place.browser(planner)
    assert other.get("/me").status_code == 200  # whose roles decide nothing
    assert place.app.test_client().get("/").status_code == 200
    for path in ("/", "/me", "/c/ziteng/desk", "/c/ziteng/"):
        page = lead.get(path, headers=ENGLISH)
        assert (page.status_code, "One thing first" in page.text) == (403, True)
    assert send(lead, "/c/ziteng/people", INVITED, get="/me/security").status_code == 403
    begun = send(lead, "/me/security/authenticator", {}, get="/me/security").headers["Location"]
    with place.here():
        secret = factors.pending_secret(place.facilitator, begun.rpartition("/")[2])
    assert send(lead, begun, {"code": at(secret, place.clock.now())}).status_code == 200
    assert lead.get("/c/ziteng/desk").status_code == 200


def test_settings_say_how_long_a_session_lasts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(place.app.config["QIDING"], staff_hours=2, staff_idle=30)
    monkeypatch.setitem(place.app.config, "QIDING", config)
    browser = place.browser(place.facilitator)
    for _ in range(4):
        place.clock.advance(30 * MINUTE)
        assert browser.get("/me/security").status_code == 200
    place.clock.advance(1)
    assert browser.get("/me/security").status_code == 302
    browser = place.browser(place.facilitator)
    place.clock.advance(30 * MINUTE + 1)
    assert browser.get("/me/security").status_code == 302


def test_every_address_that_asks_again_is_there(place: Place) -> None:
    """The list that features make of it, so that one who takes an address off it sees this fail."""
    asks = place.app.extensions["qiding.confirmed"]
    assert asks <= set(place.app.view_functions)
    assert asks == {
        *("ballots.announce", "ballots.adopt", "ballots.inspect", "ballots.finalise", "ballots.leave"),
        *("ballots.authorisation", "ballots.revoke_authorisation", "notices.post", "notices.extend"),
        *("records_correct.correct", "removals.remove", "projects.close_step", "projects.waive"),
        *("projects.send_back", "projects.move", "projects.rings", "projects.end_ring", "projects.methods"),
        *("people.members", "people.end_role", "people.deputy", "people.admin", "people.password_link"),
        *("people.leave", "people.begin_totp", "people.confirm_totp", "people.add_passkey"),
        *("people.remove_factor", "people.recovery_codes", "people.change_password", "people.reset_factors"),
    }
