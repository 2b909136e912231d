"""The demonstration: loaded once a database, then looked at from all sides."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from sqlalchemy import func, select

from app.ballots.models import Ballot, Objection, Poll
from app.ballots.queries import rounds_of
from app.comments.models import Comment
from app.core.clock import DAY, FixedClock
from app.core.database import db
from app.core.events import Event, LogEntry, LogHead
from app.core.jobs import Job
from app.core.media import Media
from app.demo.sign_ins import place_of_sign_ins, sign_ins
from app.demo.story import load_demonstration
from app.engine.errors import Conflict
from app.notices.models import Complaint, Notice
from app.people.models import Household
from app.people.places import Community
from app.people.sign_in import check_code
from app.people.staff import sign_in
from app.projects import queries
from app.projects.models import GateWaiver, Project
from app.records.models import Record
from app.records.words import verify, words_of
from tests.conftest import NOON

pytestmark = pytest.mark.slow

STANDS = {
    "空中花园": ("completed", ""),
    "空中花园二期": ("running", "plan"),
    "儿童沙坑旁遮阴": ("running", "topic"),
    "北门非机动车棚": ("running", "team"),
    "14号楼前空地，晒太阳还是停车": ("running", "needs"),
    "12号楼前晾衣架与长椅": ("running", "budget"),
    "垃圾房旁遮雨棚": ("running", "delivery"),
    "桂花树下的石桌石凳": ("running", "stewardship"),
    "3号楼加装电梯": ("running", "signing"),
    "河边小码头看水平台": ("paused", "team"),
}


@pytest.fixture
def loaded(app: Flask) -> Iterator[Flask]:
    """The application with the demonstration, in its context."""
    with app.app_context():
        load_demonstration()
        yield app


def found(title: str) -> Project:
    return db.session.scalars(select(Project).where(Project.title == title)).one()


def test_the_demonstration(loaded: Flask, clock: FixedClock) -> None:
    every_project_stands_where_it_should()
    events_tell_where_each_project_stands()
    nothing_happens_in_the_future_or_out_of_order()
    the_garden_walked_all_seven_steps()
    its_first_vote_failed_and_its_second_passed(clock.now())
    a_vote_is_open_below_its_quorum(clock.now())
    there_is_what_the_pages_need()
    one_signs_in_as_the_terminal_says(loaded)
    pages_are_light(loaded)
    assert clock.now() == NOON
    with pytest.raises(Conflict):
        load_demonstration()
    refused = loaded.test_cli_runner().invoke(args=["demo"])
    assert refused.exit_code == 1
    assert "already" in refused.output


def every_project_stands_where_it_should() -> None:
    assert {row.title: (row.state, row.step) for row in db.session.scalars(select(Project))} == STANDS
    query = select(Community.slug, func.count(Household.id)).join(Household, Household.community_id == Community.id)
    homes = dict(db.session.execute(query.group_by(Community.slug)).all())
    assert homes == {"ziteng": 400, "guixiang": 60, "hefeng": 1800}


def events_tell_where_each_project_stands() -> None:
    for project in db.session.scalars(select(Project)).all():
        run = queries.run_of(project.id)
        assert (run.state, run.current.step if run.current else "") == (project.state, project.step)
        rows = queries.step_runs([project.id])[project.id]
        assert [(row.step, row.attempt, row.closed_at) for row in rows] == [
            (item.step, item.attempt, item.closed_at) for item in run.runs
        ]


def nothing_happens_in_the_future_or_out_of_order() -> None:
    times = list(db.session.scalars(select(Event.at).order_by(Event.id)))
    assert times == sorted(times)
    assert times[0] > NOON - 270 * DAY
    assert NOON - 2 * DAY < times[-1] <= NOON
    for head in db.session.scalars(select(LogHead)):
        entries = list(
            db.session.scalars(
                select(LogEntry.seq).where(LogEntry.community_id == head.community_id).order_by(LogEntry.seq)
            )
        )
        assert entries == list(range(head.size))


def the_garden_walked_all_seven_steps() -> None:
    records = list(
        db.session.scalars(select(Record).where(Record.project_id == found("空中花园").id).order_by(Record.id))
    )
    assert [record.seal for record in records] == list("题队需案资施护")
    records = list(db.session.scalars(select(Record)))
    kept = words_of(record.id for record in records)
    assert all(verify(record, kept[record.id]) for record in records)
    back = list(db.session.scalars(select(Record).where(Record.project_id == found("垃圾房旁遮雨棚").id)))
    assert sorted(record.attempt for record in back if record.step == "plan") == [1, 2]


def its_first_vote_failed_and_its_second_passed(now: int) -> None:
    garden = found("空中花园").id
    polls = list(db.session.scalars(select(Poll).where(Poll.project_id == garden).order_by(Poll.id)))
    rounds = {
        item.poll.id: item for found in rounds_of([poll.decision_id for poll in polls], now).values() for item in found
    }
    first, second, convention = (rounds[poll.id] for poll in polls)
    assert (first.poll.roll_size, first.cast, first.standing, first.passed) == (168, 104, 2, False)
    assert (second.cast, second.standing, second.passed) == (127, 0, True)
    assert convention.passed
    assert first.version.text_hash != second.version.text_hash
    states = [
        list(db.session.scalars(select(Objection.state).where(Objection.poll_id == poll.id).order_by(Objection.state)))
        for poll in polls
    ]
    assert states == [["resolved", "resolved", "withdrawn"], ["withdrawn"], []]
    changed = select(func.count()).select_from(Ballot).where(Ballot.poll_id == second.poll.id, ~Ballot.live)
    assert db.session.scalar(changed) == 1


def a_vote_is_open_below_its_quorum(now: int) -> None:
    poll = db.session.scalars(select(Poll).where(Poll.project_id == found("空中花园二期").id)).one()
    item = rounds_of([poll.decision_id], now)[poll.decision_id][0]
    assert item.phase == "open"
    assert 0 < item.cast < item.needed
    assert poll.closes_at > now + 2 * DAY


def there_is_what_the_pages_need() -> None:
    count = func.count()
    assert db.session.scalar(select(count).select_from(Comment).where(Comment.hidden_by_id.is_not(None))) == 1
    assert set(db.session.scalars(select(Comment.kind))) == {"question", "support", "concern", "suggestion"}
    assert (db.session.scalar(select(count).select_from(Comment).where(Comment.is_answer)) or 0) > 10
    assert [row.gate for row in db.session.scalars(select(GateWaiver))] == ["rings_filled"]
    assert (db.session.scalar(select(count).select_from(Complaint).where(Complaint.answered_at.is_(None)))) == 1
    hanging = select(count).select_from(Notice).where(Notice.until_at > NOON)
    assert db.session.scalar(hanging) == 1
    assert (db.session.scalar(select(count).select_from(Media)) or 0) >= 10
    assert set(db.session.scalars(select(Job.state))) == {"done"}


def one_signs_in_as_the_terminal_says(app: Flask) -> None:
    config = app.config["QIDING"]
    text = sign_ins(config)
    assert stat.S_IMODE(os.stat(place_of_sign_ins(config)).st_mode) == 0o600
    codes = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[7:8] == "-"]
    assert len(codes) == 6
    for code in codes:
        assert check_code(code, f"from {code}")
    password = text.split("password for all: ")[1].split()[0]
    assert sign_in("chen@qingxi.example", password, "here").name == "陈老师"


def pages_are_light(app: Flask) -> None:
    """A page with its styles and its script stays under 60 KB, pictures apart, as sent to a browser that unpacks."""
    client = app.test_client()
    accept = {"Accept-Encoding": "gzip"}
    extra = 0
    for name in ("qiding.css", "qiding.js"):
        with app.test_request_context():
            href = url_for("static", filename=name)
        extra += len(client.get(href, headers=accept, buffered=True).data)
    project = found("空中花园二期")
    garden = project.public_id
    poll = db.session.scalars(select(Poll.public_id).where(Poll.project_id == project.id)).first()
    for path in ("/", "/c/ziteng/", f"/c/ziteng/project/{garden}", f"/c/ziteng/poll/{poll}", "/c/ziteng/records"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert len(page.data) + extra < 60_000, (path, len(page.data), extra)
