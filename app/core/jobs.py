"""Long work in the background: rows in the application's own database, claimed with a lease."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import Index, String, Text, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.core import logs, metrics
from app.core.clock import MINUTE, SECOND
from app.core.database import Base, Instant, Key, PublicId, db, is_sqlite
from app.core.transaction import Tx, transaction

log = logging.getLogger(__name__)
LEASE = 5 * MINUTE
MOST_ATTEMPTS = 5
TICK_SECONDS = 30.0
HEARD = "heard"  # the kind of a job that is always done: its end is when a thread was last heard of
_held: set[Claim] = set()  # what threads of this process work at


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
    arguments: Mapping[str, Any] = field(hash=False)
    attempt: int = 1

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is and keep the lease, while it is still this process's; its own short transaction."""
        with transaction() as tx:
            mine = (Job.id == self.id, Job.state == "running", Job.attempts == self.attempt)
            tx.session.execute(update(Job).where(*mine).values(done=done, total=total, lease_until=tx.now + LEASE))


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
        claim = Claim(due.id, due.kind, dict(due.arguments), due.attempts)
    _held.add(claim)
    try:
        with logs.about(job=claim.id, kind=claim.kind, attempt=claim.attempt):
            _run(handlers[claim.kind], claim)
    finally:
        _held.discard(claim)
    return True


def _run(handler: Handler, claim: Claim) -> None:
    began = time.monotonic()
    try:
        handler(claim)
    except Exception as error:
        log.exception("a job failed")
        last = claim.attempt >= MOST_ATTEMPTS
        _end(claim.id, "failed" if last else "queued", type(error).__name__, claim.attempt)
        metrics.count("jobs_run", kind=claim.kind, outcome="failed" if last else "again")
    else:
        _end(claim.id, "done", None, claim.attempt)
        metrics.count("jobs_run", kind=claim.kind, outcome="done")
        log.info("a job is done", extra={"fields": {"ms": round((time.monotonic() - began) * 1000)}})


def give_back() -> int:
    """Give back what threads of this process still work at, since the process ends: another may begin it at once.

    The try counts. Whatever the thread does yet is another's work by then, as after the end of a lease.
    """
    held = list(_held)
    with transaction() as tx:
        for claim in held:
            mine = (Job.id == claim.id, Job.state == "running", Job.attempts == claim.attempt)
            tx.session.execute(update(Job).where(*mine).values(state="queued", lease_until=None, run_after=tx.now))
    return len(held)


def note_heard(thread: str) -> None:
    """Leave a sign of life where other processes see it."""
    with transaction() as tx:
        row = {"kind": HEARD, "key": f"{HEARD}:{thread}", "arguments": {}, "state": "done", "run_after": tx.now}
        new = (sqlite.insert if is_sqlite() else postgresql.insert)(Job).values(
            **row, created_at=tx.now, ended_at=tx.now
        )
        tx.session.execute(new.on_conflict_do_update(index_elements=[Job.key], set_={"ended_at": tx.now}))


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


class Running(threading.Event):
    """Threads of this process that run jobs, until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []

    def end(self, app: Flask, patience: float | None) -> bool:
        """Let the present job end, for so many seconds; else give it back. Whether all ended by themselves."""
        self.set()
        until = None if patience is None else time.monotonic() + patience
        for thread in self.threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
        if not any(thread.is_alive() for thread in self.threads):
            return True
        given = _guarded(app, give_back)
        log.info("stopped within a job", extra={"fields": {"given_back": given}})
        return False


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
    stop: Running | None = None,
    name: str = "jobs",
) -> Running:
    """Run jobs in a thread of this process, and the ticks every half minute, until what is returned is set."""
    stop = Running() if stop is None else stop

    def work() -> None:
        next_tick = 0.0
        while not stop.is_set():
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + TICK_SECONDS
                for function in (*ticks, lambda: note_heard(name)):
                    if not stop.is_set():
                        _guarded(app, function)
            busy = bool(handlers) and bool(_guarded(app, lambda: run_one(handlers)))
            if not busy:
                stop.wait(pause)

    thread = threading.Thread(target=work, name=f"qiding-{name}", daemon=True)
    stop.threads.append(thread)
    thread.start()
    return stop


def start_threads(app: Flask) -> Running:
    """Run jobs and ticks in one thread, and what speaks with other servers in another."""
    ticks = [partial(alone, function) for function in app.extensions["qiding.ticks"]]
    stop = start_thread(app, app.extensions["qiding.jobs"], ticks)
    return start_thread(app, {}, app.extensions["qiding.outside"], stop=stop, name="outside")


def _guarded(app: Flask, work: Callable[[], int | bool | None]) -> int:
    """Do one piece of work in a context of its own; what it raises is logged, and the thread goes on."""
    try:
        with app.app_context():
            try:
                return int(work() or 0)
            finally:
                db.session.remove()
    except Exception:
        log.exception("the job thread stumbled")
        return 0
