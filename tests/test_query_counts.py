"""Every page that lists things asks the database as often for thirty, or a thousand, of them as for three."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask

from app.api.kinds import RESOURCES
from app.api.limit import uncounted
from app.archive import index
from app.ballots import service as ballots
from tests import crowd_meetings
from tests.conftest import emptied, no_page_kept
from tests.crowd import Crowd
from tests.crowd_votes import House
from tests.projects.world import build
from tests.site.world import counted

FEW, SOME, MANY = 3, 30, 1000


@dataclass(frozen=True)
class Page:
    """A page by its name: who reads it, and where it is; ``n`` is how many things it lists then."""

    name: str
    reader: str
    path: Callable[[Crowd, int], str]


@dataclass
class Seen:
    """The statements that a page sent, for few things and for many."""

    few: list[str] = field(default_factory=list)
    many: list[str] = field(default_factory=list)


def at(path: str) -> Callable[[Crowd, int], str]:
    return lambda _crowd, _n: path


def activity(kind: str, key: str, rest: str = "") -> Callable[[Crowd, int], str]:
    return lambda crowd, _n: f"/c/ziteng/{kind}/{crowd.garden.activity(key)}{rest}"


def project(rest: str = "") -> Callable[[Crowd, int], str]:
    return lambda crowd, _n: f"/c/ziteng/project/{crowd.garden.project}{rest}"


def walked(rest: str = "") -> Callable[[Crowd, int], str]:
    return lambda crowd, _n: f"/c/ziteng/project/{crowd.walked}{rest}"


def meeting(rest: str = "") -> Callable[[Crowd, int], str]:
    return lambda _crowd, _n: f"/c/ziteng/meeting/{crowd_meetings.HELD}{rest}"


def house(kind: str, name: str, rest: str = "") -> Callable[[Crowd, int], str]:
    """A page of a vote in the house with ``n`` flats: of its activity, or of its poll."""
    return lambda crowd, n: (
        f"/c/ziteng/{kind}/{(crowd.houses[n].activities if kind == 'votes' else crowd.houses[n].polls)[name]}{rest}"
    )


PAGES = (
    Page("home", "nobody", at("/")),
    Page("home of a resident", "neighbour", at("/")),
    Page("communities", "nobody", at("/communities")),
    Page("help", "nobody", at("/help")),
    Page("about the method", "nobody", at("/about")),
    Page("community", "neighbour", at("/c/ziteng/")),
    Page("project with children", "neighbour", project()),
    Page("project for its facilitator", "lead", project()),
    Page("project that went back often", "nobody", walked()),
    Page("step with many runs", "nobody", walked("/step/one")),
    Page("step with every activity", "neighbour", project("/step/gather")),
    Page("figures of a project", "nobody", project("/figures")),
    Page("preview of a record", "lead", project("/close")),
    Page("waiver", "lead", project("/gate/topic_chosen/waive")),
    Page("send back", "lead", walked("/send-back")),
    Page("new project", "lead", at("/c/ziteng/project/new")),
    Page("console", "lead", at("/c/ziteng/console")),
    Page("proposals", "neighbour", activity("proposals", "ideas")),
    Page("newest proposals", "nobody", activity("proposals", "ideas", "?sort=new&status=open")),
    Page("merging proposals", "lead", activity("proposals", "ideas", "/merge")),
    Page("proposal with its talk", "neighbour", lambda crowd, _n: f"/c/ziteng/proposal/{crowd.proposal}"),
    Page("proposal made from others", "nobody", lambda crowd, n: f"/c/ziteng/proposal/{crowd.merged[n]}"),
    Page("discussion", "neighbour", activity("talk", "talk")),
    Page("discussion for its facilitator", "lead", activity("talk", "talk")),
    Page("discussion, a later page", "nobody", activity("talk", "talk", "?page=2")),
    Page("moderation", "lead", at("/c/ziteng/moderation")),
    Page("votes of a step", "lead", activity("votes", "vote")),
    Page("poll with objections", "neighbour", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}"),
    Page("result with objections", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/result"),
    Page("check of a vote", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/check"),
    Page("sheet of a vote", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/notice"),
    Page("receipt of a vote", "neighbour", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/receipt"),
    Page("printed sheet of a vote", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/notice.pdf"),
    Page("dossier of a project", "nobody", walked("/dossier")),
    Page("poster of a project", "nobody", project("/poster.pdf")),
    Page("announcement with questions", "lead", activity("votes", "vote", "/announce")),
    Page("withdrawal of a proposal", "lead", activity("votes", "vote", "/leave/withdraw")),
    Page("vote that passed", "neighbour", house("votes", "passed")),
    Page("adoption", "lead", house("votes", "passed", "/adopt")),
    Page("vote that is adopted", "nobody", house("votes", "adopted")),
    Page("review", "lead", house("votes", "adopted", "/review")),
    Page("matter of an owners' vote", "lead", house("votes", "draft", "/matter")),
    Page("announcement to owners", "lead", house("votes", "draft", "/announce")),
    Page("owners' vote", "neighbour", house("poll", "count")),
    Page("result of an owners' vote", "nobody", house("poll", "count", "/result")),
    Page("mandates", "lead", house("poll", "count", "/mandates")),
    Page("count under notice", "nobody", house("poll", "count", "/count")),
    Page(
        "answer to an objection to a count",
        "lead",
        lambda crowd, n: f"/c/ziteng/poll/{crowd.houses[n].polls['count']}/count/{crowd.houses[n].objection}",
    ),
    Page("log", "nobody", at("/c/ziteng/log")),
    Page("looks", "admin", at("/c/ziteng/looks")),
    Page("objection desk", "lead", at("/c/ziteng/objections")),
    Page("objection", "nobody", lambda crowd, n: f"/c/ziteng/objection/{crowd.objection(n)}"),
    Page("turnout", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/turnout"),
    Page("desk for votes on paper", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper"),
    Page("sheets of paper", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/sheets"),
    Page("sheets to print", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/print?first=1&last=400"),
    Page("sheets as PDF", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/print.pdf?first=1&last=400"),
    Page("entry desk", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/entry"),
    Page("sheets in the box", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/box"),
    Page("helpers of the desk", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/helpers"),
    Page("helped vote", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/helped"),
    Page("drawn sample", "lead", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/paper/sample"),
    Page("roster", "nobody", activity("register", "roster")),
    Page("outreach", "lead", activity("register", "outreach")),
    Page("minutes", "nobody", activity("register", "hearing")),
    Page("meetings of a step", "lead", activity("meetings", "gathering")),
    *(Page(f"meeting{rest}", "lead", meeting(rest)) for rest in ("", "/people", "/note/point", "/minutes")),
    Page("meeting for a neighbour", "neighbour", meeting()),
    Page("minutes for everybody", "nobody", meeting("/minutes")),
    Page("signatures under minutes", "lead", lambda crowd, _n: f"/c/ziteng/minutes/{crowd_meetings.OFFERED}/signed"),
    Page("money", "lead", activity("register", "money")),
    Page("milestones", "nobody", activity("register", "works")),
    Page("acceptance", "neighbour", activity("register", "acceptance")),
    Page("convention", "neighbour", activity("register", "articles")),
    Page("notice with complaints", "lead", activity("notice", "board")),
    Page("register as a workbook", "neighbour", activity("register", "roster", ".xlsx")),
    Page("printed convention", "nobody", activity("register", "articles", ".pdf")),
    Page("printed result", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/result.pdf"),
    Page("result as a workbook", "nobody", lambda crowd, n: f"/c/ziteng/poll/{crowd.polls[n]}/result.xlsx"),
    Page("printed notice", "nobody", activity("notice", "board", ".pdf")),
    Page("templates of notices", "lead", at("/c/ziteng/notice-templates")),
    Page("days off and days worked", "admin", at("/admin/days")),
    Page("archive", "nobody", at("/c/ziteng/search")),
    Page("archive of a year", "nobody", at("/c/ziteng/search?kind=record&year=2020&page=2")),
    Page("search", "nobody", at("/c/ziteng/search?q=话")),
    Page("what was removed", "nobody", at("/c/ziteng/removals")),
    Page("feed", "nobody", at("/c/ziteng/feed.atom")),
    Page("calendar", "nobody", at("/c/ziteng/calendar.ics")),
    Page("search in the town", "neighbour", at("/search?q=话")),
    Page("inbox", "neighbour", at("/me/messages")),
    Page("my e-mail", "neighbour", at("/me/mail")),
    Page("deliveries", "lead", at("/c/ziteng/deliveries")),
    Page("groups that are told", "lead", at("/c/ziteng/groups")),
    Page("my page", "neighbour", at("/me")),
    Page("my page of a facilitator", "lead", at("/me")),
    Page("my data", "neighbour", at("/me/data.json")),
    Page("what is kept about me", "neighbour", at("/me/kept")),
    Page("my data as a zip", "neighbour", at("/me/data.zip")),
    Page("erasing my data", "neighbour", at("/me/erase")),
    Page("erasing somebody's data", "admin", at("/c/ziteng/erase")),
    Page("what is kept about people", "nobody", at("/privacy")),
    Page("who looked", "admin", at("/c/ziteng/looks?what=owners")),
    Page("my devices", "neighbour", at("/me/devices")),
    Page("roll", "lead", at("/c/ziteng/roll")),
    Page("preview of an import", "lead", lambda crowd, _n: f"/c/ziteng/roll/{crowd.first_sheet}"),
    Page("desk", "lead", at("/c/ziteng/desk?find=101")),
    Page("members", "lead", at("/c/ziteng/people")),
    Page("deputy", "lead", at("/c/ziteng/people/deputy")),
    Page("owners", "lead", at("/c/ziteng/owners")),
    Page("owner", "lead", lambda crowd, _n: f"/c/ziteng/owners/{crowd.owner}"),
    Page("authorisations", "nobody", at("/c/ziteng/authorisation")),
    Page("merging owners", "lead", at("/c/ziteng/owners/merge")),
    Page("town", "admin", at("/town")),
    Page("administration", "admin", at("/admin")),
    Page("methods", "admin", at("/admin/methods")),
    *(Page(f"open data: {item.key}", "nobody", at(f"/api/v1/{item.key}?limit=200")) for item in RESOURCES),
)


def visit(crowd: Crowd, n: int) -> Iterator[tuple[str, list[str]]]:
    """Open every page, once to warm what is read once a process and once to count."""
    garden = crowd.garden
    readers = {
        "nobody": garden.browser(),
        "neighbour": garden.browser(garden.neighbour),
        "lead": garden.browser(garden.lead),
        "admin": garden.browser(garden.town.admin),
    }
    for page in PAGES:
        browser, path = readers[page.reader], page.path(crowd, n)
        if n == FEW:
            browser.get(path)
        uncounted.clear()  # every twentieth request for open data is counted, which is a statement more
        with counted(garden.town.app) as statements:
            answer = browser.get(path)
        assert answer.status_code == 200, f"{page.name}: {answer.status_code} at {path}"
        yield page.name, [re.sub(r"\([?, ]+\)", "(…)", statement) for statement in statements]


@pytest.fixture(scope="module")
def seen(installation: Flask, database_url: str) -> dict[str, Seen]:
    """What each page sent for few and for many things; one world for all of them, since it is long to make."""
    found = {page.name: Seen() for page in PAGES}
    with emptied(installation, database_url) as app, no_page_kept(app):
        crowd = Crowd(build(app, app.extensions["qiding.clock"]))
        for n in (FEW, SOME):
            crowd.vote(n)
            crowd.merged[n] = crowd.merge(n)
            crowd.houses[n] = House(crowd.garden, n).build()
        garden = crowd.garden
        garden.do(ballots.save_draft, garden.lead, garden.activity("vote"), "方案", "先试一年。")
        garden.clock.advance(9 * 86_400_000)
        crowd.grow(FEW, FEW * 2)
        garden.do(index.rebuild)
        crowd.houses[FEW].come_first()
        for name, statements in visit(crowd, FEW):
            found[name].few = statements
        crowd.grow(SOME, MANY)
        garden.do(index.rebuild)
        crowd.houses[SOME].come_first()
        for name, statements in visit(crowd, SOME):
            found[name].many = statements
    return found


@pytest.mark.parametrize("name", [page.name for page in PAGES])
def test_a_page_asks_as_often_for_many_things_as_for_few(seen: dict[str, Seen], name: str) -> None:
    few, many = seen[name].few, seen[name].many
    grown = Counter(many) - Counter(few)
    worst = "\n".join(f"{n} times more: {statement[:300]}" for statement, n in grown.most_common(3))
    assert few, f"“{name}” asked the database nothing: the test sees nothing"
    assert len(many) == len(few), f"“{name}” grew from {len(few)} to {len(many)} queries as its lists grew.\n{worst}"


def test_no_page_asks_the_database_more_often_than_a_reader_would_wait_for(seen: dict[str, Seen]) -> None:
    most = {name: len(found.few) for name, found in seen.items() if len(found.few) > 100}
    assert not most, f"these pages ask very often: {most}"
