"""Every address, every role: what the table says is what happens, and a refusal changes nothing.

A route without a row fails here, and so does a row without a route.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.core.database import db
from tests.conftest import ON_POSTGRESQL, emptied
from tests.once import by_turns
from tests.permission_requests import Furnished, address, answer, ask, keep_world
from tests.permission_table import ROLES, ROWS, Row
from tests.permission_world import build

# On PostgreSQL, where a database is put back row by row, fewer pairs are asked: the guards are the same code.
ASKED = ("anonymous", "author", "facilitator", "administrator") if ON_POSTGRESQL else ROLES


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[tuple[Furnished, int]]:
    """The furnished town, built once, with the instant at which it stands."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        kept = keep_world(build(app, clock))
        yield kept, clock.now()


@pytest.fixture
def town(built: tuple[Furnished, int]) -> Iterator[Furnished]:
    """The furnished town as it was built; forms are taken without their token here."""
    kept, at = built
    app = kept.world.app
    kept.world.clock.set(at)
    app.config["WTF_CSRF_ENABLED"] = False
    yield kept
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context():
        db.session.remove()
    if kept.changed()[0]:
        kept.put_back()


def routes(app: Flask) -> set[tuple[str, str]]:
    """Every method and endpoint of the application."""
    return {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_its_row_and_every_row_its_route(installation: Flask) -> None:
    known, listed = routes(installation), {(row.method, row.endpoint) for row in ROWS}
    assert not known - listed, f"without a row in tests/permission_table.py: {sorted(known - listed)}"
    assert not listed - known, f"rows without a route: {sorted(listed - known)}"


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_everybody_gets_what_the_table_says(town: Furnished, row: Row) -> None:
    found = {}
    url = address(town.world, row)
    for role in ASKED:
        response = ask(town.world, row, role, url)
        written, changed = town.changed()
        found[role] = answer(response, bool(changed), row.method)
        if row.method == "GET" or response.status_code >= 400 or found[role] == "sign in":
            assert not changed, f"{role} was answered {found[role]}, yet {changed} changed"
        if written:
            town.put_back()
    assert found == {role: row.expected()[role] for role in ASKED}


# Things of one kind: an address for one kind never opens a thing of another.
KINDS = {
    "project": ("running", "ready", "done", "paused"),
    "proposals": ("ideas",),
    "discussion": ("talk",),
    "roster": ("team",),
    "notice": ("board", "board_to_come", "wall"),
    "gatherings": ("gathering",),
    "ballot": (
        *("vote", "vote_over", "vote_passed", "vote_to_come", "vote_paper"),
        *("owners_vote", "owners_over", "owners_done", "owners_to_come"),
    ),
    "poll": (
        *(
            "poll_vote",
            "poll_vote_cast",
            "poll_vote_over",
            "poll_vote_passed",
            "poll_vote_paper",
            "sheet_vote",
            "sheet_vote_paper",
        ),
        *("poll_owners_vote", "poll_owners_over", "poll_owners_done", "mandate", "count_objection"),
    ),
    "owner": ("owner", "owner_person"),
    "authorisation": ("authorisation",),
    "objection": ("objection",),
    "proposal": ("proposal", "accepted", "draft"),
    "comment": ("comment", "hidden", "appealed", "reply"),
    "talk": ("talk_write", "talk_below_write"),
    "complaint": ("complaint",),
    "wording": ("wording",),
    "meeting": (
        *("meeting", "meeting_due", "meeting_on", "meeting_draft", "meeting_offered", "meeting_frozen"),
        *("presence", "noted", "meeting_on_door"),
    ),
    "minutes": ("meeting_offered_version", "signed"),
    "entry": ("entry",),
    "record": ("record",),
    "household": ("household101", "household102"),
    "import": ("import",),
    "device": ("device_partner",),
    "session": ("session_facilitator",),
    "factor": ("factor", "factor_pending"),
    "staff": ("colleague", "factored"),
    "delivery": ("delivery",),
    "group": ("group",),
    "address": ("mail_confirm", "mail_stop"),
    "media": ("media_public", "media_members", "media_staff"),
}
# Activities of all kinds are rows of one table: only the kind tells them apart.
ONE_TABLE = ("proposals", "discussion", "roster", "notice", "gatherings", "ballot")
ALLOWED = ("page", "away", "does it", "passes")
NO_SUCH = ("0" * 16, "1", "-1", "1 OR 1=1", "..%2f1", "%00", "A" * 300, "%ED%A0%80", "9" * 5000)


# What is nobody's but a person's, or the town's: its address names no community.
PLACELESS = (
    *("device_partner", "colleague", "mail_confirm", "mail_stop"),
    *("session_facilitator", "factor", "factor_pending", "factored"),
)


def things(row: Row) -> bool:
    """Whether a row is asked on a thing of a community, under its address."""
    return row.at not in ("", "community", "link", "entrance", "owners", "checkpoint")


WITH_THINGS = [row for row in ROWS if things(row)]
PLACED = [
    row
    for row in WITH_THINGS
    if not row.at.startswith("media") and row.at not in PLACELESS
    if not row.endpoint.startswith("api.")  # whose addresses name no community
]
FOUND_BY_ID = [
    row
    for row in WITH_THINGS
    if row.at not in ("guest_grant", "colleague_grant", "ring_member") and set(row.expected().values()) & set(ALLOWED)
]


@pytest.mark.parametrize("row", PLACED, ids=[row.name for row in PLACED])
def test_nothing_is_found_under_another_community(town: Furnished, row: Row) -> None:
    theirs = address(town.world, row, "guixiang")
    assert "/guixiang/" in theirs
    for role in ("author", "facilitator", "both", "administrator", "anonymous"):
        response = ask(town.world, row, role, theirs.replace("/guixiang/", "/ziteng/"))
        found = answer(response, town.changed()[0], row.method)
        # Members here may be told that they may not, whatever the address names; outsiders hear that there is nothing.
        allowed = {"anonymous": {"404", "sign in"}, "author": {"404", "403"}}.get(role, {"404"})
        assert found in allowed, (role, found)
        assert not town.changed()[0]


@pytest.mark.parametrize("row", FOUND_BY_ID, ids=[row.name for row in FOUND_BY_ID])
def test_an_address_opens_only_what_it_is_for(town: Furnished, row: Row) -> None:
    world, here = town.world, town.world.at["ziteng"]
    right = here[row.at]["public_id"]
    url = address(world, row)
    known = {kind for kind, names in KINDS.items() if right in {here[name]["public_id"] for name in names}}
    others = [kind for kind in KINDS if kind not in known and kind not in ONE_TABLE]
    asked = [kind for kind in ONE_TABLE if kind not in known] + by_turns(others, row.name, 8)
    wrong = [here[KINDS[kind][0]]["public_id"] for kind in asked]
    assert known, f"{row.at} is of no kind"
    role = next(
        role for role in ("facilitator", "author", "neighbour", "administrator") if row.expected()[role] in ALLOWED
    )
    for public_id in (*wrong, *by_turns(NO_SUCH, row.name, 4)):
        response = ask(world, row, role, url.replace(right, public_id))
        assert response.status_code in (400, 404), (public_id[:20], response.status_code)
        assert not town.changed()[1], public_id[:20]


def test_no_form_is_taken_without_its_token(town: Furnished) -> None:
    town.world.app.config["WTF_CSRF_ENABLED"] = True
    for row in ROWS:
        if row.method == "POST":
            role = next((role for role, found in row.expected().items() if found == "does it"), "anonymous")
            if row.endpoint == "notifications.stop_mail":
                continue  # a mail program has no page of ours: the link itself is the secret
            assert ask(town.world, row, role).status_code == 400, row.name
            assert not town.changed()[0], row.name


def test_what_was_hidden_is_read_by_its_author_and_the_facilitators_only(town: Furnished) -> None:
    here = town.world.at["ziteng"]
    pages = {
        "report": next(row for row in ROWS if row.name == "GET comments.act comment_report"),
        "write": next(row for row in ROWS if row.name == "GET comments.write talk_write"),
        "talk": next(row for row in ROWS if row.name == "GET comments.activity talk"),
    }
    for name in ("hidden", "appealed"):
        urls = {
            "report": address(town.world, pages["report"], thing=f"{name}_report"),
            "write": f"{address(town.world, pages['write'])}?reply={here[name]['public_id']}",
            "talk": address(town.world, pages["talk"]),
        }
        for kind, url in urls.items():
            for role in ROLES:
                page = ask(town.world, pages[kind], role, url)
                if role not in ("author", "facilitator"):
                    assert f"这是{name}的话" not in page.text, (kind, role)


def test_a_draft_is_nowhere_but_with_its_author(town: Furnished) -> None:
    draft = town.world.at["ziteng"]["draft"]["public_id"]
    reads = [row for row in ROWS if row.method == "GET" and "draft" not in row.at and row.endpoint != "static"]
    for row in reads:
        for role in ("partner", "neighbour", "facilitator", "anonymous", "administrator"):
            page = ask(town.world, row, role)
            if page.mimetype in ("text/html", "application/json"):
                assert draft not in page.text, (row.name, role)
                assert "draft的正文" not in page.text, (row.name, role)


@pytest.mark.parametrize(
    ("endpoint", "data"),
    [
        ("proposals.merge", {"sources": ["proposal", "accepted"]}),
        ("people.merge_owners", {"keep": ["first", "second"]}),
        ("projects.new", {"parent": "running"}),
        ("projects.new", {"buildings": "entrance"}),
    ],
)
def test_a_form_takes_nothing_of_another_community(town: Furnished, endpoint: str, data: dict[str, object]) -> None:
    row = next(row for row in ROWS if row.endpoint == endpoint and row.method == "POST")
    there = town.world.at["guixiang"]
    theirs = {**{name: place.get("public_id", place.get("id")) for name, place in there.items()}, **there["owners"]}
    sent = {
        name: [theirs[item] for item in value] if isinstance(value, list) else theirs[str(value)]
        for name, value in data.items()
    }
    for role in ("facilitator", "both"):
        assert ask(town.world, replace(row, data={**row.data, **sent}), role).status_code == 422, role
        assert not town.changed()[1]  # that the staff was shown owners is noted


def test_a_reply_answers_a_comment_of_the_same_talk(town: Furnished) -> None:
    row = next(row for row in ROWS if row.name == "POST comments.write talk_write")
    for slug, name in (("guixiang", "comment"), ("ziteng", "reply")):
        url = f"{address(town.world, row)}?reply={town.world.at[slug][name]['public_id']}"
        assert ask(town.world, row, "author", url).status_code == 404
        assert not town.changed()[1]
