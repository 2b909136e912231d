"""Many cast for the same slots at once: ``.venv/bin/python scripts/race.py [casters] [casts] [sqlite|postgresql]``.

Threads of one process on SQLite, processes on PostgreSQL, while another one seals what waits. Then looks: one live
ballot a slot, its chain without a gap, every answered cast there and sealed in exactly one batch, and an audit of the
whole log. Prints what it counted; exit status 1 when something is wrong.
"""

from __future__ import annotations

import multiprocessing
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

SLOTS = 5
PATIENCE = 900.0  # seconds, on a machine with much else to do: each of twenty reads the whole program
STANCES = ("consent", "abstain")


def cast_often(app: Any, poll: str, number: int, casts: int, start: Any) -> list[str]:
    """Cast so often for the same few households, in an order of one's own; the public ids that were answered."""
    from sqlalchemy import select

    from app.ballots import service
    from app.core.database import db
    from app.people.models import Person
    from app.people.session import actor_of

    with app.app_context():
        lives = select(Person.id).where(Person.household_id.is_not(None)).order_by(Person.id).limit(SLOTS)
        actors = [actor_of(person) for person in db.session.scalars(lives).all()]
        db.session.remove()
        start.wait()
        answered = []
        for turn in range(casts):
            actor, stance = actors[(number + turn) % SLOTS], STANCES[(number + turn // SLOTS) % 2]
            answered.append(service.cast(actor, poll, {"stance": stance}, once=secrets.token_hex(8)).ballot)
            db.session.remove()
        return answered


def process(url: str, folder: str, poll: str, number: int, casts: int, start: Any, out: Any) -> None:
    """One caster in a process of its own."""
    from scripts.bench.cast import make

    try:
        out.put(cast_often(make(url, Path(folder)), poll, number, casts, start))
    except Exception as error:
        out.put(repr(error))


def many(kind: str, url: str, folder: Path, poll: str, casters: int, casts: int) -> list[str]:
    """Let them all cast; what was answered."""
    from scripts.bench.cast import make

    if kind == "sqlite":
        app, found, start = make(url, folder), [], threading.Barrier(casters)

        def run(number: int) -> None:
            try:
                found.append(cast_often(app, poll, number, casts, start))
            except Exception as error:
                found.append(repr(error))

        crowd: list[Any] = [threading.Thread(target=run, args=(number,)) for number in range(casters)]
        for one in crowd:
            one.start()
        results: list[Any] = found
    else:
        context = multiprocessing.get_context("spawn")
        out, start = context.Queue(), context.Barrier(casters)
        crowd = [
            context.Process(target=process, args=(url, str(folder), poll, number, casts, start, out))
            for number in range(casters)
        ]
        for one in crowd:
            one.start()
        results = [out.get(timeout=PATIENCE) for _ in crowd]
    for one in crowd:
        one.join()
    wrong = [item for item in results if isinstance(item, str)]
    if wrong:
        raise SystemExit(f"a caster failed: {wrong[0]}")
    return [ballot for item in results for ballot in item]


def look(app: Any, answered: list[str]) -> str:
    """Whether all is as it must be; a sentence with the numbers."""
    from sqlalchemy import func, select

    from app.audit.verify import slugs, verify, verify_links
    from app.ballots.models import Ballot, Batch
    from app.core.database import db

    with app.app_context():
        rows = db.session.execute(
            select(Ballot.public_id, Ballot.slot_id, Ballot.seq, Ballot.live, Ballot.batch_id)
        ).all()
        batches = db.session.scalar(select(func.count()).select_from(Batch))
        sealed = db.session.scalar(select(func.sum(Batch.size)))
        there = {row.public_id: row for row in rows}
        lost = [ballot for ballot in answered if ballot not in there]
        if lost or len(set(answered)) != len(answered) or len(rows) != len(answered) + SLOTS:
            raise SystemExit(f"{len(answered)} answered, {len(rows)} there, lost {lost[:3]}")
        live = Counter(row.slot_id for row in rows if row.live)
        if set(live.values()) != {1} or len(live) != SLOTS:
            raise SystemExit(f"not one live ballot a slot: {live}")
        for slot in live:
            chain = sorted(row.seq for row in rows if row.slot_id == slot)
            if chain != list(range(1, len(chain) + 1)):
                raise SystemExit(f"a chain with a gap: {chain}")
        if any(row.batch_id is None for row in rows) or sealed != len(rows):
            raise SystemExit(f"{sealed} sealed of {len(rows)}")
        finding = verify_links() or verify(slugs()[0]).finding
        if finding is not None:
            raise SystemExit(f"the audit found: {finding}")
    return f"{len(answered)} casts answered, {len(rows)} ballots in {batches} batches, {len(live)} live, audit sound"


def main(casters: int, casts: int, kind: str) -> None:
    """Furnish, let them race, close, look."""
    from flask_migrate import upgrade

    from app.ballots import service
    from app.core.clock import DAY, FixedClock
    from app.core.database import db
    from scripts.bench.cast import make
    from scripts.bench.roll import database
    from tests.ballots.world import build

    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder = Path(name)
        clock = FixedClock(time.time_ns() // 1_000_000 - 3 * DAY)
        app = make(url, folder, clock)
        with app.app_context():
            upgrade()
        world = build(app, clock)
        poll = world.announce()
        clock.set(time.time_ns() // 1_000_000)
        for number in range(SLOTS):
            world.cast(number, poll)
        over, sealed = threading.Event(), [0]

        def seal() -> None:
            while not over.is_set():
                with app.app_context():
                    sealed[0] += service.seal_due()
                    db.session.remove()
                over.wait(0.05)

        sealer = threading.Thread(target=seal)
        sealer.start()
        begun = time.perf_counter()
        try:
            answered = many(kind, url, folder, poll, casters, casts)
        finally:
            over.set()
            sealer.join()
        seconds = time.perf_counter() - begun
        world.close(poll)
        with app.app_context():
            service.settle_due()
        print(f"{casters} casters on {kind}, {seconds:.1f} s, {sealed[0]} sealed meanwhile: {look(app, answered)}")
        with app.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 20,
        int(sys.argv[2]) if len(sys.argv) > 2 else 50,
        sys.argv[3] if len(sys.argv) > 3 else "sqlite",
    )
