"""So many requests of one address, counted for all processes together: each in Redis where there is one.

In the database they are counted twenty at a time: a write for each request would cost more than its answer, and would
stand in the way of those who vote meanwhile. What a process has not counted yet, at most nineteen of an address, is lost with it.
"""

from __future__ import annotations

from threading import Lock

from sqlalchemy.exc import DBAPIError

from app.core import shared
from app.core.clock import MINUTE
from app.core.database import db
from app.core.limits import count_try
from app.engine.errors import TooMany

WINDOW = 10 * MINUTE
MOST = 1200  # requests of one address within the window
AT_ONCE = 20
ADDRESSES = 10_000  # that a process remembers at most between two counts
uncounted: dict[int, int] = {}  # below AT_ONCE each, by what an address hashes to in this process
_lock = Lock()


def count(address: str, now: int) -> int | None:
    """Count a request; for how many seconds to wait, where there were too many.

    A count that can't be written keeps nobody out: what may be read is read on while the disk is full.
    """
    key = hash(address)
    at_once = 1 if shared.door().state == "up" else AT_ONCE
    with _lock:
        if len(uncounted) >= ADDRESSES:
            uncounted.clear()
        waiting = uncounted.get(key, 0) + 1
        uncounted[key] = 0 if waiting >= at_once else waiting
    if waiting < at_once:
        return None
    try:
        count_try("api", address, most=MOST, window=WINDOW, times=waiting)
    except TooMany:
        with _lock:
            uncounted[key] = AT_ONCE - 1  # the next one is counted too, until the window is over
        return (WINDOW - now % WINDOW + 999) // 1000
    except DBAPIError:
        db.session.rollback()
    return None
