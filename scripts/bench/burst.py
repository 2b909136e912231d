"""The closing hour: thousands cast within a minute, and more within the last second, while others read.

``.venv/bin/python -m scripts.bench.burst [--scale 0.1] [--database postgresql]``. Makes a database of its own with a vote of
so many households, serves it as it is served (two processes on PostgreSQL, one with threads on SQLite), and lets everybody
cast once at a moment that chance gives, a last part of them within the second before the deadline. After the close each
acknowledged ballot is looked for by its receipt among those that were counted. Exit status 1 when one is lost, when an
answer is an error, or when p99 reaches two seconds. Who comes in the last second and is judged after the deadline is
refused with that reason: not lost, and told apart.
"""

from __future__ import annotations

import argparse
import random
import re
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from scripts.bench.crowd import Crowd, Visit
from scripts.bench.load import request
from scripts.bench.roll import database
from scripts.bench.server import serve
from scripts.bench.visitors import session_of

VOTERS, LAST, READERS = 10_000, 200, 50
MINUTE, SLOWEST, THINK, WARM = 60.0, 2.0, 2.0, 5.0  # seconds
CONFLICT = 409  # how a cast after the close is refused


@dataclass
class Hall:
    """The vote: its page, its voters' cookies with their forms' tokens, and when it closes by the world's clock."""

    app: Flask
    path: str
    poll: str
    voters: list[tuple[str, str]]
    closes_at: int


def furnish(url: str, folder: Path, households: int) -> Hall:
    """A vote of so many households, each with a browser that is signed in."""
    from flask_migrate import upgrade
    from sqlalchemy import insert, select

    from app.ballots.models import Poll
    from app.config import Config
    from app.core.clock import FixedClock
    from app.core.database import db
    from app.core.transaction import transaction
    from app.factory import create_app
    from app.people.models import Device, HouseholdCode, Person
    from tests.ballots.world import build

    clock = FixedClock(time.time_ns() // 1_000_000 - 9 * 86_400_000)
    app = create_app(Config(database_url=url, media_dir=folder, secret="burst"), clock)
    with app.app_context():
        upgrade()
    world = build(app, clock)
    world.households(households - len(world.residents))
    poll = world.announce()
    with world.here() as session:
        closes_at = session.scalars(select(Poll.closes_at).where(Poll.public_id == poll)).one()
        with transaction() as tx:
            homes = tx.session.execute(
                select(Person.id, Person.household_id).where(Person.household_id.is_not(None)).order_by(Person.id)
            ).all()
            place = {"community_id": world.community_id}
            codes = [
                {**place, "household_id": home, "mac": f"{n:064x}", "issued_at": tx.now, "expires_at": closes_at}
                for n, (_, home) in enumerate(homes)
            ]
            tx.session.execute(insert(HouseholdCode), codes)
            ids = dict(tx.session.execute(select(HouseholdCode.household_id, HouseholdCode.id)).all())
            devices = [
                {
                    **place,
                    "public_id": f"{n:016d}",
                    "household_id": home,
                    "person_id": person,
                    "code_id": ids[home],
                    "paired_at": tx.now,
                }
                for n, (person, home) in enumerate(homes)
            ]
            tx.session.execute(insert(Device), devices)
        names = list(session.scalars(select(Device.public_id).order_by(Device.id)))
        voters = [session_of(app, f"device:{name}", clock.now()) for name in names]
        db.session.remove()
        db.engine.dispose()
    return Hall(app, f"/c/{world.slug}/poll/{poll}", poll, voters, closes_at)


def ballots(hall: Hall, last: int, span: float, dice: random.Random) -> list[Visit]:
    """Everybody's ballot: most at any moment of the minute, the last ones within the second before the deadline."""
    moments = [dice.uniform(0, span - 1) for _ in hall.voters[last:]] + [
        dice.uniform(span - 1, span) for _ in range(last)
    ]
    visits = []
    for moment, (cookie, token) in zip(moments, hall.voters, strict=True):
        form = {"stance": "consent", "once": secrets.token_hex(8), "csrf_token": token}
        asked = request(hall.path, cookie, urlencode(form).encode())
        visits.append(Visit(WARM + moment, asked.replace(b"keep-alive", b"close")))
    return visits


def held(hall: Hall, url: str, visits: list[Visit], readers: int, span: float, start_up: float) -> list[Visit]:
    """Serve, let everybody come, and return all visits: those of voters, then those of readers."""
    until = WARM + span
    pages = [request(path).replace(b"keep-alive", b"close") for path in ("/", hall.path, f"{hall.path}/result")]
    dice = random.Random("readers")
    reading = [Visit(dice.uniform(0, THINK), pages[n % len(pages)]) for n in range(readers)]
    known = {id(visit) for visit in reading}

    def again(now: float, visit: Visit) -> Visit | None:
        if id(visit) not in known or now + THINK > until:
            return None
        following = Visit(now + dice.uniform(THINK / 2, THINK * 1.5), dice.choice(pages))
        known.add(id(following))
        kept.append(following)
        return following

    kept = list(reading)
    start = hall.closes_at - int(until * 1000)  # the world's clock when the first reader may come
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEY": "burst",
        "QIDING_VAR": str(Path(tempfile.gettempdir()) / "burst-var"),
    }
    # Servers take some seconds to start: the clocks are set so that they agree when the crowd begins.
    begin = time.time_ns() // 1_000_000 + int(start_up * 1000)
    environment["QIDING_BENCH_AHEAD"] = str(start - begin)
    with serve("scripts.bench.wsgi:app", environment) as server:
        left = begin / 1000 - time.time_ns() / 1e9
        if left < 0:
            raise SystemExit("the servers took too long to start: give them more seconds with --start")
        time.sleep(left)
        done = list(Crowd(server.port, [*visits, *reading], again).run())
        print(f"  {len(done):,} answers; the largest process held {server.memory():.0f} MB")
    return kept


