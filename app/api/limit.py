"""So many requests of one address. They are counted in the database, shared by all processes, but twenty at a time.

A write for each request would cost more than its answer, and would stand in the way of those who vote meanwhile.
"""

from __future__ import annotations

from threading import Lock

from sqlalchemy.exc import DBAPIError

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
    with _lock:
        if len(uncounted) >= ADDRESSES:
            uncounted.clear()
        waiting = uncounted.get(key, 0) + 1
        uncounted[key] = waiting % AT_ONCE
    if waiting < AT_ONCE:
        return None
    try:
        count_try("api", address, most=MOST, window=WINDOW, times=AT_ONCE)
    except TooMany:
        with _lock:
            uncounted[key] = AT_ONCE - 1  # the next one is counted too, until the window is over
        return (WINDOW - now % WINDOW + 999) // 1000
    except DBAPIError:
        db.session.rollback()
    return None
