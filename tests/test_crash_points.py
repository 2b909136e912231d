"""A process killed at a named point within a command leaves nothing half done, and the form sent again counts once (R3).

Here each point meets some commands and each command, over time, some point; ``make crash`` tries every command at every
point. A command is a row of the permission table that does something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.core.database import db
from app.core.forms import Form, OnceForm
from tests.bad_input import FULL
from tests.bad_input_forms import FORMS, form_of, post, remember
from tests.conftest import emptied
from tests.crash_points import COMMITTED, POINTS, After, audit, counts, crash, differences
from tests.permission_requests import Furnished, contents, keep_world
from tests.permission_table import Row
from tests.permission_world import build

EVERY = 1 if FULL else 6  # of the commands, so many are left for the other points
PAIRS = [
    (row, point)
    for k, row in enumerate(FORMS)
    for n, point in enumerate(POINTS)
    if FULL or (k % EVERY == 0 and n == (k // EVERY) % len(POINTS))
]

# Two commands, one after the other: a password is set, and its owner signed in. Killed between, one signs in with it.
SIGNS_IN_AFTER = {"people.accept", "people.change_password"}


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[tuple[Furnished, int]]:
    """The town of the permission table, built once, and sound."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        kept = keep_world(build(app, clock))
        yield kept, clock.now()


@pytest.fixture
def town(built: tuple[Furnished, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Furnished]:
    """The town as it was built; put back after."""
    kept, at = built
    kept.world.clock.set(at)
    monkeypatch.setitem(kept.world.app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(Form, "validate", remember(Form.validate))
    yield kept
    with kept.world.app.app_context():
        db.session.remove()
    if kept.changed()[0]:
        kept.put_back()


def test_the_town_is_sound_before_anybody_is_killed(town: Furnished) -> None:
    assert audit(town) == ""


met: Counter[str] = Counter()


@pytest.mark.parametrize(("row", "point"), PAIRS, ids=[f"{row.name} {point}" for row, point in PAIRS])
def test_a_kill_leaves_nothing_half_done(town: Furnished, row: Row, point: str) -> None:
    once = isinstance(form_of(town, row), OnceForm)
    before = town.rows
    found: After = crash(town, row, point)
    if not found.met:
        return  # this command never comes there: it writes less, or by other ways
    met[point] += 1
    assert found.last is not None
    sound = audit(town)
    assert sound == "", sound
    assert found.again < 500, found.again
    half = differences(before, found.rows)
    if point != COMMITTED:
        assert half == [], f"killed {point}, and {half} changed"
    town.changed()  # another process wrote: what of it is to be put back
    town.put_back()
    answer = post(town, row)
    whole = counts(contents(town.world.app))
    assert answer.status_code < 400, answer.status_code
    if point != COMMITTED or once:
        assert found.again < 400, found.again
        assert counts(found.last) == whole  # one, not none and not two
    if row.endpoint in SIGNS_IN_AFTER:
        whole = {**whole, "staff_session": len(found.rows["staff_session"])}
    if point == COMMITTED:
        assert counts(found.rows) == whole, "answered by nobody, and half of it is there"


@pytest.mark.usefixtures("built")  # so that it runs in the process that ran the others
def test_every_point_was_met() -> None:
    assert set(met) == set(POINTS), f"nothing was ever killed {sorted(set(POINTS) - set(met))}"
