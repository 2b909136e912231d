"""An orderly stop, with real processes: requests under way are answered, jobs end or are given back, a reload refuses nobody."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from app.core.database import db
from app.core.jobs import Job, Running, enqueue, give_back, run_one, start_thread
from app.core.transaction import transaction
from scripts.crash import free_port
from tests.core.served import Served, until

pytestmark = pytest.mark.slow


@pytest.fixture
def served(app: Flask, database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server that is not yet started, upon the test's database."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    yield Served(database_url, tmp_path, free_port(), WEB_PROCESSES="2")
    with app.app_context():
        db.engine.dispose()


def add(app: Flask) -> int:
    """A slow job that waits."""
    with app.app_context(), transaction() as tx:
        return enqueue(tx, "slow", {}).id


def stands(app: Flask, job_id: int) -> tuple[str, int, int | None]:
    """How a job stands."""
    with app.app_context():
        row = db.session.execute(db.select(Job.state, Job.attempts, Job.lease_until).where(Job.id == job_id)).one()
        return row[0], row[1], row[2]


def test_a_server_is_reloaded_and_stopped_without_losing_anything(app: Flask, served: Served) -> None:
    """One server for all of it: to start one costs as much as all the rest."""
    metrics = free_port()
    served.environment |= {"QIDING_METRICS_PORT": str(metrics), "QIDING_STOP_SECONDS": "8"}
    with served.web() as process, ThreadPoolExecutor(3) as pool:
        # Figures are at the port of their own, of all processes together, and nowhere else.
        figures = _figures(served, metrics)
        assert figures["qiding_database_up"] == 1
        assert served.ask("/metrics")[0] == 404
        for _ in range(4):
            assert served.ask("/help")[0] == 200
        key = 'qiding_requests_total{method="GET",route="/help",status="200"}'
        assert _figures(served, metrics)[key] == figures.get(key, 0) + 4

        # Told to reload, it refuses nobody while new processes take the place of the old.
        before = _workers(process.pid)
        process.send_signal(signal.SIGHUP)
        statuses = set()
        while _workers(process.pid) & before:
            statuses |= {status for status, _ in pool.map(served.ask, ["/help"] * 3)}
        assert statuses == {200}, served.log()
        assert served.ask("/help")[0] == 200
        assert _figures(served, metrics)[key] > 4  # what the old ones counted is not forgotten

        # Told to stop, it answers what was asked before, and gives back the job that takes longer.
        job_id = add(app)
        asked = pool.submit(served.ask, "/slow")
        served.began("page")
        served.began("job")
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
        served.go("page")
        assert asked.result() == (200, "answered"), served.log()
        assert process.wait(60) == 0
    assert stands(app, job_id) == ("queued", 1, None), served.log()
    lines = [json.loads(line) for line in served.log().splitlines() if line.startswith("{")]
    assert {line["route"] for line in lines if line["says"] == "request"} == {"/help", "/slow", "none"}
    assert [line["given_back"] for line in lines if "given_back" in line] == [1]


def _figures(served: Served, port: int) -> dict[str, float]:
    until(lambda: served.ask("/metrics", port)[0] == 200, served.log)
    lines = [line for line in served.ask("/metrics", port)[1].splitlines() if not line.startswith("#")]
    return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}


def test_a_worker_that_is_told_to_stop_ends_its_job_first(app: Flask, served: Served) -> None:
    first = add(app)
    with served.run("flask", "--app", "served_wsgi", "worker") as process:
        served.began("job")
        second = add(app)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.0)
        served.go("job")
        assert process.wait(60) == 0
    assert stands(app, first) == ("done", 1, None), served.log()
    assert stands(app, second) == ("queued", 0, None)


def _workers(pid: int) -> set[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children}


def test_what_is_given_back_is_no_longer_the_threads_own(app: Flask) -> None:
    went_on, may_end = threading.Event(), threading.Event()

    def slow(_claim: object) -> None:
        went_on.set()
        may_end.wait(30)

    with app.app_context(), transaction() as tx:
        job_id = enqueue(tx, "slow", {}).id
    running: Running = start_thread(app, {"slow": slow}, pause=0.01)
    try:
        assert went_on.wait(30)
        assert running.end(app, 0) is False
        assert stands(app, job_id) == ("queued", 1, None)
        with app.app_context():
            assert run_one({"slow": lambda _claim: None})  # another takes it and ends it
            before = stands(app, job_id)
            assert before == ("done", 2, None)
    finally:
        may_end.set()
    assert running.end(app, 30) is True
    assert stands(app, job_id) == before
    with app.app_context():
        assert give_back() == 0
