"""A page that was kept is the page that would be made now: byte for byte, after every kind of write, and as the clock goes on."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.comments import service as comments
from app.core.cache import Kept
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.factory import create_app
from app.projects import service as projects
from app.proposals import service as proposals
from tests.conftest import emptied
from tests.kept_writes import UNSEEN, WRITES, at
from tests.permission_requests import Furnished, address, ask, keep_world
from tests.permission_table import REASON, ROWS
from tests.permission_world import build
from tests.site.world import counted

HEADERS = ("Content-Type", "Cache-Control", "Content-Security-Policy", "Content-Disposition", "Location")


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[tuple[Furnished, Flask, int]]:
    """The furnished town, and a second application on its database that keeps no page."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        kept = keep_world(build(app, clock))
        plain = create_app(replace(app.config["QIDING"], page_cache=0), clock)
        yield kept, plain, clock.now()
        with plain.app_context():
            db.engine.dispose()


@pytest.fixture
def town(built: tuple[Furnished, Flask, int]) -> Iterator[Furnished]:
    """The furnished town as it was built."""
    kept, plain, at = built
    kept.world.clock.set(at)
    yield kept
    with kept.world.app.app_context():
        db.session.remove()
    with plain.app_context():
        db.session.remove()
        db.engine.dispose()
    kept.changed()
    kept.put_back()


@pytest.fixture
def plain(built: tuple[Furnished, Flask, int]) -> Flask:
    return built[1]


@pytest.fixture
def kept(town: Furnished) -> Kept:
    """What the application keeps: nothing, at first."""
    found: Kept = town.world.app.extensions["qiding.pages"]
    found.clear()
    return found


MADE_FOR_LONG = re.compile("pdf|poster|word|xlsx|csv|json|code|download|bundle|inclusion|file|api[.]")  # no pages, slow


def urls(town: Furnished) -> list[str]:
    """Every page that a stranger may read: those of one community, and a few of the other."""
    found = {}
    for row in ROWS:
        if row.method == "GET" and row.expected()["anonymous"] == "page" and not MADE_FOR_LONG.search(row.endpoint):
            for slug in ("ziteng", "guixiang") if row.at in BOTH else ("ziteng",):
                found[address(town.world, row, slug)] = row
    return [url for url in found if not url.startswith("/static")]


BOTH = ("community", "running", "poll_vote", "proposal", "talk")


def seen(response: TestResponse) -> tuple[object, ...]:
    """What a reader gets of an answer."""
    return response.status_code, response.data, *(response.headers.get(name) for name in HEADERS)


def get(app: Flask, url: str) -> TestResponse:
    with app.test_client() as client, client.get(url) as response:
        response.get_data()
        return response


@pytest.fixture(scope="module")
def pages(built: tuple[Furnished, Flask, int]) -> list[str]:
    """The pages that are kept."""
    app = built[0].world.app
    kept: Kept = app.extensions["qiding.pages"]
    found = []
    for url in urls(built[0]):
        kept.clear()
        get(app, url)
        found += [url] if len(kept) else []
    return found


@pytest.fixture
def main(pages: list[str]) -> list[str]:
    """A page of each sort: not each of them for every write."""
    found = {re.sub(r"[0-9A-Z]{16}|[0-9]+", "", url): url for url in pages}
    return list(found.values())


def stale(town: Furnished, plain: Flask, pages: list[str]) -> list[str]:
    """The pages that are others than those a server without a cache makes."""
    return [url for url in pages if seen(get(town.world.app, url)) != seen(get(plain, url))]


def test_a_page_is_the_same_made_and_kept(town: Furnished, plain: Flask, kept: Kept, pages: list[str]) -> None:
    assert len(pages) > 40, "hardly any page is kept: the test sees nothing"
    assert not stale(town, plain, pages)
    assert len(kept) == len(pages)
    assert not stale(town, plain, pages)


def test_a_kept_page_asks_the_database_once(town: Furnished, kept: Kept) -> None:
    for url in ("/", "/c/ziteng/", f"/c/ziteng/poll/{town.world.at['ziteng']['poll_vote']['public_id']}"):
        assert get(town.world.app, url).status_code == 200
        with counted(town.world.app) as statements:
            assert get(town.world.app, url).status_code == 200
        asked = [statement for statement in statements if statement != "BEGIN"]
        assert len(asked) == 1, url
        assert "version" in asked[0]


