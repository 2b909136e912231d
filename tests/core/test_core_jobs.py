"""Jobs: claimed by one, run again when its lease ends, tried again when they fail, given up after five tries."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import jobs
from app.core.clock import DAY, SECOND, FixedClock
from app.core.database import db
from app.core.jobs import LEASE, MOST_ATTEMPTS, Claim, Job, enqueue, run_all, run_one
from app.core.transaction import transaction
from tests.conftest import NOON
from tests.core.together import together


@pytest.fixture
def here(app: Flask) -> Iterator[None]:
    """The application's context."""
    with app.app_context():
        yield


pytestmark = pytest.mark.usefixtures("here")


def add(kind: str = "count", key: str | None = None, run_after: int = 0, **arguments: int) -> int:
    """Enqueue a job and return its id."""
    with transaction() as tx:
        return enqueue(tx, kind, arguments, key=key, run_after=run_after).id


def job(job_id: int) -> Job:
    """A job as it stands now."""
    db.session.rollback()
    return db.session.get_one(Job, job_id, populate_existing=True)


class Work:
    """A handler that notes what it ran, and fails or dies as long as it is told to."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.ran: list[Mapping[str, int]] = []
        self.error = error
        self.noting = threading.Lock()

    def __call__(self, claim: Claim) -> None:
        with self.noting:
            self.ran.append(claim.arguments)
        if self.error is not None:
            raise self.error


@contextmanager
def dying() -> Iterator[None]:
    """What kills a worker in the middle of a job leaves no trace but its lease."""
    with pytest.raises(SystemExit):
        yield


def test_a_job_runs_once_with_its_arguments() -> None:
    work, id_ = Work(), add(n=7)
    assert run_one({"count": work})
    assert not run_one({"count": work})
    assert work.ran == [{"n": 7}]
    done = job(id_)
    assert (done.state, done.attempts, done.error, done.lease_until, done.ended_at) == ("done", 1, None, None, NOON)


def test_jobs_run_in_the_order_of_their_time_and_none_before(clock: FixedClock) -> None:
    work = Work()
    add(n=3, run_after=NOON + DAY)
    add(n=1)
    add(n=2)
    assert run_all({"count": work}) == 2
    clock.advance(DAY - 1)
    assert run_all({"count": work}) == 0
    clock.advance(1)
    assert run_all({"count": work}) == 1
    assert [arguments["n"] for arguments in work.ran] == [1, 2, 3]


def test_a_job_of_an_unknown_kind_is_left_to_others() -> None:
    id_ = add("other")
    assert not run_one({"count": Work()})
    assert job(id_).state == "queued"


def test_a_job_with_a_key_is_enqueued_once() -> None:
    first = add(key="roll.read:1", n=1)
    assert add(key="roll.read:1", n=2) == first
    assert add(key="roll.read:2", n=3) != first
    assert db.session.scalar(select(func.count()).select_from(Job)) == 2
    assert job(first).arguments == {"n": 1}


def test_a_job_falls_with_the_command_that_asked_for_it() -> None:
    def fails() -> None:
        with transaction() as tx:
            enqueue(tx, "count", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not run_one({"count": Work()})


def test_a_job_of_a_dead_worker_runs_again_when_its_lease_ends(clock: FixedClock) -> None:
    work, id_ = Work(SystemExit()), add(n=1)
    with dying():
        run_one({"count": work})
    assert (job(id_).state, job(id_).lease_until) == ("running", NOON + LEASE)
    work.error = None
    clock.advance(LEASE)
    assert not run_one({"count": work})
    clock.advance(1)
    assert run_one({"count": work})
    assert (job(id_).state, job(id_).attempts, len(work.ran)) == ("done", 2, 2)


def test_a_failed_job_is_tried_again_later_and_then_given_up(clock: FixedClock) -> None:
    work, id_ = Work(ZeroDivisionError("no secret words")), add(n=1)
    waits = []
    for attempt in range(1, MOST_ATTEMPTS):
        assert run_one({"count": work})
        row = job(id_)
        assert (row.state, row.attempts, row.error, row.ended_at) == ("queued", attempt, "ZeroDivisionError", None)
        waits.append(row.run_after - clock.now())
        assert not run_one({"count": work})
        clock.set(row.run_after)
    assert waits == [10 * SECOND, 20 * SECOND, 40 * SECOND, 80 * SECOND]
    assert run_one({"count": work})
    assert (job(id_).state, job(id_).ended_at) == ("failed", clock.now())
    clock.advance(DAY)
    assert not run_one({"count": work})
    assert len(work.ran) == MOST_ATTEMPTS


def test_a_job_that_failed_once_may_still_come_right(clock: FixedClock) -> None:
    work, id_ = Work(ZeroDivisionError()), add(n=1)
    run_one({"count": work})
    work.error = None
    clock.advance(10 * SECOND)
    assert run_one({"count": work})
    assert (job(id_).state, job(id_).error) == ("done", None)


def test_a_job_that_kills_its_workers_is_given_up_too(clock: FixedClock) -> None:
    work, id_ = Work(SystemExit()), add(n=1)
    for _ in range(MOST_ATTEMPTS):
        with dying():
            run_one({"count": work})
        clock.advance(LEASE + 1)
    assert run_all({"count": work}) == 0
    assert len(work.ran) == MOST_ATTEMPTS
    assert (job(id_).state, job(id_).ended_at) == ("failed", clock.now())


@pytest.mark.parametrize("late", [None, ZeroDivisionError()])
def test_a_worker_that_overslept_its_lease_changes_nothing(clock: FixedClock, late: Exception | None) -> None:
    other, id_ = Work(), add(n=1)

    def slow(_claim: Claim) -> None:
        clock.advance(LEASE + 1)
        assert run_one({"count": other})
        clock.advance(1)
        if late is not None:
            raise late

    run_one({"count": slow})
    row = job(id_)
    assert (row.state, row.attempts, row.error, row.ended_at) == ("done", 2, None, NOON + LEASE + 1)
    clock.advance(DAY)
    assert not run_one({"count": other})


def test_progress_is_seen_and_keeps_the_lease(clock: FixedClock) -> None:
    id_ = add(n=1)

    def work(claim: Claim) -> None:
        clock.advance(LEASE - 1)
        claim.progress(500, 2000)
        row = job(id_)
        assert (row.done, row.total, row.lease_until) == (500, 2000, clock.now() + LEASE)
        clock.advance(LEASE - 1)
        assert not run_one({"count": Work()})

    assert run_one({"count": work})
    assert job(id_).state == "done"


def test_many_workers_run_each_job_once(app: Flask) -> None:
    work = Work()
    for n in range(20):
        add(n=n)
    counts = together(app, lambda _: run_all({"count": work}), 6)
    assert sum(count for count in counts if isinstance(count, int)) == 20, counts
    assert sorted(arguments["n"] for arguments in work.ran) == list(range(20))
    assert set(db.session.scalars(select(Job.state))) == {"done"}


def test_a_thread_runs_what_is_due_until_it_is_stopped(app: Flask) -> None:
    work, id_ = Work(), add(n=1)
    stop = jobs.start_thread(app, {"count": work}, pause=0.01)
    try:
        end = time.monotonic() + 10
        while not job(id_).ended_at and time.monotonic() < end:
            stop.wait(0.02)
    finally:
        stop.set()
        for thread in threading.enumerate():
            if thread.name == "qiding-jobs":
                thread.join(10)
    assert job(id_).state == "done"
    add(n=2)
    assert len(work.ran) == 1


def test_the_thread_ticks_too_and_a_tick_that_fails_stops_nothing(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TICK_SECONDS", 0.02)
    ticked = threading.Event()

    def fails() -> int:
        raise ZeroDivisionError

    def ticks() -> int:
        ticked.set()
        return 0

    stop = jobs.start_thread(app, {}, (fails, ticks), pause=0.01)
    try:
        assert ticked.wait(10)
    finally:
        stop.set()
        for thread in threading.enumerate():
            if thread.name == "qiding-jobs":
                thread.join(10)
    assert "stumbled" in caplog.text
