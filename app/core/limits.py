"""Limits on tries, shared by all processes: counted in the database, or in Redis where a count may be forgotten.

Limits on sign-in, codes, mail to an address and complaints must hold, so they stay in the database. Those of ``FORGETTABLE``
only keep one reader from taking the machine from the others: where Redis starts anew, somebody gets a second helping.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import String, UniqueConstraint, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import metrics, shared
from app.core.clock import DAY, SECOND, now
from app.core.database import Base, Instant, Key, is_sqlite
from app.core.transaction import transaction
from app.engine.errors import TooMany
from app.engine.phrase import phrase

FORGETTABLE = frozenset({"api", "comment", "dossier"})


class Tries(Base):
    """How often something was tried within one window of time. Keys are hashed: no address is kept in the clear."""

    __tablename__ = "tries"
    __table_args__ = (UniqueConstraint("key", "window_start"),)

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(64))
    window_start: Mapped[Instant]
    count: Mapped[int] = mapped_column(default=0)


def count_try(kind: str, subject: str, *, most: int, window: int, times: int = 1) -> None:
    """Count a try of ``subject``, or several at once; past ``most`` within ``window`` milliseconds raise TooMany.

    Counts in a transaction of its own, so that a refused command still counts.
    """
    key = hashlib.sha256(f"{kind}\0{subject}".encode()).hexdigest()
    if kind in FORGETTABLE:
        at = now()
        counted = shared.add(f"tries:{key}:{at // window}", times, window / SECOND)
        if counted is not None:
            if counted > most:
                raise _too_many(kind, window - at % window)
            return
    with transaction() as tx:
        start = tx.now - tx.now % window
        # One statement, so that two first tries at the same moment are two, and neither fails.
        new = (sqlite.insert if is_sqlite() else postgresql.insert)(Tries).values(
            key=key, window_start=start, count=times
        )
        again = new.on_conflict_do_update(
            index_elements=[Tries.key, Tries.window_start], set_={"count": Tries.count + times}
        )
        count = tx.session.scalars(again.returning(Tries.count)).one()
        if count == times:
            tx.session.execute(delete(Tries).where(Tries.window_start < tx.now - 2 * DAY))
        left = start + window - tx.now
    if count > most:
        raise _too_many(kind, left)


def _too_many(kind: str, left: int) -> TooMany:
    """The refusal, counted, with how many milliseconds are left of the window."""
    metrics.count("limits_hit", kind=kind)
    minutes = max(1, (left + 59_999) // 60_000)
    return TooMany(phrase("Too many tries. Wait %(n)s minutes, or ask at the desk.", n=minutes))


def give_back(kind: str, subject: str, *, window: int) -> None:
    """Take back one counted try that turned out right: a lobby's one address lets many neighbours sign in."""
    key = hashlib.sha256(f"{kind}\0{subject}".encode()).hexdigest()
    if kind in FORGETTABLE and shared.add(f"tries:{key}:{now() // window}", -1, window / SECOND) is not None:
        return
    with transaction() as tx:
        tx.session.execute(
            update(Tries)
            .where(Tries.key == key, Tries.window_start == tx.now - tx.now % window, Tries.count > 0)
            .values(count=Tries.count - 1)
        )