@pytest.mark.parametrize("name", WRITES)
def test_after_a_write_every_page_is_what_it_would_be(
    town: Furnished, plain: Flask, kept: Kept, main: list[str], name: str
) -> None:
    before = {url: seen(get(town.world.app, url)) for url in main}
    assert len(kept) == len(main)
    with town.world.app.test_request_context():
        WRITES[name](town)
    after = {url: seen(get(plain, url)) for url in main}
    assert [url for url in main if seen(get(town.world.app, url)) != after[url]] == []
    if name not in UNSEEN:
        assert after != before, "a stranger sees no change: nor does the test"


@pytest.mark.parametrize("wait", [0, 10 * HOUR, 3 * DAY])  # what is near the ends of votes, notices, meetings differs
def test_a_page_never_outlives_what_the_clock_makes_of_it(
    town: Furnished, plain: Flask, kept: Kept, main: list[str], wait: int
) -> None:
    clock = town.world.clock
    clock.advance(wait)
    start, wrong = clock.now(), []
    for url in main:
        kept.clear()
        get(town.world.app, url)
        ends = [entry.until for entry in kept.entries()]
        for moment in [end - 1 for end in ends] + ends:
            clock.set(moment)
            wrong += stale(town, plain, [url])
        clock.set(start)
    assert not wrong


ROLES = ("author", "partner", "neighbour", "resident_elsewhere", "facilitator", "planner", "observer", "administrator")
TOKENS = re.compile(rb'(name="(?:csrf_token|once)"[^>]*?value=")[^"]*')
NUMBER = re.compile(rb"\d{3}\D{1,6}\d{3}\D{1,6}\d{4}(?=</p>)")  # of a refusal: each has its own


def test_readers_share_what_they_are_answered_alike_and_nothing_else(town: Furnished, plain: Flask, kept: Kept) -> None:
    rows = {
        address(town.world, row): row
        for row in ROWS
        if row.method == "GET" and getattr(town.world.app.view_functions[row.endpoint], "kept_by_kind", False)
    }
    wrong, shared = [], 0
    for url, row in rows.items():
        kept.clear()
        for role in ROLES * 2:
            before = len(kept)
            found = ask(town.world, row, role, url)
            shared += found.status_code == 200 and len(kept) == before
            other = ask(replace(town.world, app=plain), row, role, url)
            same = TOKENS.sub(rb"\1", found.data) == TOKENS.sub(rb"\1", other.data)
            if found.status_code == other.status_code == 403:
                same = NUMBER.sub(b"", found.data) == NUMBER.sub(b"", other.data)
            if (found.status_code, same) != (other.status_code, True):
                wrong.append((url, role))
    assert not wrong
    assert shared > len(rows) * len(ROLES), "hardly any page was shared: the test sees nothing"


def test_what_one_did_is_on_ones_own_page_at_once_and_on_no_others(town: Furnished, kept: Kept) -> None:
    row = next(row for row in ROWS if row.name == "GET proposals.show proposal")
    first = {role: ask(town.world, row, role).text for role in ("partner", "neighbour", "planner")}
    with town.world.app.test_request_context():
        proposals.support(town.world.actors["neighbour"], at(town, "proposal"), on=True)
    assert ask(town.world, row, "neighbour").text != ask(town.world, row, "partner").text
    assert "1" in ask(town.world, row, "partner").text
    assert ask(town.world, row, "partner").text != first["partner"], "the count has grown"


def test_each_reader_of_a_kept_form_gets_a_token_and_a_key_of_their_own(town: Furnished, kept: Kept) -> None:
    town.world.app.config["WTF_CSRF_ENABLED"] = True
    row = next(row for row in ROWS if row.name == "GET ballots.poll poll_vote")
    found = [TOKENS.findall(ask(town.world, row, "neighbour").data) for _ in range(2)]
    values = [
        re.findall(r'name="(csrf_token|once)"[^>]*?value="([^"]+)"', ask(town.world, row, "neighbour").text)
        for _ in range(3)
    ]
    assert found[0]
    assert {name for name, _ in values[0]} == {"csrf_token", "once"}
    assert len({dict(one)["once"] for one in values}) == 3
    assert len({dict(one)["csrf_token"] for one in values}) == 3
    assert len(kept) == 1


