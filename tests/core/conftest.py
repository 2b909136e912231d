"""Fixtures of the tests of core: a community with its log, and somebody."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.core.transaction import transaction
from app.people.communities import create_community
from app.people.models import Person
from tests.site.world import World, build


@pytest.fixture
def community_id(app: Flask) -> int:
    """A community whose log has its first entry."""
    with app.app_context():
        return create_community(None, "ziteng", name="紫藤里")


@pytest.fixture
def person_id(app: Flask) -> int:
    """Somebody."""
    with app.app_context(), transaction() as tx:
        person = Person(name="张阿姨", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        return person.id


@pytest.fixture
def town(app: Flask, clock: FixedClock) -> World:
    """A town of two communities with residents and staff."""
    return build(app, clock)
