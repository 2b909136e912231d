"""Limits on tries: so many in a window, for each subject, whoever counts."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import DAY, MINUTE, FixedClock
from app.core.database import db
from app.core.limits import Tries, count_try
from app.engine.errors import TooMany
from tests.core.together import together


def test_so_many_tries_pass_and_the_next_is_refused(app: Flask, clock: FixedClock) -> None:
    with app.app_context():
        for _ in range(3):
            count_try("code", "192.0.2.7", most=3, window=10 * MINUTE)
        with pytest.raises(TooMany, match="Wait 10 minutes") as refused:
            count_try("code", "192.0.2.7", most=3, window=10 * MINUTE)
        assert refused.value.status == 429
        clock.advance(9 * MINUTE + 1)
        with pytest.raises(TooMany, match="Wait 1 minutes"):
            count_try("code", "192.0.2.7", most=3, window=10 * MINUTE)
        clock.advance(MINUTE)
        count_try("code", "192.0.2.7", most=3, window=10 * MINUTE)


def test_each_subject_and_each_kind_has_its_own_count(app: Flask) -> None:
    with app.app_context():
        count_try("code", "192.0.2.7", most=1, window=MINUTE)
        count_try("code", "192.0.2.8", most=1, window=MINUTE)
        count_try("move", "192.0.2.7", most=1, window=MINUTE)
        with pytest.raises(TooMany):
            count_try("code", "192.0.2.7", most=1, window=MINUTE)


def test_no_address_is_kept_in_the_clear(app: Flask) -> None:
    with app.app_context():
        count_try("code", "192.0.2.7", most=1, window=MINUTE)
        row = db.session.scalars(select(Tries)).one()
        assert len(row.key) == 64
        assert "192" not in f"{row.key[:3]}"
        assert int(row.key, 16)


def test_old_counts_are_swept_away(app: Flask, clock: FixedClock) -> None:
    with app.app_context():
        count_try("code", "192.0.2.7", most=1, window=MINUTE)
        clock.advance(2 * DAY + MINUTE)
        count_try("code", "192.0.2.8", most=1, window=MINUTE)
        assert db.session.scalar(select(func.count()).select_from(Tries)) == 1


def test_many_at_once_are_counted_one_by_one(app: Flask) -> None:
    answers = together(app, lambda _: count_try("code", "192.0.2.7", most=8, window=MINUTE), 12)
    kinds = [type(answer) for answer in answers]
    assert (kinds.count(type(None)), kinds.count(TooMany)) == (8, 4), answers
    with app.app_context():
        assert db.session.scalars(select(Tries.count)).all() == [12]
