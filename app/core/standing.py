"""How the work in the background stands: what waits, how long already, and when somebody was last heard of who does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.clock import MINUTE
from app.core.database import db
from app.core.delivery import Delivery
from app.core.jobs import HEARD, Job

QUIET = 5 * MINUTE  # whoever runs jobs is heard of each half minute


@dataclass(frozen=True)
class Standing:
    """Counts by state, and ages in milliseconds: of what is due and waits, of the last sign of life; None for never."""

    jobs: dict[str, int]
    jobs_wait: int
    deliveries: dict[str, int]
    deliveries_wait: int
    heard: dict[str, int]


def quiet() -> bool:
    """Whether nobody seems to run jobs: no sign of life for long, and no job within its lease."""
    now = clock.now()
    heard = (Job.key == f"{HEARD}:jobs") & (Job.ended_at >= now - QUIET)
    busy = (Job.state == "running") & (Job.lease_until >= now)
    return db.session.scalar(select(Job.id).where(heard | busy).limit(1)) is None


def read() -> Standing:
    """Read it from the database."""
    now = clock.now()
    counted = select(Job.state, func.count()).where(Job.state.in_(("queued", "running", "failed"))).group_by(Job.state)
    waiting = select(func.min(Job.run_after)).where(Job.state == "queued", Job.run_after <= now)
    heard = select(Job.key, Job.ended_at).where(Job.key.in_([f"{HEARD}:{thread}" for thread in ("jobs", "outside")]))
    # What was sent is not counted: it grows for ever, and its table would be read whole each time.
    states = Delivery.state.in_(("queued", "sending", "failed", "uncertain"))
    sent = select(Delivery.state, func.count()).where(states).group_by(Delivery.state)
    unsent = select(func.min(Delivery.next_at)).where(Delivery.state == "queued", Delivery.next_at <= now)
    run = db.session.execute
    return Standing(
        jobs=_counts(counted),
        jobs_wait=_age(now, run(waiting).scalar()),
        deliveries=_counts(sent),
        deliveries_wait=_age(now, run(unsent).scalar()),
        heard={(key or "").partition(":")[2]: _age(now, at) for key, at in run(heard)},
    )


def _counts(query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def _age(now: int, since: int | None) -> int:
    return max(0, now - since) if since is not None else 0


def collector(app: Flask) -> Any:
    """How it stands, as Prometheus asks for it."""

    def collect() -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        with app.app_context():
            try:
                found: Standing | None = read()
            except SQLAlchemyError:
                found = None
            finally:
                db.session.remove()
        yield GaugeMetricFamily("qiding_database_up", "Whether the database answers", value=float(found is not None))
        if found is None:
            return
        for name, said, states in (
            ("qiding_jobs", "Jobs, by state", found.jobs),
            ("qiding_deliveries", "E-mails and lines to groups that were not sent, by state", found.deliveries),
        ):
            family = GaugeMetricFamily(name, said, labels=["state"])
            for state, n in sorted(states.items()):
                family.add_metric([state], n)
            yield family
        for name, said, age in (
            ("qiding_jobs_wait_seconds", "How long the oldest due job has waited", found.jobs_wait),
            ("qiding_deliveries_wait_seconds", "How long the oldest due delivery has waited", found.deliveries_wait),
        ):
            yield GaugeMetricFamily(name, said, value=age / 1000)
        family = GaugeMetricFamily("qiding_heard_seconds", "How long ago threads were heard of", labels=["thread"])
        for thread, age in sorted(found.heard.items()):
            family.add_metric([thread], age / 1000)
        yield family

    return collect
