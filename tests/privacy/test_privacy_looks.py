"""Who looked at whose data: each page of staff that shows some leaves exactly one line, and nothing changes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.config import ROOT
from app.core.database import db
from app.core.transaction import transaction
from app.engine.errors import Frozen
from app.people.access import KINDS, SHOWN_BY, note_access
from app.people.models import AccessLog
from tests.conftest import emptied
from tests.permission_requests import address, ask
from tests.permission_table import ROWS, Row
from tests.permission_town import SLUGS, World
from tests.permission_world import build

HERE = SLUGS[0]
STAFF = ("facilitator", "administrator", "inspector", "planner")


@pytest.fixture(scope="module")
def world(installation: Flask, database_url: str) -> Iterator[World]:
    with emptied(installation, database_url) as app:
        yield build(app, app.extensions["qiding.clock"])


# What a page needs to be asked before it shows anybody.
ASKED = {"people.desk_page": "?find=5-101", "paper.printed": "?first=1&last=9", "paper.printed_pdf": "?first=1&last=9"}
SILENT = {"people.desk_page": ""}  # without a search it shows nobody


def lines(world: World) -> list[tuple[str, str, str]]:
    with world.app.app_context():
        rows = db.session.scalars(select(AccessLog).order_by(AccessLog.id)).all()
        return [(row.what, row.route, row.whose) for row in rows]


def emptied_log(world: World) -> None:
    with world.app.app_context(), transaction() as tx:
        tx.session.execute(delete(AccessLog).execution_options(synchronize_session=False))


def test_each_page_of_staff_that_shows_somebodys_data_leaves_one_line_and_no_other_page_does(world: World) -> None:
    shown: set[str] = set()
    for row in ROWS:
        if row.method != "GET" or row.endpoint == "static":
            continue
        expected = row.expected()
        for role in STAFF if row.endpoint in SHOWN_BY else ("facilitator",):
            if expected[role] != "page":
                continue
            emptied_log(world)
            answer = ask(world, row, role, address(world, row) + ASKED.get(row.endpoint, ""))
            found = lines(world)
            if row.endpoint not in SHOWN_BY:
                assert found == [], f"{row.name} by {role} is not said to show anybody's data"
                continue
            assert answer.status_code == 200, row.name
            assert len(found) <= 1, f"{row.name} by {role}"
            if found:
                assert found[0][1] == row.endpoint
                shown.add(row.endpoint)
    posted = {"people.issue_code", "people.issue_codes", "privacy.erase_for"}  # they show it as an answer to a form
    # Asked where there is something to show: of a vote with slips still out, with names, or told to inspectors.
    elsewhere = {"proof.missing", "proof.identified", "office.register_csv", "paper.printed", "paper.printed_pdf"}
    assert set(SHOWN_BY) - posted - elsewhere <= shown, set(SHOWN_BY) - posted - elsewhere - shown


def test_what_is_shown_as_an_answer_to_a_form_is_written_down_too(world: World) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = False
    try:
        for row in ROWS:
            if row.method == "POST" and row.endpoint in ("people.issue_code", "people.issue_codes"):
                emptied_log(world)
                assert ask(world, row, "facilitator").status_code == 200
                assert [route for _, route, _ in lines(world)] == [row.endpoint]
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = True


def test_a_person_reads_which_office_looked_and_inspectors_read_who_with_filters(world: World) -> None:
    emptied_log(world)
    lead = world.actors["facilitator"]
    home = world.at[HERE]["household101"]["public_id"]
    with world.app.test_request_context():
        note_access(lead, world.communities[HERE], "household", home, whose="household")
        note_access(lead, world.communities[HERE], "owners")
    rows = {name: Row("GET", *where) for name, where in PAGES.items()}
    mine = ask(world, rows["mine"], "author").text
    assert "打开了一户的页面" in mine
    assert "查看的是您或您家" in mine
    assert "您小区的一份名单" in mine
    assert lead.name not in mine
    assert "打开了一户的页面" not in ask(world, rows["mine"], "neighbour").text
    all_ = ask(world, rows["looks"], "inspector").text
    assert all_.count("<li><div") == 2
    assert "5号楼101室" in all_
    some = ask(world, rows["looks"], "administrator", address(world, rows["looks"]) + "?what=owners").text
    assert some.count("<li><div") == 1
    none = ask(world, rows["looks"], "administrator", address(world, rows["looks"]) + "?who=nobody").text
    assert "没有人看过" in none


PAGES = {"mine": ("privacy.kept", "", ""), "looks": ("proof.looks", "community", "")}


def test_a_line_is_never_changed_and_nothing_but_its_time_ends_it(world: World) -> None:
    lead = world.actors["facilitator"]
    with world.app.test_request_context():
        note_access(lead, world.communities[HERE], "owners")
        for change in (lambda row: setattr(row, "what", "desk"), db.session.delete):
            row = db.session.scalars(select(AccessLog)).first()
            change(row)
            with pytest.raises(Frozen):
                db.session.flush()
            db.session.rollback()
        with pytest.raises(ValueError, match="no kind of look"):
            note_access(lead, None, "something else")
    named = [path for path in (ROOT / "app").rglob("*.py") if _changes(path)]
    assert [str(path.relative_to(ROOT)) for path in named] == [], "a statement changes or deletes the access log"
    assert set(SHOWN_BY.values()) <= set(KINDS)


def _changes(path: Path) -> bool:
    """Whether a file updates or deletes rows of the access log, but for the retention, which goes by Keep."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    said = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id in ("update", "delete")]
    names = {inner.id for node in said for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return "AccessLog" in names
