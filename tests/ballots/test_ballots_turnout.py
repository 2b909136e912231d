"""In a closing hour pages are kept: a cast makes none of them anew, and each shows the turnout as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.ballots import service
from app.core.cache import Kept
from app.core.clock import DAY
from app.core.database import db
from app.core.version import of_town
from app.factory import create_app
from tests.ballots.races import statements
from tests.ballots.world import OBJECTION, World


@pytest.fixture
def plain(world: World) -> Iterator[Flask]:
    """The same town, served by who keeps no page."""
    app = create_app(replace(world.app.config["QIDING"], page_cache=0), world.clock)
    yield app
    with app.app_context():
        db.engine.dispose()


def pages(world: World, poll: str) -> list[str]:
    here = f"/c/{world.slug}"
    vote = f"{here}/poll/{poll}"
    return ["/", f"{here}/", f"{here}/project/{world.project}", vote, f"{vote}/result", f"{vote}/turnout"]


def get(app: Flask, url: str) -> bytes:
    return app.test_client().get(url, headers={"Accept-Encoding": ""}).data


def asked(world: World, url: str) -> int:
    """How many statements a page takes."""
    seen: list[str] = []
    with statements(world.app, seen.append):
        get(world.app, url)
    return len(seen)


def test_casts_make_no_page_anew_and_each_shows_the_turnout(world: World, plain: Flask) -> None:
    world.households(20)
    poll = world.open()
    world.cast(0, poll)
    urls = pages(world, poll)
    for url in urls:
        get(world.app, url)
    with world.here():
        before = of_town()
    told = set()
    for n in range(1, 13):
        if n % 4 == 0:
            world.cast(n, poll, **OBJECTION)
        else:
            world.cast(n, poll)
        for url in urls:
            assert get(world.app, url) == get(plain, url), (n, url)
        told.add(get(world.app, urls[3]))
    with world.here():
        assert of_town() == before, "a cast made every page of the town anew"
    assert len(told) == 3  # fewer than five, at least five, at least ten
    world.cast(13, poll)
    world.cast(14, poll)
    assert get(world.app, urls[3]) not in told
    for url in urls[:4]:
        assert asked(world, url) <= 2, url


def test_a_vote_that_closed_shows_each_ballot_that_came_before_its_count(world: World, plain: Flask) -> None:
    poll = world.open()
    for n in range(2):
        world.cast(n, poll)
    late = world.app.extensions["qiding.clock"]
    urls = pages(world, poll)
    ends = late.now() + 8 * DAY
    late.set(ends)
    for url in urls:
        get(world.app, url)
    # One that was judged in time and committed after the close, before anybody counted: now enough took part.
    late.set(ends - 3 * DAY)
    world.cast(2, poll)
    late.set(ends)
    for url in urls:
        assert get(world.app, url) == get(plain, url), url
    with world.here():
        service.settle_due()
    kept: Kept = world.app.extensions["qiding.pages"]
    kept.clear()
    for url in urls[:5]:
        get(world.app, url)
        assert get(world.app, url) == get(plain, url), url
        assert asked(world, url) <= 2, url
