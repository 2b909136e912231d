"""Figures for Prometheus, on a port of their own: off unless asked for, and then for whoever runs the machines only.

No figure is by community, by vote or by choice: how many ballots were recorded is one number of a process, so nobody
reads from it how a vote stands. Routes are patterns; nothing that was asked for becomes a label.

Several processes keep their figures in files of one folder (PROMETHEUS_MULTIPROC_DIR; gunicorn.conf.py makes it), and
whichever holds the port answers for all. When that one ends, another takes the port over.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from app.core.transaction import Tx

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = logging.getLogger(__name__)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TRY_AGAIN = 2.0  # seconds between tries for a port that another process holds
_KEY = "qiding.counts"


class Figures:
    """What a process counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self.requests = Counter(
            "qiding_requests", "Requests answered", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "qiding_request_seconds", "How long answers took", ["route"], buckets=SECONDS, registry=registry
        )
        self.queries = Counter("qiding_queries", "Statements sent to the database", ["route"], registry=registry)
        self.connections = Gauge(
            "qiding_database_connections",
            "Connections in use, of those that processes keep",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.counters = {
            name: Counter(f"qiding_{name}", said, labels, registry=registry) for name, said, labels in COUNTERS
        }


COUNTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ballots_recorded", "Ballots recorded, of all votes together", ()),
    ("limits_hit", "Tries refused because there were too many", ("kind",)),
    ("jobs_run", "Jobs run", ("kind", "outcome")),
)
_figures: Figures | None = None


def count(name: str, **labels: str) -> None:
    """Count one of COUNTERS; nothing where there are no metrics."""
    if _figures is not None:
        counter = _figures.counters[name]
        (counter.labels(**labels) if labels else counter).inc()


def count_committed(tx: Tx, name: str) -> None:
    """Count one of COUNTERS if, and when, this transaction is committed. Call it after a statement that the count is of.

    (Of a transaction that sent nothing, SQLAlchemy tells no end.)
    """
    if _figures is not None:
        tx.session().info.setdefault(_KEY, []).append(name)


def request(route: str, method: str, status: int, seconds: float, queries: int) -> None:
    """Count an answer."""
    if _figures is not None:
        _figures.requests.labels(route, method, str(status)).inc()
        _figures.seconds.labels(route).observe(seconds)
        _figures.queries.labels(route).inc(queries)


def _committed(session: Session) -> None:
    for name in session.info.pop(_KEY, ()):
        count(name)


def _rolled_back(session: Session) -> None:
    session.info.pop(_KEY, None)


def _taken(*_arguments: object) -> None:
    if _figures is not None:
        _figures.connections.inc()


def _returned(*_arguments: object) -> None:
    if _figures is not None:
        _figures.connections.dec()


def address_of(setting: str) -> tuple[str, int] | None:
    """Where metrics are served: ``9400`` is a port of this machine alone, ``10.0.0.5:9400`` one of a network; empty, none."""
    if not setting.strip():
        return None
    host, _, port = setting.strip().rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("QIDING_METRICS_PORT is a port such as 9400, or an address and a port such as 10.0.0.5:9400")
    return host.strip("[]") or "127.0.0.1", int(port)


def told(setting: str) -> str:
    """A line of the doctor's about these figures."""
    if not setting:
        return "absent  metrics (optional): set QIDING_METRICS_PORT to a port of this machine"
    try:
        address = address_of(setting)
    except ValueError as error:
        return f"look    metrics: {error}"
    if address is None or importlib.util.find_spec("prometheus_client") is None:
        return "look    metrics: pip install prometheus-client"
    return f"ok      metrics at http://{address[0]}:{address[1]}/metrics, for those only who run the machines"


def begin(app: Flask, standing: Callable[[], Iterable[Any]] | None = None) -> threading.Event | None:
    """Count in this process and serve the figures, where the settings say so. Set the returned event to end serving.

    ``standing`` gives what stands in the database, asked each time the figures are.
    """
    global _figures
    address = address_of(app.config["QIDING"].metrics)
    if address is None:
        return None
    try:
        from prometheus_client import CollectorRegistry, multiprocess
    except ImportError:
        log.warning("QIDING_METRICS_PORT is set, and prometheus-client is missing: pip install prometheus-client")
        return None
    counted, registry = CollectorRegistry(), CollectorRegistry()
    _figures = Figures(counted)
    for target, name, function in LISTENERS:
        if not event.contains(target, name, function):
            event.listen(target, name, function)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Collected(counted.collect))
    if standing is not None:
        registry.register(_Collected(standing))
    stop = threading.Event()
    threading.Thread(target=_serve, args=(registry, address, stop), name="qiding-metrics", daemon=True).start()
    return stop


LISTENERS: tuple[tuple[Any, str, Callable[..., None]], ...] = (
    (Session, "after_commit", _committed),
    (Session, "after_rollback", _rolled_back),
    (Pool, "checkout", _taken),
    (Pool, "checkin", _returned),
)


class _Collected:
    def __init__(self, collect: Callable[[], Iterable[Any]]) -> None:
        self.collect = collect

    def describe(self) -> list[Any]:
        return []  # so that registering asks no database


def _serve(registry: CollectorRegistry, address: tuple[str, int], stop: threading.Event) -> None:
    from prometheus_client import start_http_server

    said = False
    while not stop.is_set():
        try:
            server, thread = start_http_server(address[1], address[0], registry)
        except OSError as error:
            # Among processes of one server it is the rule that another has it.
            shared = error.errno == errno.EADDRINUSE and os.environ.get("PROMETHEUS_MULTIPROC_DIR")
            if not said and not shared:
                log.error("no metrics: QIDING_METRICS_PORT can't be had; each service needs its own", exc_info=error)
            said = True
            stop.wait(TRY_AGAIN)
            continue
        stop.wait()
        server.shutdown()
        server.server_close()
        thread.join()
