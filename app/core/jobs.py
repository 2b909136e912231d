"""Long work in the background: rows in the application's own database, claimed with a lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import Index, String, Text, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import MINUTE, SECOND
from app.core.database import Base, Instant, Key, PublicId, db, is_sqlite
from app.core.transaction import Tx, transaction

log = logging.getLogger(__name__)
LEASE = 5 * MINUTE
MOST_ATTEMPTS = 5
TICK_SECONDS = 30.0


class Job(Base):
    """One piece of work. ``state``: queued, running, done or failed; ``done`` of ``total`` is its progress."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "run_after"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    run_after: Mapped[Instant]
    lease_until: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Instant]
    ended_at: Mapped[int | None]


@dataclass(frozen=True)
class Claim:
    """A job this process holds until its lease ends; ``progress`` reports and renews it."""

    id: int
    kind: str
    arguments: Mapping[str, Any]

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is and keep the lease; its own short transaction."""
        with transaction() as tx:
            tx.session.execute(
                update(Job).where(Job.id == self.id).values(done=done, total=total, lease_until=tx.now + LEASE)
            )


Handler = Callable[[Claim], None]


def enqueue(tx: Tx, kind: str, arguments: Mapping[str, Any], *, key: str | None = None, run_after: int = 0) -> Job:
    """Add a job in this transaction; with a ``key`` that is already there, return that job."""
    values = {"kind": kind, "arguments": dict(arguments), "run_after": run_after or tx.now, "created_at": tx.now}
    if key is None:
        job = Job(**values)
        tx.session.add(job)
        tx.session.flush()
        return job
    # Looked for and added in one statement: another host may ask for the same at this moment.
    new = (sqlite.insert if is_sqlite() else postgresql.insert)(Job).values(key=key, **values)
    tx.session.execute(new.on_conflict_do_nothing(index_elements=[Job.key]))
    return tx.session.scalars(select(Job).where(Job.key == key)).one()


def run_one(handlers: Mapping[str, Handler]) -> bool:
    """Claim and run one due job; whether there was one. A job that raises is tried again later, at most five times."""
    with transaction() as tx:
        # What outlived its lease five times kills its workers: another try would kill the next one.
        tx.session.execute(
            update(Job)
            .where(Job.state == "running", Job.lease_until < tx.now, Job.attempts >= MOST_ATTEMPTS)
            .values(state="failed", error="LeaseEnded", lease_until=None, ended_at=tx.now)
        )
        due = tx.session.scalar(
            select(Job)
            .where(
                or_(Job.state == "queued", (Job.state == "running") & (Job.lease_until < tx.now)),
                Job.run_after <= tx.now,
                Job.kind.in_(list(handlers)),
            )
            .order_by(Job.run_after, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if due is None:
            return False
        due.state, due.lease_until, due.attempts = "running", tx.now + LEASE, due.attempts + 1
        claim, attempts = Claim(due.id, due.kind, dict(due.arguments)), due.attempts
    try:
        handlers[claim.kind](claim)
    except Exception as error:
        log.exception("job %s (%s) failed, attempt %s", claim.id, claim.kind, attempts)
        _end(claim.id, "failed" if attempts >= MOST_ATTEMPTS else "queued", type(error).__name__, attempts)
    else:
        _end(claim.id, "done", None, attempts)
    return True


def _end(job_id: int, state: str, error: str | None, attempts: int) -> None:
    with transaction() as tx:
        job = tx.session.get_one(Job, job_id, with_for_update=True)
        if (job.state, job.attempts) != ("running", attempts):
            return  # the lease ended meanwhile, and somebody else took the job over
        job.state, job.error, job.lease_until = state, error, None
        job.ended_at = tx.now if state != "queued" else None
        job.run_after = tx.now + (2**attempts) * 5 * SECOND if state == "queued" else job.run_after


def run_all(handlers: Mapping[str, Handler], most: int = 1000) -> int:
    """Run what is due, one after the other, and return how many."""
    count = 0
    while count < most and run_one(handlers):
        count += 1
    return count


def tick_all(ticks: Sequence[Callable[[], int]]) -> int:
    """Run each tick that no other process runs at this moment, and return how many things they did."""
    return sum(alone(function) for function in ticks)


def alone(tick: Callable[[], int]) -> int:
    """Run a tick, unless another process is at it: then that one does what is due, and this one has nothing to do.

    Each tick is right when several run at once, on SQLite too; held apart they don't wait for each other's rows. The lock is
    that of a transaction on a connection of its own: it ends with the process, however that ends.
    """
    if is_sqlite():
        return tick()
    name = f"qiding.tick:{tick.__module__}.{tick.__qualname__}"
    with db.engine.connect() as connection:
        if not connection.scalar(text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}):
            return 0
        return tick()


def start_thread(
    app: Flask,
    handlers: Mapping[str, Handler],
    ticks: Sequence[Callable[[], int]] = (),
    pause: float = 1.0,
    stop: threading.Event | None = None,
) -> threading.Event:
    """Run jobs in a thread of this process, and the ticks every half minute, until the returned event is set."""
    stop = threading.Event() if stop is None else stop

    def work() -> None:
        next_tick = 0.0
        while not stop.is_set():
            if ticks and time.monotonic() >= next_tick:
                next_tick = time.monotonic() + TICK_SECONDS
                for function in ticks:
                    _guarded(app, function)
            busy = bool(handlers) and bool(_guarded(app, lambda: run_one(handlers)))
            if not busy:
                stop.wait(pause)

    threading.Thread(target=work, name="qiding-jobs", daemon=True).start()
    return stop


def start_threads(app: Flask) -> threading.Event:
    """Run jobs and ticks in one thread, and what speaks with other servers in another; until the returned event is set."""
    ticks = [partial(alone, function) for function in app.extensions["qiding.ticks"]]
    stop = start_thread(app, app.extensions["qiding.jobs"], ticks)
    return start_thread(app, {}, app.extensions["qiding.outside"], stop=stop)


def _guarded(app: Flask, work: Callable[[], int]) -> int:
    """Do one piece of work in a context of its own; what it raises is logged, and the thread goes on."""
    try:
        with app.app_context():
            try:
                return work()
            finally:
                db.session.remove()
    except Exception:
        log.exception("the job thread stumbled")
        return 0
