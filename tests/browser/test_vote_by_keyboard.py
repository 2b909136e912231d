"""A vote by keyboard alone, on a screen of 320 px with text twice as large, and what a failed send says."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserType, Page

from tests.ballots.world import World, build
from tests.browser.checks import sideways
from tests.browser.conftest import Reader, Site


@pytest.fixture
def world(site: Site) -> World:
    """Households at a vote that is open."""
    return build(site.app, site.clock)


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until an element has the focus, which must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            shown = page.evaluate(
                """() => { const e = document.activeElement, l = e.type === 'radio' ? e.labels[0] : e;
                const a = getComputedStyle(e), b = getComputedStyle(l), r = l.getBoundingClientRect();
                return (a.outlineStyle !== 'none' || b.outlineStyle !== 'none' || b.boxShadow !== 'none')
                    && r.bottom > 0 && r.top < innerHeight; }"""
            )
            assert shown, f"the focus at {selector} can't be seen"
            return
    raise AssertionError(f"no way to {selector} by keyboard")


def sign_in(site: Site, world: World, page: Page, resident: int) -> None:
    """Give a browser the session of a resident."""
    client = site.app.test_client()
    world.sign_in(client, resident)
    cookie = client.get_cookie("qiding")
    assert cookie is not None
    page.context.add_cookies([{"name": "qiding", "value": cookie.value, "url": site.base}])


def test_a_vote_by_keyboard_at_320_px_and_twice_the_text(
    site: Site, world: World, browser_type: BrowserType, browser_type_launch_args: dict[str, list[str]]
) -> None:
    poll = world.open()
    arguments = [*browser_type_launch_args["args"], "--blink-settings=defaultFontSize=32"]
    large = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    try:
        page = large.new_page(viewport={"width": 320, "height": 640}, base_url=site.base)
        sign_in(site, world, page, 0)
        page.goto(f"/c/{world.slug}/poll/{poll}")
        assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 32
        assert not sideways(page)
        tab_to(page, "[name=stance]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.value") == "objection"
        tab_to(page, "[name=kind]")
        page.keyboard.press("Space")
        tab_to(page, "[name=passage]")
        page.keyboard.type("第一条")
        tab_to(page, "[name=reason]")
        page.keyboard.type("种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，请先做闭水试验。")
        assert not sideways(page)
        tab_to(page, "main form button[type=submit]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/done*")
        assert not sideways(page)
        assert page.locator(".codeword").count() == 1
    finally:
        large.close()


def test_a_refused_ballot_keeps_what_was_typed_and_says_how_to_mend_it(site: Site, world: World) -> None:
    poll = world.open()
    reader: Reader = site.reader()
    reader.expected = 500
    sign_in(site, world, reader.page, 0)
    page = reader.go(f"/c/{world.slug}/poll/{poll}")
    page.locator("[name=stance][value=objection]").check(force=True)
    page.fill("[name=reason]", "太短")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#errors")
    reader.check()
    assert page.input_value("[name=reason]") == "太短"
    assert page.evaluate("document.activeElement.id") == "errors"
    page.click("#errors a[href='#reason']")
    assert page.evaluate("document.activeElement.id") == "reason"


def test_without_a_connection_nothing_is_sent_and_the_page_says_so(site: Site, world: World) -> None:
    poll = world.open()
    reader: Reader = site.reader()
    sign_in(site, world, reader.page, 0)
    page = reader.go(f"/c/{world.slug}/poll/{poll}")
    page.locator("[name=stance][value=consent]").check(force=True)
    page.context.set_offline(True)
    page.click("main form button[type=submit]")
    page.wait_for_selector(".offline[role=alert]")
    page.context.set_offline(False)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/done*")
