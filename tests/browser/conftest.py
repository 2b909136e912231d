"""A real browser on a real server of the test's application."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Response
from werkzeug.serving import make_server

from app.core import jobs
from app.core.clock import FixedClock
from tests.browser.checks import axe_faults, faults_of, sideways

CHROMIUM = os.environ.get("QIDING_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# An address without the names of what it shows, and how many forms there are: as a role has more to do, so has its page.
KIND = """location.pathname.replace(/^.c.[^/]+/, '/c/*').replace(/[0-9a-z]{16}|[0-9]+/gi, '*')
    + document.querySelectorAll('form').length"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's chromium, without a sandbox where the tests run as root, and without calls home."""
    if CHROMIUM is None:
        sentence = "no chromium here: install Debian's package chromium, or set QIDING_CHROMIUM"
        if os.environ.get("QIDING_REQUIRE_ALL") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return {"executable_path": CHROMIUM, "args": [*flags, "--disable-component-update"]}


@dataclass
class Reader:
    """One browser of one person. Opening a page checks it; what the browser complains of is kept."""

    page: Page
    base: str
    scripts: bool
    axe: bool = True
    complaints: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # kinds of pages that axe has looked at, for whomever
    expected: int = 400  # statuses from here on are complaints

    def go(self, path: str) -> Page:
        """Open a path of the site and check the page."""
        address = path if path.startswith("http") else self.base + path
        try:
            self.page.goto(address, wait_until="domcontentloaded")
        except Error as error:
            if "ERR_ABORTED" not in str(error):
                raise
            self.page.goto(address, wait_until="domcontentloaded")  # the page before loaded itself anew at that moment
        self.check()
        return self.page

    def check(self) -> None:
        """Fail, naming the page, when it breaks what every page keeps. Axe looks at each kind of page once."""
        faults = faults_of(self.page.content()) + self.complaints
        if self.scripts:
            faults += sideways(self.page)
            kind = self.page.evaluate(KIND)
            if self.axe and kind not in self.seen:
                self.seen.add(kind)
                faults += axe_faults(self.page)
        assert not faults, f"{self.page.url}: " + "; ".join(faults)

    def fill(self, **values: str) -> None:
        """Fill fields by their names; a radio button or an option is chosen by its value."""
        for name, value in values.items():
            box = self.page.locator(f"main [name='{name}']:not([type=hidden])")
            kind = box.first.evaluate("e => e.tagName + ':' + e.type") if self.scripts else self._kind(name)
            if "radio" in kind:
                self.page.locator(f"main [name='{name}'][value='{value}']:not([type=hidden])").check(force=True)
            elif kind.lower().startswith("select"):
                box.select_option(value)
            elif "checkbox" in kind:
                self.page.locator(f"main [name='{name}']").first.check()
            else:
                box.fill(value)

    def _kind(self, name: str) -> str:
        first = self.page.locator(f"main [name='{name}']:not([type=hidden])").first
        if self.page.locator(f"main select[name='{name}']").count():
            return "select"
        return first.get_attribute("type") or "text"

    def send(self, button: str = "main form button[type=submit]", *, at: int = -1) -> Page:
        """Press a button that sends a form, and check the page that answers."""
        found = self.page.locator(button)
        found.nth(at if at >= 0 else found.count() + at).click()
        self.page.wait_for_load_state("domcontentloaded")
        self.check()
        return self.page

    def follow(self, href_part: str) -> Page:
        """Follow the first link in the page whose address has these letters."""
        self.page.locator(f"main a[href*='{href_part}']").first.click()
        self.page.wait_for_load_state("domcontentloaded")
        self.check()
        return self.page

    def path(self) -> str:
        """Where the browser is, without host and query."""
        return self.page.url.removeprefix(self.base).split("?")[0].split("#")[0]


@dataclass
class Site:
    """A running site: its address, its application and clock, and new browsers on it."""

    app: Flask
    clock: FixedClock
    base: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def reader(self, lang: str = "zh_Hans", *, scripts: bool = True, axe: bool = True, **options: Any) -> Reader:
        """A browser with nothing in it but its language."""
        context = self.browser.new_context(
            java_script_enabled=scripts, viewport=options.pop("viewport", PHONE), base_url=self.base, **options
        )
        context.add_cookies([{"name": "lang", "value": lang, "url": self.base}])
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        reader = Reader(context.new_page(), self.base, scripts, axe, seen=self.seen)
        reader.page.on("console", lambda message: _complain(reader, message))
        reader.page.on("pageerror", lambda error: reader.complaints.append(f"script: {error}"))
        reader.page.on("response", lambda answer: _status(reader, answer))
        return reader

    def run_jobs(self) -> None:
        """Do what the job thread would do."""
        with self.app.app_context():
            jobs.run_all(self.app.extensions["qiding.jobs"])


def _complain(reader: Reader, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
        reader.complaints.append(f"console: {message.text}")


def _status(reader: Reader, answer: Response) -> None:
    if answer.status >= reader.expected:
        reader.complaints.append(f"{answer.status} at {answer.url}")


@contextmanager
def serving(app: Flask, clock: FixedClock, browser: Browser) -> Iterator[Site]:
    """Serve an application at a free port for as long as the block lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Site(app, clock, f"http://127.0.0.1:{server.server_port}", browser)
    try:
        yield site
    finally:
        for context in site.contexts:
            context.close()
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def site(app: Flask, clock: FixedClock, browser: Browser) -> Iterator[Site]:
    """The test's application, served."""
    with serving(app, clock, browser) as running:
        yield running


Opener = Callable[..., Reader]
