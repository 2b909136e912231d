"""When an activity is open, computed from the clock each time it is asked, and who may act in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from app.engine.method import Activity

DAY = 86_400_000


@dataclass(frozen=True)
class Window:
    """Whether an activity waits, is open or is over; its times as far as they are known."""

    state: Literal["waiting", "open", "over"]
    opens_at: int | None = None
    closes_at: int | None = None


def activity_window(
    activity: Activity,
    *,
    step_opened_at: int | None,
    after_closed_at: int | None,
    now: int,
    running: bool,
    step_closed_at: int | None = None,
    override_opens: int | None = None,
    override_closes: int | None = None,
) -> Window:
    """The window of an activity at ``now``.

    It is counted from the opening of the step or, for an activity that comes ``after`` another, from the end of that
    one (``after_closed_at``, None while it lasts). The overrides are times set by people, as of an announced poll. A
    step that closed closes what is in it. Nothing is open unless the project runs: what would be, waits.
    """
    begins = step_opened_at
    if begins is not None and activity.after is not None:
        begins = None if after_closed_at is None else max(begins, after_closed_at)
    opens = begins + activity.opens_day * DAY if begins is not None else None
    if override_opens is not None and step_opened_at is not None:
        opens = max(override_opens, step_opened_at)
    closes = override_closes
    if closes is None and opens is not None and activity.open_days is not None:
        closes = opens + activity.open_days * DAY
    if step_closed_at is not None:
        closes = step_closed_at if closes is None else min(closes, step_closed_at)
    if closes is not None and now >= closes:
        return Window("over", opens, closes)
    if opens is None or now < opens or not running:
        return Window("waiting", opens, closes)
    return Window("open", opens, closes)


def may(activity: Activity, action: str, rings: Collection[str]) -> bool:
    """Whether somebody of ``rings`` may do ``action`` in the activity, while it is open."""
    return any(ring in rings for ring in activity.who.get(action, ()))
