"""Each commit raises the versions of the communities it wrote in, however it wrote; a refused one raises nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update

from app.core import jobs
from app.core.database import db, table_of
from app.core.transaction import transaction
from app.core.version import TOWN, of_community, of_town, raise_versions
from app.people.communities import create_community
from app.people.models import Person
from app.people.places import Building, Entrance, Town


@pytest.fixture
def here(app: Flask) -> tuple[int, int]:
    """Two communities, with a building each."""
    with app.app_context():
        found = create_community(None, "ziteng", name="紫藤里"), create_community(None, "guixiang", name="桂香苑")
        with transaction() as tx:
            tx.session.add_all([Building(community_id=key, label="1") for key in found])
        return found


def versions(app: Flask) -> tuple[int, int, int]:
    """Those of the two communities' pages, and of the whole town's."""
    with app.app_context():
        return of_community("ziteng"), of_community("guixiang"), of_town()


def raised(app: Flask, write: Callable[[], object]) -> tuple[bool, bool, bool]:
    """Which of them a write raises."""
    before = versions(app)
    with app.app_context(), suppress(ZeroDivisionError):
        write()
    after = versions(app)
    return before[0] != after[0], before[1] != after[1], before[2] != after[2]


def written(what: Callable[[], object]) -> Callable[[], None]:
    def write() -> None:
        with transaction():
            what()

    return write


NOTHING, FIRST, EVERYTHING = (False, False, False), (True, False, True), (True, True, True)


def change(community_id: int) -> None:
    db.session.query(Building).filter_by(community_id=community_id).one().sort = 7


def remove(community_id: int) -> None:
    db.session.delete(db.session.query(Building).filter_by(community_id=community_id).one())


def test_objects_raise_the_community_they_belong_to(app: Flask, here: tuple[int, int]) -> None:
    first, _ = here
    assert raised(app, written(lambda: db.session.add(Building(community_id=first, label="2")))) == FIRST
    with app.app_context(), transaction() as tx:
        tx.session.delete(tx.session.query(Building).filter_by(label="2").one())
    assert raised(app, written(lambda: change(first))) == FIRST
    assert raised(app, written(lambda: remove(first))) == FIRST


def test_statements_raise_the_community_that_they_name(app: Flask, here: tuple[int, int]) -> None:
    first, _ = here
    table = table_of(Building)
    rows = [{"community_id": first, "label": str(n), "sort": 0} for n in range(5, 8)]
    for write in (
        lambda: db.session.execute(insert(Building), rows),
        lambda: db.session.execute(insert(table).values(community_id=first, label="8", sort=0)),
        lambda: db.session.connection().execute(
            insert(table), [{"community_id": first, "label": "9", "sort": 1}, {**rows[0], "label": "10"}]
        ),
        lambda: db.session.execute(update(Building).where(Building.community_id == first).values(sort=3)),
        lambda: db.session.execute(
            update(table).where(table.c.community_id == first, table.c.sort == 3).values(sort=4)
        ),
        lambda: db.session.execute(delete(table).where(table.c.label != "1", table.c.community_id == first)),
    ):
        assert raised(app, written(write)) == FIRST


def test_what_names_no_community_raises_everything(app: Flask, here: tuple[int, int]) -> None:
    table = table_of(Building)
    for write in (
        lambda: db.session.execute(update(table).where(table.c.label == "1").values(sort=5)),
        lambda: db.session.execute(
            update(table).where((table.c.community_id == here[0]) | (table.c.sort == 5)).values(sort=6)
        ),
        lambda: db.session.execute(text("UPDATE building SET sort = 8")),
        lambda: db.session.add(Town(name="清溪镇")),
        lambda: db.session.add(Person(name="张阿姨", created_at=1)),
        lambda: db.session.execute(update(Person).values(name="李叔")),
        lambda: db.session.execute(delete(Person)),
    ):
        assert raised(app, written(write)) == EVERYTHING


def test_a_row_that_names_no_community_goes_with_those_that_do(app: Flask, here: tuple[int, int]) -> None:
    table = table_of(Building)

    def both() -> None:
        change(here[0])
        db.session.execute(update(table).where(table.c.sort == 7).values(sort=9))

    assert raised(app, written(both)) == FIRST


def test_two_communities_in_one_transaction(app: Flask, here: tuple[int, int]) -> None:
    assert raised(app, written(lambda: [change(key) for key in here])) == EVERYTHING


def test_whoever_asks_no_session_is_seen_too(app: Flask, here: tuple[int, int]) -> None:
    def past_the_session() -> None:
        with db.engine.begin() as connection:
            connection.execute(insert(table_of(Building)), [{"community_id": here[0], "label": "3", "sort": 0}])

    assert raised(app, past_the_session) == FIRST


def test_what_no_page_shows_raises_nothing(app: Flask, here: tuple[int, int]) -> None:
    def enqueue() -> None:
        with transaction() as tx:
            jobs.enqueue(tx, "nothing", {})

    assert raised(app, enqueue) == NOTHING
    assert raised(app, lambda: jobs.run_one({"nothing": lambda _claim: None})) == NOTHING
    assert raised(app, written(lambda: db.session.query(Building).all())) == NOTHING


def test_what_is_taken_back_raises_nothing_then_or_later(app: Flask, here: tuple[int, int]) -> None:
    def spoiled() -> None:
        with transaction() as tx:
            change(here[0])
            tx.session.flush()
            raise ZeroDivisionError

    assert raised(app, spoiled) == NOTHING
    assert raised(app, written(lambda: None)) == NOTHING
    assert raised(app, written(lambda: change(here[0]))) == FIRST


def test_a_version_is_never_one_that_was(app: Flask, here: tuple[int, int]) -> None:
    seen = {versions(app)[0]}
    for n in range(40):
        with app.app_context(), transaction() as tx:
            tx.session.query(Building).filter_by(community_id=here[0]).one().sort = n + 100
        seen.add(versions(app)[0])
    assert len(seen) == 41


@pytest.mark.postgresql
def test_commits_in_two_communities_never_wait_in_a_ring(app: Flask, here: tuple[int, int]) -> None:
    failed: list[BaseException] = []

    def work(keys: tuple[int, ...]) -> None:
        try:
            for _ in range(60):
                with app.app_context(), db.engine.begin() as connection:
                    raise_versions(connection, sorted({TOWN, *keys}))
        except BaseException as error:
            failed.append(error)

    crowd = [threading.Thread(target=work, args=(keys,)) for keys in (here, here[::-1], here[:1], here[1:]) * 2]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert not failed


def test_a_row_below_others_is_written_with_its_community(app: Flask, here: tuple[int, int]) -> None:
    with app.app_context(), transaction() as tx:
        building = tx.session.query(Building).filter_by(community_id=here[0]).one()
        before = of_town()
        tx.session.add(Entrance(community_id=here[0], building_id=building.id, label="1"))
    with app.app_context():
        assert of_town() != before


def test_a_session_whose_server_went_away_can_be_rolled_back(app: Flask, here: tuple[int, int]) -> None:
    def broken() -> None:
        with transaction() as tx:
            tx.session.execute(update(table_of(Town)).values(desk_place="x"))
            tx.session.connection().invalidate()
            raise ZeroDivisionError

    before = versions(app)
    with app.app_context():
        with pytest.raises(ZeroDivisionError):  # what went wrong is told, not that it can't be undone
            broken()
        assert db.session.execute(text("select 1")).scalar_one() == 1
    assert versions(app) == before
