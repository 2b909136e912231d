"""Figures: what is counted, when, and what is never told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.core import metrics, standing
from app.core.clock import MINUTE, FixedClock
from app.core.database import db
from app.core.delivery import Delivery
from app.core.jobs import enqueue, note_heard, run_one
from app.core.limits import count_try
from app.core.transaction import transaction
from app.engine.errors import TooMany
from tests.ballots.world import build
from tests.conftest import NOON
from tests.core.test_core_web import boom

Read = Callable[[], dict[str, float]]


@pytest.fixture
def figures(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """What this process counted so far, as Prometheus reads it."""
    registry = CollectorRegistry()
    monkeypatch.setattr(metrics, "_figures", metrics.Figures(registry))
    for target, name, function in metrics.LISTENERS:
        event.listen(target, name, function)

    def read() -> dict[str, float]:
        samples = [sample for family in registry.collect() for sample in family.samples]
        return {
            " ".join([sample.name, *sample.labels.values()]): sample.value
            for sample in samples
            if not sample.name.endswith(("_created", "_bucket", "_sum"))
        }

    yield read
    for target, name, function in metrics.LISTENERS:
        event.remove(target, name, function)


def test_requests_are_counted_by_route_and_never_by_address(
    app: Flask, figures: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    monkeypatch.setitem(app.view_functions, "site.about", boom(ZeroDivisionError()))
    for path, method in (("/help", "GET"), ("/help?geheim", "GET"), ("/geheim", "GET"), ("/about", "GET"), ("/", "XX")):
        assert client.open(path, method=method).text
    found = figures()
    assert {key: value for key, value in found.items() if key.startswith("qiding_requests_total")} == {
        "qiding_requests_total /help GET 200": 2,
        "qiding_requests_total none GET 404": 1,
        "qiding_requests_total /about GET 500": 1,
        "qiding_requests_total none other 405": 1,
    }
    assert found["qiding_request_seconds_count /help"] == 2
    assert found["qiding_queries_total /help"] > 1
    assert "geheim" not in "".join(found)


def test_ballots_are_counted_once_recorded_and_as_one_number(app: Flask, clock: FixedClock, figures: Read) -> None:
    world = build(app, clock)
    poll = world.open()
    world.cast(0, poll)
    world.cast(1, poll)

    def refused() -> None:
        with transaction() as tx:
            enqueue(tx, "refused", {})
            metrics.count_committed(tx, "ballots_recorded")
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            refused()
        with transaction() as tx:
            assert tx.now
    found = {key: value for key, value in figures().items() if "ballot" in key}
    assert found == {"qiding_ballots_recorded_total": 2}


def test_no_figure_has_a_label_by_which_a_vote_could_be_followed(figures: Read) -> None:
    labels = {label for _, _, names in metrics.COUNTERS for label in names}
    assert labels == {"kind", "outcome"}  # of limits and jobs: words of the program
    assert ("ballots_recorded", ()) in [(name, names) for name, _, names in metrics.COUNTERS]


def test_limits_jobs_and_connections_are_counted(app: Flask, figures: Read) -> None:
    with app.app_context():
        count_try("code", "198.51.100.7", most=1, window=MINUTE)
        with pytest.raises(TooMany):
            count_try("code", "198.51.100.7", most=1, window=MINUTE)
        for kind in ("fine", "ill"):
            with transaction() as tx:
                enqueue(tx, kind, {})
        run_one({"fine": lambda _claim: None})
        run_one({"ill": boom(OSError())})
        before = figures()["qiding_database_connections"]
        db.session.execute(db.text("select 1"))
        assert figures()["qiding_database_connections"] == before + 1
        db.session.rollback()
        assert figures()["qiding_database_connections"] == before
    found = figures()
    assert found["qiding_limits_hit_total code"] == 1
    assert found["qiding_jobs_run_total fine done"] == 1
    assert found["qiding_jobs_run_total ill again"] == 1


def test_what_waits_is_read_from_the_database(app: Flask, clock: FixedClock) -> None:
    def read() -> dict[str, float]:
        samples = [sample for family in standing.collector(app)() for sample in family.samples]
        return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}

    with app.app_context():
        note_heard("jobs")
        with transaction() as tx:
            enqueue(tx, "test", {})
            enqueue(tx, "later", {}, run_after=NOON + 60 * MINUTE)
    assert read()["qiding_jobs_wait_seconds"] == 0
    clock.advance(2 * MINUTE)
    assert read() == {
        "qiding_database_up": 1,
        "qiding_jobs queued": 2,
        "qiding_jobs_wait_seconds": 120,
        "qiding_deliveries_wait_seconds": 0,
        "qiding_heard_seconds jobs": 120,
    }

    def dead(*_arguments: object) -> None:
        raise OperationalError("", {}, OSError())

    with app.app_context():
        engine = db.engine
        assert db.session.scalar(db.select(db.func.count()).select_from(Delivery)) == 0
        db.session.rollback()
    event.listen(engine, "before_cursor_execute", dead)
    try:
        assert read() == {"qiding_database_up": 0}
    finally:
        event.remove(engine, "before_cursor_execute", dead)


@pytest.mark.parametrize(
    ("setting", "address"),
    [("", None), ("9400", ("127.0.0.1", 9400)), ("10.0.0.5:9400", ("10.0.0.5", 9400)), ("[::1]:9400", ("::1", 9400))],
)
def test_metrics_are_off_or_for_this_machine_unless_another_address_is_named(
    setting: str, address: tuple[str, int] | None
) -> None:
    assert metrics.address_of(setting) == address


@pytest.mark.parametrize("setting", ["x", "0", "70000", "/run/metrics", "9400:"])
def test_an_address_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="QIDING_METRICS_PORT"):
        metrics.address_of(setting)


def test_without_a_setting_nothing_is_counted_and_no_port_opened(app: Flask) -> None:
    assert metrics.begin(app) is None
    metrics.request("/help", "GET", 200, 0.1, 3)
    metrics.count("ballots_recorded")
    assert metrics._figures is None
    assert "absent  metrics" in app.test_cli_runner().invoke(args=["doctor"]).output
    assert "9400" in metrics.told("9400")
    assert metrics.told("x").startswith("look")
