"""What a close costs: ``.venv/bin/python -m scripts.bench.close [ballots] [sqlite|postgresql]``.

Makes a database of its own with a vote of that many households in which all have cast, closes it, and prints the
seconds: to seal what no batch holds yet, recount ballot by ballot and store the tally. Then how long the result page
takes, here and in a vote of 100 households: the ratio is to be 1.
"""

from __future__ import annotations

import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask

CHUNK = 5000
STANCES = ("consent", "consent", "abstain", "concern")
WORDS = "晚上会不会吵，请再看一看。"


def fill(world, poll: str) -> int:  # type: ignore[no-untyped-def]
    """Put a ballot into each slot of a poll, written as a cast writes it; returns how many."""
    from sqlalchemy import insert, select

    from app.ballots.models import Ballot, Poll, Slot, random_key
    from app.ballots.put import ballot_body, ballot_place
    from app.core.ids import new_public_id
    from app.core.transaction import transaction
    from app.engine.canonical import canon, channel_mark, commitment, opening

    with world.here(), transaction() as tx:
        poll_id = tx.session.scalars(select(Poll.id).where(Poll.public_id == poll)).one()
        slots = tx.session.execute(select(Slot.id, Slot.code).where(Slot.poll_id == poll_id)).all()
        rows = []
        for number, (slot_id, code) in enumerate(slots):
            # The page shows fifty concerns at most: as many here as there, so that the ratio is that of the ballots.
            stance = STANCES[number % len(STANCES)] if number < 100 else STANCES[number % 3]
            choice = {"stance": stance, **({"text": WORDS} if stance == "concern" else {})}
            nonce = secrets.token_bytes(32)
            body = ballot_body(poll, ballot_place(code, 1, ""), choice, channel_mark("web", "", "", nonce))
            rows.append(
                {
                    "id": random_key(),
                    "public_id": new_public_id(),
                    "poll_id": poll_id,
                    "slot_id": slot_id,
                    "stance": stance,
                    "choice": canon(choice).decode(),
                    "seq": 1,
                    "live": True,
                    "channel": "web",
                    "helper": "",
                    "nonce": nonce,
                    "commitment": commitment(body, opening(nonce)).hex(),
                }
            )
            if len(rows) == CHUNK:
                tx.session.execute(insert(Ballot), rows)
                rows = []
        if rows:
            tx.session.execute(insert(Ballot), rows)
    return len(slots)


def page_seconds(app: Flask, url: str) -> float:
    """The median time of a page."""
    client = app.test_client()
    times = []
    for _ in range(25):
        begun = time.perf_counter()
        answer = client.get(url)
        times.append(time.perf_counter() - begun)
        assert answer.status_code == 200, answer.status_code
    return statistics.median(times[5:])


def main(size: int, kind: str) -> None:
    """Measure and print."""
    from flask_migrate import upgrade
    from sqlalchemy import select

    from app.ballots import service
    from app.ballots.models import Poll
    from app.config import Config
    from app.core.clock import DAY, FixedClock
    from app.core.database import db
    from app.factory import create_app
    from scripts.bench.roll import database
    from tests.ballots.world import build

    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        clock = FixedClock(time.time_ns() // 1_000_000)
        app = create_app(Config(database_url=url, media_dir=Path(name), secret="bench", testing=True), clock)
        with app.app_context():
            upgrade()
        world = build(app, clock)
        pages = {}
        for households in (100, size):
            world.households(households - len(world.residents))
            world.start(title=f"{households}户")
            begun = time.perf_counter()
            poll = world.announce()
            announced = time.perf_counter() - begun
            filled = fill(world, poll)
            clock.advance(30 * DAY)
            begun = time.perf_counter()
            with world.here():
                service.settle_due()
            closed = time.perf_counter() - begun
            with world.here() as session:
                stored = session.scalars(select(Poll.tally).where(Poll.public_id == poll)).one()
                assert stored is not None
                assert stored["cast"] == filled == households
            pages[households] = page_seconds(app, f"/c/{world.slug}/poll/{poll}/result")
            print(
                f"{households} ballots: announced in {announced:.1f} s, closed and recounted in {closed:.1f} s, "
                f"result page {pages[households] * 1000:.1f} ms",
                flush=True,
            )
        print(f"result page, large to small: {pages[size] / pages[100]:.2f}")
        with app.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
