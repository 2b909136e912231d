"""The one source of time. Instants are integers: milliseconds since 1970 in UTC."""

from __future__ import annotations

import time as _time
from typing import Protocol

from flask import current_app, g

from app.core.moments import Watch

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> int: ...


class SystemClock:
    """The machine's clock, so many milliseconds ahead of it where a world lies in another time."""

    def __init__(self, ahead: int = 0) -> None:
        self.ahead = ahead

    def now(self) -> int:
        return _time.time_ns() // 1_000_000 + self.ahead


class FixedClock:
    """A clock that stands until it is moved: for tests and for the demonstration."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def set(self, at: int) -> None:
        self.at = at

    def advance(self, milliseconds: int) -> None:
        self.at += milliseconds


def now() -> int:
    """The present instant by the application's clock, for reads. Commands use ``tx.now``.

    While a page is made to be kept it is one instant throughout, which notes what it is compared with.
    """
    watch: Watch | None = g.get("watch")
    if watch is not None:
        return watch.instant()
    clock: Clock = current_app.extensions["qiding.clock"]
    return clock.now()
