"""A form sent twice counts once; a message told twice is told once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.core.clock import FixedClock
from app.core.database import db
from app.core.once import OnceKey, remember, replayed
from app.core.outbox import Message, tell
from app.core.transaction import transaction
from app.engine.errors import Conflict, Invalid
from tests.conftest import NOON

CONTENT = {"title": "长椅", "cost": 3860}


@pytest.fixture
def sent(app: Flask) -> None:
    """A form that was sent, and what came of it."""
    with app.app_context(), transaction() as tx:
        assert replayed(tx, "propose:1", "K1", CONTENT) is None
        remember(tx, "propose:1", "K1", CONTENT, "PROPOSAL")


@pytest.mark.usefixtures("sent")
def test_the_same_form_again_gives_what_came_of_it(app: Flask) -> None:
    with app.app_context(), transaction() as tx:
        assert replayed(tx, "propose:1", "K1", {"cost": 3860, "title": "长椅"}) == "PROPOSAL"


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("content", [{"title": "长椅"}, {"title": "长椅", "cost": 3861}, {**CONTENT, "more": 1}, []])
def test_the_same_key_with_other_content_is_refused(app: Flask, content: object) -> None:
    with app.app_context(), transaction() as tx, pytest.raises(Conflict, match="other words"):
        replayed(tx, "propose:1", "K1", content)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(("scope", "key"), [("propose:1", "K2"), ("propose:2", "K1"), ("comment:1", "K1")])
def test_a_key_is_bound_to_its_sender_and_its_form(app: Flask, scope: str, key: str) -> None:
    with app.app_context(), transaction() as tx:
        assert replayed(tx, scope, key, {"title": "别的"}) is None


@pytest.mark.parametrize("key", ["", "K" * 41, "K" * 10_000])
def test_a_missing_or_endless_key_is_refused(app: Flask, key: str) -> None:
    with app.app_context(), transaction() as tx, pytest.raises(Invalid, match="out of date"):
        replayed(tx, "propose:1", key, CONTENT)


@pytest.mark.usefixtures("sent")
def test_the_database_keeps_one_use_of_a_key(app: Flask) -> None:
    with app.app_context(), pytest.raises(IntegrityError), transaction() as tx:
        remember(tx, "propose:1", "K1", CONTENT, "ANOTHER")


def test_a_key_falls_with_the_command_it_was_for(app: Flask) -> None:
    def fails() -> None:
        with transaction() as tx:
            remember(tx, "propose:1", "K1", CONTENT, "PROPOSAL")
            tx.session.flush()
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            fails()
        with transaction() as tx:
            assert replayed(tx, "propose:1", "K1", CONTENT) is None
        assert db.session.scalar(select(func.count()).select_from(OnceKey)) == 0


def messages() -> list[tuple[int, str]]:
    """Who was told what."""
    rows = db.session.scalars(select(Message).order_by(Message.id))
    return [(row.person_id, row.kind) for row in rows]


def test_a_message_with_a_key_reaches_each_once(app: Flask, clock: FixedClock, person_id: int) -> None:
    with app.app_context():
        for counted in (1, 0):
            with transaction() as tx:
                assert tell(tx, [person_id, person_id], "poll.opens", dedupe="poll.opens:7") == counted
            clock.advance(1_000)
        with transaction() as tx:
            assert tell(tx, [person_id], "poll.opens", dedupe="poll.opens:8") == 1
        assert messages() == [(person_id, "poll.opens")] * 2
        assert db.session.scalars(select(Message.created_at).order_by(Message.id)).all() == [NOON, NOON + 2_000]


def test_a_message_without_a_key_is_told_each_time(app: Flask, person_id: int) -> None:
    with app.app_context():
        for _ in range(2):
            with transaction() as tx:
                assert tell(tx, [person_id], "device.paired", data={"label": "Android"}) == 1
        assert messages() == [(person_id, "device.paired")] * 2


def test_the_database_keeps_one_message_of_a_key(app: Flask, person_id: int) -> None:
    with app.app_context(), pytest.raises(IntegrityError), transaction() as tx:
        tx.session.add_all(
            Message(person_id=person_id, kind="a", data={}, created_at=tx.now, dedupe="same") for _ in range(2)
        )


def test_a_message_falls_with_the_command_that_caused_it(app: Flask, person_id: int) -> None:
    def fails() -> None:
        with transaction() as tx:
            tell(tx, [person_id], "a")
            tx.session.flush()
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            fails()
        assert messages() == []
