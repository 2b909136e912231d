"""The period of a notice by the calendar: the day of posting isn't counted; full days follow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

CALENDAR, WORKING = "calendar", "working"
COUNTS = (CALENDAR, WORKING)
NO_DAYS: Mapping[date, bool] = {}


def published(day: date) -> bool | None:
    """Whether people work on a day, by the State Council's published list; None for a year it isn't out for."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def listed_until(year: int) -> int | None:
    """The last year, from ``year`` on, whose holidays are published; None where not even this one's are."""
    found = None
    while published(date(year, 1, 1)) is not None:
        found, year = year, year + 1
    return found


def worked(day: date, ruled: Mapping[date, bool] = NO_DAYS) -> tuple[bool, bool]:
    """Whether people work on a day, and whether that is only supposed: of a year without a list we know the weekends.

    ``ruled`` are the days that the town has set otherwise; they come first.
    """
    listed = published(day)
    if day in ruled:
        return ruled[day], False
    if listed is None:
        return day.weekday() < 5, True
    return listed, False


@dataclass(frozen=True)
class Period:
    """A period's last day, and whether it rests on a calendar that isn't published yet."""

    last: date
    provisional: bool = False


def period(posted_on: date, days: int, count: str = CALENDAR, ruled: Mapping[date, bool] = NO_DAYS) -> Period:
    """The period of ``days`` full days, or full working days, that follow the day of posting."""
    if days < 1:
        raise ValueError("a notice hangs for a day at least")
    if count == CALENDAR:
        return Period(posted_on + timedelta(days=days))
    if count != WORKING:
        raise ValueError(count)
    day, left, provisional = posted_on, days, False
    while left:
        day += timedelta(days=1)
        is_worked, supposed = worked(day, ruled)
        provisional = provisional or supposed
        left -= is_worked
    return Period(day, provisional)
