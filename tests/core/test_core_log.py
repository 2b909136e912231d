"""Events and the log: places without gaps, hashes that anybody can compute again, no fork under many writers."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.core.events import Event, LogEntry, LogHead, append_to_log, event_hash, events_of, record_event
from app.core.transaction import transaction
from app.engine.canonical import canon, tagged
from app.people.communities import create_community
from tests.conftest import NOON
from tests.core.together import together


def entries(community_id: int) -> list[LogEntry]:
    """A community's log, in order."""
    return list(
        db.session.scalars(select(LogEntry).where(LogEntry.community_id == community_id).order_by(LogEntry.seq))
    )


def size(community_id: int) -> int:
    """What the head says of the log's length."""
    return db.session.scalars(select(LogHead.size).where(LogHead.community_id == community_id)).one()


def test_places_run_from_nought_without_gaps(app: Flask, community_id: int) -> None:
    with app.app_context():
        for _ in range(2):
            with transaction() as tx:
                record_event(tx, "a", community_id=community_id)
                record_event(tx, "b", community_id=community_id)
        assert [row.seq for row in entries(community_id)] == [0, 1, 2, 3, 4]
        assert [json.loads(row.body)["seq"] for row in entries(community_id)] == [0, 1, 2, 3, 4]
        assert size(community_id) == 5


def refused(community_id: int) -> None:
    """A command that is refused after its event was written."""
    with transaction() as tx:
        record_event(tx, "a", community_id=community_id)
        tx.session.flush()
        raise ZeroDivisionError


def test_a_refused_command_leaves_no_gap(app: Flask, community_id: int) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            refused(community_id)
        with transaction() as tx:
            record_event(tx, "b", community_id=community_id)
        assert [json.loads(row.body)["kind"] for row in entries(community_id)] == ["community.created", "b"]
        assert size(community_id) == 2


def test_the_hash_in_the_log_is_that_of_the_event_as_it_is_stored(app: Flask, community_id: int) -> None:
    data = {"reason": "防水层会坏，𠮷", "count": 3, "list": [1, None, True]}
    with app.app_context():
        with transaction() as tx:
            record_event(tx, "talk", community_id=community_id, data=data, public={"poll": "ABC"})
        row = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
        entry = entries(community_id)[-1]
        body = json.loads(entry.body)
        assert row is not None
        assert body == {"kind": "talk", "event": event_hash(row), "poll": "ABC", "seq": 1, "at": NOON}
        assert canon(body) == entry.body.encode()
        again = tagged("qiding/event/v1", canon({"kind": "talk", "at": NOON, "data": data}), row.salt).hex()
        assert body["event"] == again
        assert "防水层" not in entry.body


@pytest.mark.parametrize("part", ["kind", "at", "data", "salt"])
def test_a_change_of_any_part_of_an_event_shows(app: Flask, community_id: int, part: str) -> None:
    with app.app_context():
        with transaction() as tx:
            record_event(tx, "talk", community_id=community_id, data={"reason": "漏水"})
            row = tx.session.scalars(select(Event).where(Event.kind == "talk")).one()
        body = json.loads(entries(community_id)[-1].body)
        other = {"kind": "talks", "at": NOON + 1, "data": {"reason": "漏水。"}, "salt": bytes(16)}
        setattr(row, part, other[part])
        assert event_hash(row) != body["event"]
        db.session.rollback()


def test_the_same_words_twice_have_two_hashes(app: Flask, community_id: int) -> None:
    with app.app_context(), transaction() as tx:
        for _ in range(2):
            record_event(tx, "talk", community_id=community_id, data={"reason": "好"})
        rows = tx.session.scalars(select(Event).where(Event.kind == "talk")).all()
        assert len(rows[0].salt) == 16
        assert event_hash(rows[0]) != event_hash(rows[1])


def test_what_belongs_to_no_community_is_in_no_log(app: Flask, community_id: int) -> None:
    with app.app_context():
        with transaction() as tx:
            record_event(tx, "password.set", community_id=None)
        assert db.session.scalar(select(Event.kind).order_by(Event.id.desc())) == "password.set"
        assert size(community_id) == len(entries(community_id)) == 1


def test_each_community_has_a_log_of_its_own(app: Flask, community_id: int) -> None:
    with app.app_context():
        other = create_community(None, "guixiang", name="桂香苑")
        with transaction() as tx:
            record_event(tx, "a", community_id=other)
            assert append_to_log(tx, community_id, {"kind": "b"}) == 1
        assert [row.seq for row in entries(other)] == [0, 1]
        with pytest.raises(LookupError), transaction() as tx:
            append_to_log(tx, other + 999, {"kind": "a"})


def test_events_of_a_project_come_oldest_first_and_by_kind(app: Flask, community_id: int) -> None:
    with app.app_context():
        assert events_of(1) == []
        rows = db.session.scalars(select(Event)).all()
        assert [row.kind for row in rows] == ["community.created"]


def test_twenty_writers_at_once_do_not_fork_the_log(app: Flask, community_id: int) -> None:
    def write(number: int) -> int:
        with transaction() as tx:
            record_event(tx, "a", community_id=community_id, data={"n": number})
        with transaction() as tx:
            return append_to_log(tx, community_id, {"kind": "b", "n": number})

    places = together(app, write, 20)
    assert [place for place in places if isinstance(place, Exception)] == []
    with app.app_context():
        rows = entries(community_id)
        assert [row.seq for row in rows] == list(range(41))
        assert size(community_id) == 41
        appended = {json.loads(row.body)["n"]: row.seq for row in rows if json.loads(row.body)["kind"] == "b"}
        assert [appended[number] for number in range(20)] == places
