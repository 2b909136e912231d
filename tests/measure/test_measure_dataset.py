"""A world to measure with: the same each time, sound in every log, and never on top of another."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text

from app.archive import index
from app.audit.verify import slugs, verify, verify_links
from app.ballots.models import Ballot, Poll
from app.core.database import Base, db
from app.core.transaction import transaction
from app.demo.people import RESIDENTS
from app.people.models import Household, Person
from app.people.places import Building, Community
from scripts.dataset import template, world
from scripts.dataset.load import loader
from scripts.dataset.sizes import Share
from scripts.dataset.template import Template, columns
from scripts.dataset.words import community

FEW = Share(40, 100, 30, 60, 300, 20, 12, 8, 3)
SOME = (0, 3, 7)  # a project in its first step, one whose vote is open, one that is kept
CAST = dict(RESIDENTS)
NOT_THE_SAME = {("person", "password")}  # its salt comes from the machine

# What is played once is shared: these stay together on one process.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("test_measure_dataset")]


@pytest.fixture(scope="module")
def played() -> Template:
    """A small first community."""
    return template.make(FEW, SOME)


def test_the_same_is_played_again(played: Template) -> None:
    """Row by row, every column but what is named is the same at the next time."""
    again = template.make(FEW, SOME)
    for table, rows in played.first.items():
        left_out = {n for n, name in enumerate(columns(table)) if (table, name) in NOT_THE_SAME}
        for one, other in zip(rows, again.first[table], strict=True):
            assert [cell for n, cell in enumerate(one) if n not in left_out] == [
                cell for n, cell in enumerate(other) if n not in left_out
            ], table
    assert RESIDENTS == CAST, "the demonstration has lost some of its people"


def test_every_log_of_a_loaded_world_is_sound(app: Flask, played: Template) -> None:
    """The audit finds nothing, the search lacks nothing, and the numbers are those of so many communities."""
    said: list[str] = []
    count = world.spread(app, played, 3, said.append)
    with app.app_context():
        assert slugs() == [community(number)[1] for number in range(3)]
        assert [verify(slug).finding for slug in slugs()] == [None, None, None]
        assert verify_links() is None
        assert index.differs() == []
        assert db.session.scalars(select(Community.has_owners_committee).order_by(Community.id)).all() == [
            True,
            True,
            False,
        ]
        for model, each, more in ((Household, FEW.households, 0), (Ballot, FEW.ballots, FEW.big_ballots)):
            assert db.session.scalar(select(func.count()).select_from(model)) == 3 * each + more, model
        residents = db.session.scalar(select(func.count()).select_from(Person).where(Person.household_id.is_not(None)))
        assert residents == 3 * FEW.persons
        introduced = 2 * 3  # the signing key, in each log: an event and its entry
        there = sum(db.session.scalar(select(func.count()).select_from(table)) or 0 for table in _kept())
        assert there == count + introduced
    assert any("3 of 3 communities" in sentence for sentence in said)


@pytest.mark.postgresql
def test_foreign_keys_are_up_again_and_hold_of_all_that_was_loaded(app: Flask, played: Template) -> None:
    import psycopg

    def keys() -> list[tuple[str, bool]]:
        found = db.session.execute(
            text("SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY conname")
        )
        return [(name, valid) for name, valid in found]

    with app.app_context():
        before = keys()
        db.session.remove()
        world.spread(app, played, 2, lambda _sentence: None)
        assert keys() == before
        assert all(valid for _, valid in before)
        db.session.remove()
        nowhere = columns("building").index("community_id")
        row = list(played.first["building"][0])
        row[0], row[nowhere] = 10**9, 10**9
        with pytest.raises(psycopg.errors.ForeignKeyViolation), loader(db.engine) as into:
            into.take({"building": [tuple(row)]})
        assert [name for name, _ in keys()] == [name for name, _ in before]
        db.session.remove()
        with transaction() as tx:
            tx.session.execute(delete(Building).where(Building.id == 10**9))
        with db.engine.begin() as connection:
            for table, name, valid in connection.execute(UNCHECKED):
                assert not valid
                connection.execute(text(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))


UNCHECKED = text(
    "SELECT conrelid::regclass::text, conname, convalidated FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"
)


def _kept() -> list[object]:
    return [Base.metadata.tables[name] for name in template.tables()]  # type: ignore[return-value]


def test_each_community_is_found_by_its_own_filter(app: Flask, played: Template) -> None:
    """A copy's search finds its own documents, not the first community's."""
    from app.archive.queries import Filters, find

    world.spread(app, played, 2, lambda _sentence: None)
    with app.test_request_context():
        ids = db.session.scalars(select(Community.id).order_by(Community.id)).all()
        for here in ids:
            hits = find("", Filters(here)).hits
            assert hits
            assert {hit.document.community_id for hit in hits} == {here}


def test_life_goes_on_in_a_loaded_world(app: Flask, played: Template) -> None:
    """Keys count on: a new row takes none that is there; an open vote takes a ballot in a copy too."""
    from app.ballots import service
    from app.people.session import actor_of
    from scripts.dataset.template import TODAY

    world.spread(app, played, 2, lambda _sentence: None)
    app.extensions["qiding.clock"].set(TODAY)
    with app.app_context():
        here = db.session.scalars(select(Community.id).order_by(Community.id.desc())).first()
        poll = db.session.scalars(
            select(Poll.public_id).where(Poll.community_id == here, Poll.settled_at.is_(None))
        ).one()
        resident = db.session.scalars(
            select(Person.id).join(Household, Household.id == Person.household_id).where(Household.community_id == here)
        ).first()
        assert resident is not None
        assert service.cast(actor_of(resident), poll, {"stance": "consent"}, once="a form", agreed=True).code


def test_a_world_goes_into_an_empty_database_only(app: Flask, played: Template) -> None:
    """Nothing is mixed with what people wrote."""
    world.spread(app, played, 1, lambda _sentence: None)
    with pytest.raises(world.Refused):
        world.load(app, 1, FEW, lambda _sentence: None)
