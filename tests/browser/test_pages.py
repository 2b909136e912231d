"""Every kind of page that a role can reach in the demonstration, opened and checked, in both languages."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.core.clock import FixedClock
from tests.browser.conftest import Reader, Site, serving
from tests.browser.demonstration import Demonstration, load

EACH = 1  # pages of a kind that are opened
SKIPPED = (
    *(
        "static",
        "site.language",
        "site.size",
        "site.file",
        "site.my_data",
        "privacy.take",
        "records.as_json",
        "records.code",
    ),
    # These only lead to another page, or are read by machines.
    *("records.archive", "comments.show", "archive.feed", "archive.calendar"),
    # These are no pages: notes, a program, files to take along.
    *("proof.newest", "proof.key", "proof.checkpoint", "proof.download", "proof.statement", "proof.program"),
    *("projects.poster", "proof.poster", "proof.notice_pdf", "paper.printed_pdf", "paper.account_pdf"),
    *("notices.as_pdf", "records.as_pdf", "records.as_word", "office.register_pdf", "office.register_xlsx"),
    *("office.register_csv", "office.result_pdf", "office.result_xlsx", "office.result_csv"),
    *("meetings.as_ics", "meetings.sign_in_sheet", "meetings.minutes_pdf", "meetings.minutes_word", "meetings.board"),
    *("api.index", "api.openapi", "api.listing", "api.spreadsheet", "api.one", "api.record_body", "dossier.download"),
)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The demonstration, loaded once."""
    return load(tmp_path_factory.mktemp("demonstration"))


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The kinds of pages that axe has looked at; a page that shows a role more forms is another kind."""
    return set()


@pytest.fixture
def town(demonstration: Demonstration, browser: Browser, looked_at: set[str]) -> Iterator[Site]:
    """The demonstration, served."""
    with serving(demonstration.app, FixedClock(0), browser) as running:
        running.seen = looked_at
        yield running


def endpoint_of(site: Site, path: str) -> str:
    """Which page an address belongs to; "" for none."""
    try:
        found, _ = site.app.url_map.bind("127.0.0.1").match(path)
    except (HTTPException, RequestRedirect):
        return ""
    return str(found)


def walk(site: Site, reader: Reader, *starts: str) -> Counter[str]:
    """Follow links breadth first, a few of each kind, checking every page; returns what was seen by kind."""
    seen: Counter[str] = Counter()
    known, waiting = set(starts), deque(starts)
    while waiting:
        path = waiting.popleft()
        kind = endpoint_of(site, urlsplit(path).path)
        if not kind or kind in SKIPPED or seen[kind] >= EACH:
            continue
        seen[kind] += 1
        reader.go(path)
        for href in reader.page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
            target = href.split("#")[0]
            if target.startswith("/") and target not in known:
                known.add(target)
                waiting.append(target)
    return seen


@pytest.mark.parametrize(
    ("who", "lang", "least"),
    [
        ("nobody", "zh_Hans", 28),
        ("nobody", "en", 28),
        ("resident", "zh_Hans", 30),
        ("chen", "zh_Hans", 40),
        ("chen", "en", 40),
        ("gu", "zh_Hans", 40),
        ("ding", "en", 22),
    ],
)
def test_every_kind_of_page_keeps_what_a_page_must(
    demonstration: Demonstration, town: Site, who: str, lang: str, least: int
) -> None:
    reader = demonstration.sign_in(town.reader(lang), who)
    seen = walk(town, reader, *demonstration.starts(who))
    assert len(seen) >= least, sorted(seen)


def test_large_type_and_a_narrow_screen_need_no_scrolling_sideways(demonstration: Demonstration, town: Site) -> None:
    reader = demonstration.sign_in(town.reader(viewport={"width": 320, "height": 700}, axe=False), "resident")
    reader.go("/size/large?next=/")
    assert reader.page.locator("html.lt").count() == 1
    seen = walk(town, reader, *demonstration.starts("resident"))
    assert len(seen) >= 30, sorted(seen)
