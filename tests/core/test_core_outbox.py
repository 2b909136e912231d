"""Messages to many: each person once, however many there are."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import outbox
from app.core.database import db
from app.core.outbox import Message, tell
from app.core.transaction import transaction
from app.people.models import Person


def test_many_are_told_once_each(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_ASKED", 3)
    with app.app_context():
        with transaction() as tx:
            people = [Person(name="李叔", created_at=tx.now) for _ in range(8)]
            tx.session.add_all(people)
            tx.session.flush()
            ids = [person.id for person in people]
            assert tell(tx, ids[:5], "test", dedupe="one") == 5
        with transaction() as tx:
            assert tell(tx, ids, "test", dedupe="one") == 3
        query = select(Message.person_id, func.count()).group_by(Message.person_id)
        assert dict(db.session.execute(query).all()) == dict.fromkeys(ids, 1)
