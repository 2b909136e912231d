"""Open data: what public pages show, for programs; and nothing of what they don't show."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from jsonschema_rs import validator_for

from app.api import limit
from app.api.columns import Column, cell, uncell
from app.api.kinds import BY_KEY, RESOURCES
from app.ballots.models import Ballot
from app.core.database import db
from app.engine.canonical import canon
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.api.conftest import NAMED, OpenTown, session_of
from tests.api.fuzz import CASES, fuzz

KEYS = [resource.key for resource in RESOURCES]


def test_every_row_of_every_list_is_as_described_and_csv_says_the_same(town: OpenTown) -> None:
    description = town.reader.get("/api/v1/openapi.json").json
    assert description is not None
    for resource in RESOURCES:
        rows = town.rows(f"/api/v1/{resource.key}?limit=200")
        assert rows, resource.key
        schema = {"$ref": f"#/components/schemas/{resource.key.capitalize()}", "components": description["components"]}
        check = validator_for(schema)
        for row in rows:
            check.validate(row)
            assert list(row) == [column.key for column in resource.columns], resource.key
        assert _spread(town, resource.key, resource.columns) == rows, resource.key
        if resource.find is not None:
            first = resource.columns[0].key
            assert town.reader.get(f"/api/v1/{resource.key}/{rows[0][first]}").json == rows[0]


def _spread(town: OpenTown, key: str, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """The rows of a CSV, read back by what the page about it says."""
    answer = town.reader.get(f"/api/v1/{key}.csv?limit=200")
    assert answer.content_type == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert lines[0] == [column.key for column in columns]
    for line in lines[1:]:
        assert not [text for text in line if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    return [{column.key: _back(column, text) for column, text in zip(columns, line, strict=True)} for line in lines[1:]]


def _back(column: Column, text: str) -> Any:
    if text == "" and column.empty:
        return None
    as_json = ("number", "fen", "area", "yes", "list", "words", "counts", "data", "rows")
    return json.loads(text) if column.type in as_json else uncell(text)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@cmd", "\tx", "\rx", "'x", "''=", "a\r\nb", 'say "so", ', "𠮷", ""]
)
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([cell(text), cell(3), cell([text])])
    (line,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert uncell(line[0]) == text
    assert (int(line[1]), json.loads(line[2])) == (3, [text])
    assert not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))


def _everything(town: OpenTown) -> dict[str, str]:
    """All that anybody can get from here, by address."""
    found: dict[str, str] = {}
    paths = ["/api", "/api/v1", "/api/v1/openapi.json"]
    for resource in RESOURCES:
        paths += [f"/api/v1/{resource.key}?limit=200", f"/api/v1/{resource.key}.csv?limit=200"]
        if resource.find is not None:
            key = resource.columns[0].key
            paths += [f"/api/v1/{resource.key}/{row[key]}" for row in town.rows(f"/api/v1/{resource.key}?limit=200")]
    paths += [row["body"] for row in town.rows("/api/v1/records")]
    for path in paths:
        answer = town.reader.get(path)
        assert answer.status_code == 200, path
        found[path] = answer.text
    return found


def test_nothing_that_is_not_public_is_anywhere(town: OpenTown) -> None:
    everything = _everything(town)
    told = {(what, path) for what, words in town.private.items() for path, text in everything.items() if words in text}
    assert not told
    # What is looked for is in the database, so that not finding it says something; and what is public is found.
    assert NAMED in everything["/api/v1/proposals?limit=200"]
    assert town.public_photo in everything["/api/v1/photos?limit=200"]
    for what, words in {"a comment": "这是comment的话", "an objection": "防水层会坏", "an entry": "走了的人"}.items():
        assert any(words in text for text in everything.values()), what
    authors = {(row["author"], row["author_role"]) for row in town.rows("/api/v1/proposals")}
    assert authors == {(None, "resident"), (NAMED, "resident")}
    assert {row["author_role"] for row in town.rows("/api/v1/comments")} == {"resident", "facilitator"}


def test_no_result_is_told_before_its_time(town: OpenTown) -> None:
    polls = {row["id"]: row for row in town.rows("/api/v1/polls")}
    here = {name: place["public_id"] for name, place in town.world.at["ziteng"].items() if name.startswith("poll_")}
    running, closed = polls[here["poll_vote_cast"]], polls[here["poll_vote_over"]]
    with town.world.app.app_context():
        assert db.session.query(Ballot).filter(Ballot.live).count() > 5  # there is something to tell
    for name in ("counts", "areas", "standing_objections", "passed", "preliminary"):
        assert running[name] is None, name
    assert (running["phase"], running["took_part_at_least"], running["tests"]) == ("open", 0, [])
    assert closed["phase"] == "closed"
    assert sum(closed["counts"].values()) == closed["took_part_at_least"] > 0
    assert {test["key"] for test in closed["tests"]} >= {"quorum", "objections"}
    owners = polls[here["poll_owners_over"]]
    assert (owners["preliminary"], owners["passed"]) == (True, None)
    assert owners["areas"]
    assert "意向征询" in owners["law"]["zh_Hans"]
    for row in polls.values():
        assert (row["counts"] is None) == (row["phase"] != "closed"), row["id"]
    assert {row["poll"] for row in town.rows("/api/v1/objections")} == {
        town.world.at[slug]["poll_vote_over"]["public_id"] for slug in ("ziteng", "guixiang")
    }


def test_a_walk_gives_each_row_once_also_while_rows_are_added(town: OpenTown) -> None:
    for key in KEYS:
        rows = town.rows(f"/api/v1/{key}?limit=200")
        assert town.rows(f"/api/v1/{key}?limit=3") == rows, key
    world, author = town.world, town.world.actors["author"]
    ideas = world.at["ziteng"]["ideas"]["public_id"]
    with world.app.test_request_context():
        early = proposals.save_draft(author, ideas, Words("早写晚交", "先写好放着，过几天再交。"))
        proposals.submit(author, proposals.save_draft(author, ideas, Words("晚写早交", "写好就交，请大家看一看。")))
    before = town.reader.get("/api/v1/proposals?limit=200").json
    first = town.reader.get("/api/v1/proposals?limit=2").json
    assert before is not None
    assert first is not None
    world.clock.advance(1000)
    with world.app.test_request_context():
        proposals.submit(author, early)  # its key is of before those that were given already
    ids = [row["id"] for row in first["data"] + town.rows(first["next"])]
    assert ids == [*(row["id"] for row in before["data"]), early]
    assert len(ids) == len(set(ids))
    then = town.reader.get(f"/api/v1/proposals?cursor={before['cursor']}").json
    assert then is not None
    assert [row["id"] for row in then["data"]] == [early]
    assert then["next"] is None
    last = town.reader.get(f"/api/v1/proposals?cursor={then['cursor']}").json
    assert last == {"data": [], "cursor": then["cursor"], "next": None}


def test_filters_give_what_belongs_there(town: OpenTown) -> None:
    for resource in RESOURCES:
        rows = town.rows(f"/api/v1/{resource.key}")
        here = town.rows(f"/api/v1/{resource.key}?community=ziteng")
        name = "slug" if resource.key == "communities" else "community"
        assert here == [row for row in rows if row[name] == "ziteng"], resource.key
        assert town.rows(f"/api/v1/{resource.key}?year=2026") == rows, resource.key
        assert town.rows(f"/api/v1/{resource.key}?year=2025") == [], resource.key
        if resource.project is not None:
            project = town.world.at["ziteng"]["running"]["public_id"]
            name = "id" if resource.key == "projects" else "project"
            found = town.rows(f"/api/v1/{resource.key}?project={project}&limit=7")
            assert found == [row for row in rows if row[name] == project], resource.key


def test_what_did_not_change_is_not_sent_again(town: OpenTown) -> None:
    for path in ("/api/v1", "/api/v1/openapi.json", "/api/v1/polls", "/api/v1/polls.csv", "/api/v1/communities/ziteng"):
        first = town.reader.get(path)
        assert first.headers["Cache-Control"] == "public, no-cache"
        again = town.reader.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert town.reader.head(path).headers["ETag"] == first.headers["ETag"]
    tag = town.reader.get("/api/v1/proposals").headers["ETag"]
    ideas = town.world.at["guixiang"]["ideas"]["public_id"]
    with town.world.app.test_request_context():
        author = town.world.actors["resident_elsewhere"]
        proposals.submit(author, proposals.save_draft(author, ideas, Words("又一件", "再加一件小事，请看一看。")))
    assert town.reader.get("/api/v1/proposals", headers={"If-None-Match": tag}).status_code == 200


def test_everybody_gets_the_same_and_any_page_may_read_it(town: OpenTown) -> None:
    for path in ("/api/v1/comments", "/api/v1/entries.csv", "/api/v1/polls"):
        plain = town.reader.get(path)
        signed_in = session_of(town.reader, town.world, "facilitator")
        theirs = signed_in.get(path, headers={"Accept-Language": "en", "Origin": "https://elsewhere.example"})
        assert theirs.data == plain.data
        assert theirs.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in theirs.headers
        assert "Set-Cookie" not in theirs.headers
        assert "Accept-Language" not in theirs.headers.get("Vary", "")
        asked = town.reader.options(path, headers={"Access-Control-Request-Headers": "if-none-match"})
        assert asked.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert "Access-Control-Allow-Origin" not in town.reader.get("/api").headers


REFUSED = (
    ("/api/v1/persons", 404, None),
    ("/api/v1/persons.csv", 404, None),
    ("/api/v1/no/such/thing", 404, None),
    ("/api/v1/projects/0000000000000000", 404, None),
    ("/api/v1/bundles/1", 404, None),
    ("/api/v1/records/1/body", 404, None),
    ("/api/v1/projects?community=nowhere", 404, None),
    ("/api/v1/projects?project=1%20OR%201", 404, None),
    ("/api/v1/projects?limit=0", 422, "limit"),
    ("/api/v1/projects?limit=201", 422, "limit"),
    ("/api/v1/projects?limit=-1", 422, "limit"),
    ("/api/v1/projects?limit=1e309", 422, "limit"),
    ("/api/v1/projects?limit=1_0", 422, "limit"),
    ("/api/v1/projects?limit=%20%31%20", 422, "limit"),
    ("/api/v1/projects?limit=%D9%A1", 422, "limit"),
    ("/api/v1/projects?limit=5&limit=6", 422, "limit"),
    ("/api/v1/projects?year=1999", 422, "year"),
    ("/api/v1/projects?year=NaN", 422, "year"),
    ("/api/v1/projects?community=", 422, "community"),
    (f"/api/v1/projects?community={'a' * 201}", 422, "community"),
    ("/api/v1/communities?project=1", 422, "project"),
    ("/api/v1/projects?sort=title", 422, "sort"),
    ("/api/v1/projects?cursor=", 422, "cursor"),
    ("/api/v1/projects?cursor=xyz", 422, "cursor"),
    ("/api/v1/projects?cursor=MQ==", 422, "cursor"),
    ("/api/v1/projects?cursor=MS4x", 422, "cursor"),  # 1.1: of a list of another order
    ("/api/v1/projects?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OQ", 422, "cursor"),  # larger than any key
    ("/api/v1/projects?cursor=%ED%A0%80", 422, "cursor"),
    ("/api/v1/projects?community=%00", 400, None),
)


def test_what_is_wrong_is_named_and_never_a_fault_of_ours(town: OpenTown) -> None:
    for path, status, field in REFUSED:
        answer = town.reader.get(path)
        assert answer.status_code == status, path
        assert answer.content_type == "application/problem+json", path
        body = answer.json
        assert body is not None
        assert (body["status"], body["type"]) == (status, "about:blank"), path
        assert list(body.get("errors", {})) == ([field] if field else []), path
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert answer.headers["Cache-Control"] == "no-store", path
    for method in ("post", "put", "patch", "delete"):
        refused = getattr(town.reader, method)("/api/v1/projects")
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
        assert refused.content_type == "application/problem+json"
    assert town.reader.get("/api/v1/projects", headers={"Accept": "text/csv"}).status_code == 406
    assert town.reader.get("/api/v1/projects.csv", headers={"Accept": "application/json"}).status_code == 406
    assert town.reader.get("/api/v1/projects", headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200


def test_an_address_that_asks_too_often_waits(town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "MOST", 2 * limit.AT_ONCE)
    before = {"REMOTE_ADDR": "192.0.2.7"}
    statuses = [town.reader.get("/api/v1", environ_base=before).status_code for _ in range(3 * limit.AT_ONCE + 1)]
    assert statuses == [*[200] * (3 * limit.AT_ONCE - 1), 429, 429]
    refused = town.reader.get("/api/v1", environ_base=before)
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    assert refused.content_type == "application/problem+json"
    assert town.reader.get("/api/v1", environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200
    town.world.clock.advance(limit.WINDOW)
    assert town.reader.get("/api/v1", environ_base=before).status_code == 200


def test_records_are_given_as_they_were_hashed(town: OpenTown) -> None:
    for row in town.rows("/api/v1/records"):
        body = town.reader.get(row["body"]).data
        hashed = canon(json.loads(body)["body"])
        assert hashlib.sha256(hashed).hexdigest() == row["sha256"]
        page = town.reader.get(row["page"].removeprefix("http://localhost") + ".json")
        assert page.data == body


def test_every_list_is_described_with_all_that_may_be_asked(town: OpenTown) -> None:
    description = town.reader.get("/api/v1/openapi.json").json
    assert description is not None
    assert description["openapi"] == "3.1.0"
    lists = town.reader.get("/api/v1").json
    assert lists is not None
    assert [item["key"] for item in lists["lists"]] == KEYS
    assert len(BY_KEY) == len(RESOURCES)
    for key, resource in BY_KEY.items():
        operation = description["paths"][f"/api/v1/{key}"]["get"]
        names = [item.get("name") for item in operation["parameters"]]
        assert names[:-1] == [
            "community",
            *(["project"] if resource.project is not None else []),
            "year",
            "limit",
            "cursor",
        ]
        assert set(operation["responses"]) == {"200", "304", "400", "404", "405", "406", "422", "429", "503"}


def test_every_answer_is_one_that_the_description_has(town: OpenTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "MOST", 1_000_000)  # how it refuses is tested above; here it would hide all else
    answered = fuzz(town)
    assert sum(answered.values()) >= CASES
    assert answered[200] > CASES // 10
