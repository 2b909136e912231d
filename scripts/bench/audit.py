"""How long the audit of a log takes: ``.venv/bin/python -m scripts.bench.audit 1000000 [postgresql]``.

Makes a database of its own (a file, or one on the server that QIDING_TEST_POSTGRESQL names), fills one community's log
with N events and their entries by bulk, of the size that a comment leaves, and prints the seconds of the whole audit,
of the tree alone, and the most memory that the process ever held.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from scripts.bench.roll import database

BATCH = 20_000


def rows(community_id: int, first: int, count: int) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    """Events and their entries, numbered from ``first``."""
    from app.engine.canonical import canon, tagged

    for seq in range(first, first + count):
        at, salt, public = 1_772_942_400_000 + seq * 1000, seq.to_bytes(16, "big"), f"{seq:016d}"
        data = {
            "comment": public,
            "thread": "0000000000000042",
            "text": "水管是去年换的，防水层没有动过。",
            "edit": seq,
        }
        hashed = tagged("qiding/event/v1", canon({"kind": "comment.posted", "at": at, "data": data}), salt).hex()
        body = canon({"kind": "comment.posted", "event": hashed, "comment": public, "seq": seq, "at": at}).decode()
        event = {"community_id": community_id, "kind": "comment.posted", "at": at, "data": data, "salt": salt}
        yield event, {"community_id": community_id, "seq": seq, "body": body}


def fill(community_id: int, count: int) -> None:
    """Write ``count`` entries after those that are there, and move the head."""
    from sqlalchemy import insert, select, update

    from app.core.database import db
    from app.core.events import Event, LogEntry, LogHead
    from app.core.transaction import transaction

    first = db.session.scalars(select(LogHead.size).where(LogHead.community_id == community_id)).one()
    for start in range(first, first + count, BATCH):
        part = list(rows(community_id, start, min(BATCH, first + count - start)))
        with transaction() as tx:
            tx.session.execute(insert(Event), [event for event, _ in part])
            tx.session.execute(insert(LogEntry), [entry for _, entry in part])
            size = start + len(part)
            tx.session.execute(update(LogHead).where(LogHead.community_id == community_id).values(size=size))


def checkpoints_size(community_id: int) -> int:
    """How many entries the newest checkpoint covers."""
    from app.proof.checkpoints import latest

    point = latest(community_id)
    assert point is not None
    return point.size


def run(app: Flask, count: int) -> None:
    """Fill a log, audit it, and print what it took."""
    from flask_migrate import upgrade

    from app.audit.verify import head, verify
    from app.core.database import db
    from app.people.communities import create_community
    from app.proof import checkpoints

    with app.app_context():
        upgrade()
        community_id = create_community(None, "bench", name="测")
        start = time.perf_counter()
        fill(community_id, count - 1)
        print(f"{count} entries on {db.engine.dialect.name}, written in {time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        assert checkpoints.make(community_id)
        print(f"first checkpoint {time.perf_counter() - start:.1f} s")
        fill(community_id, 1000)
        count = checkpoints_size(community_id) + 1000
        start = time.perf_counter()
        assert checkpoints.make(community_id)
        print(f"a checkpoint of 1,000 more {1000 * (time.perf_counter() - start):.0f} ms")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        cpu = time.process_time()
        report = verify("bench")
        cpu = time.process_time() - cpu
        assert (report.finding, report.size) == (None, count), report
        print(
            f"audit {report.seconds:.1f} s ({cpu:.1f} s of one processor), {count / report.seconds:,.0f} entries a second"
        )
        start = time.perf_counter()
        assert head("bench") == (report.size, report.root)
        print(f"tree alone {time.perf_counter() - start:.1f} s")
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"memory at most {after} MB, {before} MB before the audit")


def main() -> int:
    """Make a database and run."""
    from app.config import Config
    from app.core.database import db
    from app.factory import create_app

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "sqlite"
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        app = create_app(Config(database_url=url, media_dir=Path(folder) / "media", secret="bench"))
        try:
            run(app, count)
        finally:
            with app.app_context():
                db.engine.dispose()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