def counted(hall: Hall, ahead_of_close: int = 60_000) -> tuple[set[str], int, int]:
    """Close the vote and count it: the receipts of what counts, how many the tally holds, and the world's last hour."""
    from sqlalchemy import select

    from app.ballots import service
    from app.ballots.models import Ballot, Poll
    from app.core.database import db
    from app.engine.canonical import receipt_code

    hall.app.extensions["qiding.clock"].set(hall.closes_at + ahead_of_close)
    with hall.app.app_context():
        service.settle_due()
        poll = db.session.scalars(select(Poll).where(Poll.public_id == hall.poll)).one()
        found = db.session.scalars(select(Ballot.commitment).where(Ballot.poll_id == poll.id, Ballot.live))
        codes = {receipt_code(bytes.fromhex(commitment)) for commitment in found}
        cast, closed = (poll.tally or {}).get("cast", -1), poll.closes_at
        db.session.remove()
        db.engine.dispose()
    return codes, cast, closed


def receipts(hall: Hall, visits: list[Visit]) -> list[str]:
    """The receipts that were given: each stands in the cookie that came with the acknowledgement."""
    serializer: Any = hall.app.session_interface.get_signing_serializer(hall.app)  # type: ignore[attr-defined]
    found = []
    for visit in visits:
        if visit.status == 303:
            said = re.search(rb"(?im)^set-cookie: [^=\r\n]+=([^;\r\n]+)", visit.answer)
            kept = serializer.loads(said[1].decode()) if said else {}
            found.append(kept.get("receipt", {}).get("code", "none was given"))
    return found


def main() -> int:
    """Let them come, close, count, and say."""
    parser = argparse.ArgumentParser(prog="scripts.bench.burst", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of people; the minute stays one")
    parser.add_argument("--database", default="postgresql,sqlite")
    parser.add_argument("--seconds", type=float, default=MINUTE)
    parser.add_argument("--start", type=float, default=20.0, help="seconds that the servers get to start")
    asked = parser.parse_args()
    fine = True
    for kind in asked.database.split(","):
        print(kind)
        fine &= burst(kind, asked.scale, asked.seconds, asked.start)
    return 0 if fine else 1


def burst(kind: str, scale: float, span: float, start_up: float) -> bool:
    """One burst on one database; whether it went as it must."""
    last, readers = max(1, round(LAST * scale)), max(1, round(READERS * scale))
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        hall = furnish(url, Path(name), round(VOTERS * scale) + last)
        visits = ballots(hall, last, span, random.Random("burst"))
        reading = held(hall, url, visits, readers, span, start_up)
        codes, cast, _ = counted(hall)
        given = receipts(hall, visits)
    lost = [code for code in given if code not in codes]
    late = [visit for visit in visits if visit.status == CONFLICT and visit.at >= WARM + span - 1]
    odd = [visit for visit in visits if visit.status != 303 and visit not in late]
    failed = [visit for visit in reading if visit.sent_at and visit.status != 200]
    slow = sorted(visit.took for visit in visits)
    read = sorted(visit.took for visit in reading if visit.status)
    p50, p99, page99 = slow[len(slow) // 2], slow[int(len(slow) * 0.99)], read[int(len(read) * 0.99)]
    print(f"  {len(visits):,} voters in {span:.0f} s, {last} of them in the last second, beside {readers} readers")
    print(f"  acknowledged {len(given):,}, counted {cast:,}, lost {len(lost)}, refused as too late {len(late)}")
    print(f"  errors: {len(odd)} of casts, {len(failed)} of {len(reading):,} pages; statuses {_statuses(odd)}")
    print(f"  cast p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, slowest {slow[-1] * 1000:.0f} ms; ", end="")
    print(f"pages p50 {read[len(read) // 2] * 1000:.0f} ms, p99 {page99 * 1000:.0f} ms", flush=True)
    return not lost and not odd and not failed and cast == len(given) and max(p99, page99) < SLOWEST


def _statuses(visits: list[Visit]) -> dict[int, int]:
    return {status: sum(visit.status == status for visit in visits) for status in {visit.status for visit in visits}}


if __name__ == "__main__":
    raise SystemExit(main())
