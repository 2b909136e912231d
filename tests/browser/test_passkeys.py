"""A passkey in a real browser, with an authenticator that the browser pretends to have; and without scripts."""

from __future__ import annotations

import re
from dataclasses import replace

import pyotp
import pytest

from app.core.clock import MINUTE, FixedClock
from app.people import factors
from app.people.commands import setup_town
from tests.browser.conftest import Reader, Site

EMAIL, PASSWORD = "chen@example.org", "three quiet words"


def lead(site: Site, *, scripts: bool = True, lang: str = "en") -> Reader:
    """The facilitator, in a browser that names this machine as passkeys need it: by a name."""
    site.base = site.base.replace("127.0.0.1", "localhost")
    reader = site.reader(lang, scripts=scripts)
    reader.go("/sign-in/staff")
    reader.fill(email=EMAIL, password=PASSWORD)
    reader.send()
    return reader


@pytest.fixture
def town(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A town with one community and its first administrator, who is its facilitator too."""
    with site.app.app_context():
        setup_town("清溪镇", "ziteng", "紫藤里", EMAIL, "陈老师", PASSWORD)
    monkeypatch.setitem(site.app.config, "QIDING", replace(site.app.config["QIDING"], base_url=None))
    return site


def pretend(reader: Reader) -> None:
    """Give the browser an authenticator that is at hand and agrees."""
    session = reader.page.context.new_cdp_session(reader.page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})


def test_a_passkey_is_made_lets_in_and_answers_when_asked_again(town: Site, clock: FixedClock) -> None:
    reader = lead(town)
    pretend(reader)
    reader.go("/me/security")
    reader.follow("/me/security/passkey")
    reader.fill(name="办公室的电脑")
    reader.page.locator("[data-press]").click()
    reader.page.wait_for_selector(".codes")
    reader.check()
    assert reader.page.locator(".codeword").count() == 10
    reader.go("/me/security")
    assert "办公室的电脑" in reader.page.content()
    reader.send("form[action='/me/security/sessions/end'] button")

    reader.page.context.clear_cookies(name="qiding")
    reader.go("/sign-in/staff")
    reader.fill(email=EMAIL, password=PASSWORD)
    reader.send()
    assert reader.path() == "/sign-in/staff/second"
    reader.page.locator("[data-press]").click()
    reader.page.wait_for_url("**/me")
    reader.check()

    clock.advance(11 * MINUTE)
    reader.expected = 500
    reader.go("/c/ziteng/people")
    reader.fill(name="周工", email="zhou@example.org")
    reader.send()
    assert reader.page.locator("h1").inner_text() == "Is it you?"
    reader.page.locator("[data-press]").click()
    reader.page.wait_for_selector(".flash .hash")
    reader.check()
    assert "zhou@example.org" in reader.page.content()


def test_a_passkey_that_nobody_gives_says_so(town: Site) -> None:
    reader = lead(town)
    reader.page.context.new_cdp_session(reader.page).send("WebAuthn.enable")  # and no authenticator at all
    reader.go("/me/security/passkey")
    reader.page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error('no')); }")
    reader.page.locator("[data-press]").click()
    assert "No passkey was made" in reader.page.locator(".failed").inner_text()


@pytest.mark.parametrize("lang", ["zh_Hans", "en"])
def test_without_scripts_an_authenticator_does_the_same(town: Site, clock: FixedClock, lang: str) -> None:
    reader = lead(town, scripts=False, lang=lang)
    reader.go("/me/security/passkey")
    assert reader.page.locator("[data-press]").is_hidden()
    assert reader.page.locator(".nokey").is_visible()
    reader.go("/me/security")
    reader.send("form[action='/me/security/authenticator'] button")
    secret = reader.page.locator("main .hash").inner_text().replace(" ", "")
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)

    def code() -> str:
        return str(pyotp.TOTP(secret).generate_otp(clock.now() // factors.STEP))

    reader.fill(code=code())
    reader.send()
    assert reader.page.locator(".codeword").count() == 10
    clock.advance(11 * MINUTE)
    reader.expected = 500
    reader.go("/c/ziteng/people")
    reader.fill(name="周工", email="zhou@example.org")
    reader.send()
    reader.fill(it_is_you=code())
    reader.send()
    assert "zhou@example.org" in reader.page.content()
    clock.advance(MINUTE)
    reader.page.context.clear_cookies(name="qiding")
    reader.go("/sign-in/staff")
    reader.fill(email=EMAIL, password=PASSWORD)
    reader.send()
    reader.fill(code=code())
    reader.send()
    assert reader.path() == "/me"
