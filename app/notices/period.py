"""The period of a notice: the day of posting isn't counted; full days follow, to the midnight of the last. Pure."""

from __future__ import annotations

from datetime import date, timedelta


def last_day(posted_on: date, days: int) -> date:
    """The last day of a period of ``days`` full calendar days."""
    if days < 1:
        raise ValueError("a notice hangs for a day at least")
    return posted_on + timedelta(days=days)
