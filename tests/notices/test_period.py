"""The period of a notice by the calendar: pure, on days whose holidays are published and on days whose are not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.notices.period import CALENDAR, WORKING, Period, period, published, worked

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("posted_on", "days", "last"),
    [
        (date(2026, 3, 8), 7, date(2026, 3, 15)),
        (date(2026, 3, 8), 1, date(2026, 3, 9)),
        (date(2026, 12, 31), 1, date(2027, 1, 1)),
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
    ],
)
def test_the_day_of_posting_is_not_counted_and_full_days_follow(posted_on: date, days: int, last: date) -> None:
    assert period(posted_on, days) == Period(last, provisional=False)


@pytest.mark.parametrize("count", [CALENDAR, WORKING])
def test_a_notice_hangs_for_a_day_at_least(count: str) -> None:
    with pytest.raises(ValueError, match="a day at least"):
        period(date(2026, 3, 8), 0, count)
    with pytest.raises(ValueError, match="lunar"):
        period(date(2026, 3, 8), 3, "lunar")


@pytest.mark.parametrize(
    ("posted_on", "days", "last"),
    [
        # A Friday: the next working day is Monday.
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 6), 5, date(2026, 3, 13)),
        # The National Day holiday of 2026 takes 1 to 7 October; Saturday the 10th is worked for it.
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 9, 30), 4, date(2026, 10, 12)),
        # New Year 2024 was a Monday; Sunday 4 February 2024 was worked for the Spring Festival.
        (date(2023, 12, 29), 1, date(2024, 1, 2)),
        (date(2024, 2, 2), 1, date(2024, 2, 4)),
        (date(2024, 2, 8), 2, date(2024, 2, 18)),
    ],
)
def test_working_days_leave_out_holidays_and_count_the_days_worked_for_them(
    posted_on: date, days: int, last: date
) -> None:
    assert period(posted_on, days, WORKING) == Period(last, provisional=False)


def test_a_year_without_a_published_list_leaves_out_weekends_and_is_provisional() -> None:
    assert published(date(2035, 1, 1)) is None
    assert period(date(2034, 12, 29), 1, WORKING) == Period(date(2035, 1, 1), provisional=True)  # a Monday
    assert period(date(2035, 3, 2), 5, WORKING) == Period(date(2035, 3, 9), provisional=True)
    # By calendar days no list is needed, and nothing is provisional.
    assert period(date(2035, 3, 2), 5, CALENDAR) == Period(date(2035, 3, 7))


def test_only_days_that_were_looked_at_make_a_period_provisional() -> None:
    last_listed = date(2026, 12, 31)
    assert published(last_listed) is not None
    unlisted = last_listed if published(date(2027, 1, 1)) is None else None
    if unlisted is not None:  # until the list of 2027 is in the library
        assert not period(date(2026, 12, 30), 1, WORKING).provisional
        assert period(date(2026, 12, 30), 2, WORKING).provisional


def test_a_day_that_the_town_has_set_comes_before_the_list() -> None:
    storm = {date(2026, 3, 9): False}
    assert period(date(2026, 3, 6), 1, WORKING, storm) == Period(date(2026, 3, 10))
    worked_on_saturday = {date(2026, 3, 7): True}
    assert period(date(2026, 3, 6), 1, WORKING, worked_on_saturday) == Period(date(2026, 3, 7))
    # Of a year without a list, a day that was set is not supposed any more; the others are.
    assert worked(date(2035, 1, 1), {date(2035, 1, 1): False}) == (False, False)
    found = period(date(2034, 12, 31), 1, WORKING, {date(2035, 1, 1): False})
    assert found == Period(date(2035, 1, 2), provisional=True)
    # The last day was set, one before it is supposed: the period is provisional all the same.
    assert period(date(2035, 3, 1), 2, WORKING, {date(2035, 3, 5): True}) == Period(date(2035, 3, 5), provisional=True)


def test_every_period_has_as_many_working_days_as_it_says() -> None:
    for start in range(0, 1500, 7):
        posted_on = date(2022, 12, 20) + timedelta(days=start)
        for days in (1, 5, 15):
            last = period(posted_on, days, WORKING).last
            between = [posted_on + timedelta(days=n + 1) for n in range((last - posted_on).days)]
            assert sum(worked(day)[0] for day in between) == days
            assert worked(last)[0]