def test_an_anonymous_page_holds_nothing_of_a_reader_who_is_signed_in(town: Furnished, kept: Kept) -> None:
    row = next(row for row in ROWS if row.endpoint == "site.home")
    assert "我的" in ask(town.world, row, "author").text
    assert len(kept) == 1
    assert "我的" not in ask(town.world, row, "anonymous").text
    assert len(kept) == 2
    assert "我的" in ask(town.world, row, "author").text


def test_language_size_and_query_are_pages_of_their_own(town: Furnished, kept: Kept) -> None:
    def page(url: str, **cookies: str) -> str:
        client: FlaskClient = town.world.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        return client.get(url).text

    chinese, english, large = page("/"), page("/", lang="en"), page("/", size="large")
    assert len({chinese, english, large}) == 3
    assert [page("/"), page("/", lang="en"), page("/", size="large")] == [chinese, english, large]
    assert page("/communities?q=ziteng") != page("/communities?q=guixiang")


def test_a_page_with_a_token_is_not_kept(town: Furnished, kept: Kept) -> None:
    town.world.app.config["WTF_CSRF_ENABLED"] = True
    pages = [get(town.world.app, "/sign-in").text for _ in range(2)]
    assert pages[0] != pages[1]
    assert not len(kept)


def test_who_has_a_token_from_elsewhere_reads_kept_pages_and_is_left_alone(town: Furnished, kept: Kept) -> None:
    client = town.world.app.test_client()
    assert "Set-Cookie" in client.get("/sign-in").headers
    first = client.get("/")
    assert len(kept) == 1
    assert "Set-Cookie" not in first.headers
    with client.session_transaction() as session:
        session["receipt"] = {"code": "x"}
    kept.clear()
    client.get("/")
    assert not len(kept), "a session with something of its own is somebody's"


def test_a_flash_is_read_by_whom_it_is_for(town: Furnished, kept: Kept) -> None:
    get(town.world.app, "/")
    client = town.world.app.test_client()
    with client.session_transaction() as session:
        session["_flashes"] = [("message", "只给你的话")]
    assert "只给你的话" in client.get("/").text
    assert "只给你的话" not in get(town.world.app, "/").text
    assert len(kept) == 1


def test_a_browser_that_has_the_page_is_told_so_and_one_that_unpacks_gets_it_packed(
    town: Furnished, kept: Kept
) -> None:
    plain = get(town.world.app, "/c/ziteng/")
    client = town.world.app.test_client()
    packed = client.get("/c/ziteng/", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 2 < len(plain.data)
    assert {"Cookie", "Accept-Language", "Accept-Encoding"} <= set(packed.vary)
    tag = packed.headers["ETag"]
    again = client.get("/c/ziteng/", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.head("/c/ziteng/").status_code == 200
    with town.world.app.test_request_context():
        comments.post(town.world.actors["author"], at(town, "talk_write"), "question", "几点开门？", once="k")
        projects.pause(town.world.actors["facilitator"], at(town, "running"), REASON)
    assert client.get("/c/ziteng/", headers={"If-None-Match": tag}).status_code == 200


def test_an_error_and_a_page_that_is_not_there_are_not_kept(town: Furnished, kept: Kept) -> None:
    assert get(town.world.app, "/c/nowhere/").status_code == 404
    assert get(town.world.app, "/c/ziteng/record/0000000000000000").status_code == 404
    assert not len(kept)


def test_a_page_that_holds_no_token_goes_packed_to_who_is_signed_in_too(town: Furnished, kept: Kept) -> None:
    town.world.app.config["WTF_CSRF_ENABLED"] = True
    record = next(row for row in ROWS if row.name.startswith("GET records.show "))
    ballot = next(row for row in ROWS if row.name == "GET ballots.poll poll_vote")
    for row, packs in ((record, True), (ballot, False)):
        plain = ask(town.world, row, "neighbour")
        kept.clear()
        for _made_then_kept in range(2):
            answer = ask(town.world, row, "neighbour", accept_encoding="gzip")
            assert (answer.headers.get("Content-Encoding") == "gzip") is packs
            if packs:
                assert gzip.decompress(answer.data) == plain.data
                assert len(answer.data) * 2 < len(plain.data)
            assert ("Accept-Encoding" in answer.vary) is packs
