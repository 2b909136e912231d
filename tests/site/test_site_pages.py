"""The site's own pages: home near the reader, communities, my page, the town's overview, cookies, health."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from app.ballots import service as ballots
from app.core.clock import DAY, HOUR
from app.core.transaction import transaction
from app.people.actor import Actor
from app.people.models import Device
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.service import Words
from app.site.town import STALLED_DAYS, overview
from tests.site.world import World

REASON = "大家商量过了，理由贴在公告栏。"


def browser(town: World, who: Actor | None = None) -> FlaskClient:
    client = town.app.test_client()
    if who is not None:
        town.sign_in(client, who)
    client.set_cookie("lang", "en")
    return client


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def test_home_begins_with_what_the_reader_can_do_at_home(town: World) -> None:
    town.start("ziteng", "紫藤的花园")
    town.start("guixiang", "桂香的路灯")
    for who, title in ((town.neighbour, "紫藤的花园"), (town.stranger, "桂香的路灯")):
        page = browser(town, who).get("/").text
        assert heading(page) == title
        assert "Asked of you now" in page
        assert page.index(title) < page.index("Also under way")
    page = browser(town).get("/").text
    assert "Asked now" in page
    assert "Asked of you now" not in page


def test_the_readers_own_community_stands_first_in_the_list(town: World) -> None:
    for who, slug, other in ((town.neighbour, "ziteng", "guixiang"), (town.stranger, "guixiang", "ziteng")):
        page = browser(town, who).get("/communities").text
        assert page.index(f'href="/c/{slug}/"') < page.index(f'href="/c/{other}/"')


def test_one_own_quiet_project_is_not_crowded_out_by_many_elsewhere(town: World) -> None:
    town.start("ziteng", "自家的事")
    town.clock.advance(DAY)
    for n in range(15):
        town.start("guixiang", f"别处{n}")
    assert heading(browser(town, town.neighbour).get("/").text) == "自家的事"


def test_home_of_an_empty_town_helps(town: World) -> None:
    page = browser(town).get("/").text
    assert "Nothing is under way just now." in page
    assert "Sign in with the code on your slip" in page


def test_communities_are_found_by_name_address_or_english_name_and_nothing_breaks(town: World) -> None:
    for q, there, gone in (("紫藤", "ziteng", "guixiang"), ("桂香苑路", "guixiang", "ziteng")):
        page = browser(town).get("/communities", query_string={"q": q}).text
        assert f'href="/c/{there}/"' in page
        assert f'href="/c/{gone}/"' not in page
    for q in ("%", "_", "' OR 1=1--", "(a+)+$", "x" * 500):
        page = browser(town).get("/communities", query_string={"q": q})
        assert page.status_code == 200
        assert 'href="/c/ziteng/"' not in page.text, q
    assert browser(town).get("/communities?page=2").status_code == 404
    assert browser(town).get("/communities?page=-7").status_code == 200


def test_my_page_shows_what_i_wrote_and_what_became_of_it(town: World) -> None:
    project = town.start()
    ideas = town.activity(project, "ideas")
    with town.app.test_request_context():
        made = proposals.save_draft(town.neighbour, ideas, Words("修长椅", "坏了。"))
        proposals.submit(town.neighbour, made)
        proposals.answer(town.facilitator, made, "accepted", REASON)
    page = browser(town, town.neighbour).get("/me").text
    assert "修长椅" in page
    assert "Taken up" in page
    assert "5号楼102室" in page or "5号楼101室" in page
    for other in (town.stranger, town.facilitator, town.admin):
        assert "修长椅" not in browser(town, other).get("/me").text
    assert browser(town).get("/me").status_code == 302


def test_my_page_names_the_vote_that_waits_for_me_and_not_what_i_voted(town: World) -> None:
    project = town.start()
    with town.app.test_request_context():
        poll = town.announce(project, "花园方案")
    page = browser(town, town.neighbour).get("/me").text
    assert "花园方案" in page
    assert "You have not voted yet" not in page
    town.clock.advance(48 * HOUR)
    assert "You have not voted yet" in browser(town, town.neighbour).get("/me").text
    with town.app.test_request_context():
        choice = {"stance": "concern", "concern": "晚上吵不吵？"}
        ballots.cast(town.neighbour, poll, choice, once="once-1")
    page = browser(town, town.neighbour).get("/me").text
    assert "You have not voted yet" not in page
    assert "voted; can be changed until" in page
    assert "晚上吵不吵" not in page
    assert "花园方案" not in browser(town, town.stranger).get("/me").text


def test_the_town_is_counted_community_by_community(town: World) -> None:
    first = town.start("ziteng", "一")
    second = town.start("ziteng", "二")
    town.start("guixiang", "三")
    with town.app.test_request_context():
        projects.pause(town.facilitator, second, REASON)
        found = {row.community.slug: row for row in overview(town.clock.now()).rows}
        row = found["ziteng"]
        assert (row.running, row.paused, row.done, row.households, row.reached) == (1, 1, 0, 1, 1)
        assert [(step.seal, step.count) for step in row.steps] == [("题", 1)]
        for gate in ("screened", "kept"):
            projects.waive_gate(town.facilitator, first, gate, REASON)
            projects.close_step(town.facilitator, first)
        whole = overview(town.clock.now())
        assert (whole.totals["done"], whole.totals["running"], whole.totals["paused"]) == (1, 1, 1)
        with transaction() as tx:
            tx.session.query(Device).update({"ended_at": tx.now})
        assert overview(town.clock.now()).totals["reached"] == 0


@pytest.mark.parametrize(("days", "stalled"), [(STALLED_DAYS, True), (STALLED_DAYS - 1, False)])
def test_a_project_is_stalled_after_three_weeks(town: World, days: int, stalled: bool) -> None:
    project = town.start()
    with town.app.test_request_context():
        projects.set_window(town.facilitator, town.activity(project, "ideas"), None, town.clock.now() + 400 * DAY)
    town.clock.advance(days * DAY)
    with town.app.test_request_context():
        behind = overview(town.clock.now()).behind
    assert [(item.idle_days, item.late) for item in behind] == ([(days, False)] if stalled else [])


def test_a_project_is_late_once_all_its_dates_are_past(town: World) -> None:
    project = town.start()
    with town.app.test_request_context():
        town.announce(project)
    town.clock.advance(9 * DAY)  # the vote is over, the proposals are open for five more days
    with town.app.test_request_context():
        assert overview(town.clock.now()).totals["late"] == 0
    town.clock.advance(5 * DAY)
    with town.app.test_request_context():
        assert overview(town.clock.now()).totals["late"] == 1
    assert "空中花园" in browser(town, town.admin).get("/town").text
    for who in (town.facilitator, town.neighbour):
        assert browser(town, who).get("/town").status_code == 404


def test_language_and_size_are_kept_in_a_cookie_and_lead_back_into_the_site(town: World) -> None:
    client = town.app.test_client()
    answer = client.get("/language/en?next=/help")
    assert answer.location == "/help"
    assert "How it works" in client.get("/").text or 'lang="en"' in client.get("/").text
    assert client.get("/size/large?next=/").location == "/"
    assert 'class="lt"' in client.get("/").text
    for evil in ("//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)"):
        assert client.get("/language/en", query_string={"next": evil}).location == "/"
    assert client.get("/language/fr").status_code == 404
    assert client.get("/size/huge").status_code == 404


def test_machines_are_answered(town: World) -> None:
    client = town.app.test_client()
    assert client.get("/healthz").get_json() == {"ok": True}
    assert "Disallow: /\n" in client.get("/robots.txt").text
    assert 'name="robots" content="noindex"' in client.get("/").text


@pytest.mark.parametrize("path", ["/about", "/help", "/protection"])
def test_the_pages_that_explain_say_where_the_desk_is_and_where_the_method_comes_from(town: World, path: str) -> None:
    page = browser(town).get(path)
    assert page.status_code == 200
    assert "5550 0000" in page.text
    if path == "/about":
        assert "Made for tests, not an official text." in page.text
