"""Days where clocks are put forward and back, and at the date line (D2): a local day is that day, and a day has its hours."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from flask import Flask

from app.core.clock import HOUR
from app.core.i18n import at_local, local, local_date

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_a_year_is_itself(app: Flask, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setitem(app.config, "QIDING", dataclasses.replace(app.config["QIDING"], timezone=zone))
    with app.app_context():
        for number in range(365):
            day = date(2026, 1, 1) + timedelta(days=number)
            start, end = at_local(day), at_local(day + timedelta(days=1))
            assert local_date(start) == day
            assert local_date(end - 1) == day
            assert 23 * HOUR <= end - start <= 25 * HOUR
            assert local(at_local(day, 9)).hour == 9


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_whose_hour_is_lost_or_comes_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch, day: date, hours: int
) -> None:
    monkeypatch.setitem(app.config, "QIDING", dataclasses.replace(app.config["QIDING"], timezone="Europe/Berlin"))
    with app.app_context():
        assert at_local(day + timedelta(days=1)) - at_local(day) == hours * HOUR
        assert at_local(day, 2, 30) <= at_local(day, 3, 30)  # the lost hour is the next one
