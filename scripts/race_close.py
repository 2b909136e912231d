"""Casts against closes: ``.venv/bin/python scripts/race_close.py [what] [rounds] [sqlite|postgresql] [seed]``.

Threads of one process on SQLite, four processes with threads on PostgreSQL, by the real clock: a vote's deadline lies a moment
ahead when they begin. ``what`` is

- ``again``: one form a hundred times at once is one ballot, with another choice it is refused; then fifty who change their
  mind at once leave one live ballot (R2);
- ``close``: fifty casts and fifty closes around the deadline: every close gives one result, that of what was acknowledged (R4);
- ``schedule``: made-up mixes of casts, closes, a pause, a household that moves out, a corrected area, a missed quorum with its
  prolongation (R5).

Prints what it counted; exit status 1 when something is wrong.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

PATIENCE = 600.0  # seconds, on a machine that has much else to do
CASTERS, CLOSERS, SAME, PROCESSES, SPARE = 50, 50, 100, 4, 4
STANCES = ("consent", "abstain")
REASON = "现场看过，图纸也对过，可以这样办。"
Task = tuple[Any, ...]  # what, seconds from the start, and its values
app: Any = None  # of this process
doors = threading.Semaphore(10)  # so many at once in a process: a server has so many connections


def moment() -> float:
    """Seconds by this machine's clock, which all processes share."""
    return time.time_ns() / 1e9


def begin(url: str, folder: str, ready: Any = None) -> None:
    """Make the application of a process, with the machine's clock (on PostgreSQL: the database's); wait for the others."""
    global app, doors
    from scripts.bench.cast import make

    app = make(url, Path(folder))
    doors = threading.Semaphore(10 if url.startswith("postgresql") else 30)
    if ready is not None:
        ready.wait(PATIENCE)


def do(task: Task) -> Any:
    """One task of a round; a refusal is its name."""
    from app.ballots import service
    from app.ballots.models import Poll
    from app.core.database import db
    from app.core.transaction import transaction
    from app.engine.errors import DomainError
    from app.people import desk
    from app.people.places import Unit
    from app.people.session import actor_of
    from app.projects import service as projects

    what, _, *values = task
    with app.app_context():
        try:
            if what == "cast":
                person, poll, stance, once = values
                return service.cast(actor_of(person), poll, {"stance": stance}, once=once).ballot
            if what == "close":
                (poll_id,) = values
                service.settle(poll_id)
                db.session.rollback()
                row = db.session.get_one(Poll, poll_id)
                return json.dumps(row.tally, sort_keys=True) if row.tally is not None else "open"
            if what in ("pause", "move out"):
                act = projects.pause if what == "pause" else desk.move_out
                act(actor_of(values[0]), *values[1:])
            if what == "area":
                with transaction() as tx:
                    tx.session.get_one(Unit, values[0]).floor_area = values[1]
            return "done"
        except DomainError as error:
            return type(error).__name__
        finally:
            db.session.remove()


def together(tasks: Sequence[Task], at: float) -> list[Any]:
    """Do the tasks in threads, each at its moment after ``at``; what came of each."""
    found: list[Any] = [None] * len(tasks)

    def run(place: int) -> None:
        time.sleep(max(0.0, at + tasks[place][1] - moment()))
        try:
            with doors:
                found[place] = do(tasks[place])
        except Exception as error:
            found[place] = f"failed: {error!r}"

    crowd = [threading.Thread(target=run, args=(place,)) for place in range(len(tasks))]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    return found


class Field:
    """A world on a database, and whoever does the tasks of a round."""

    def __init__(self, kind: str, url: str, folder: Path, seed: int) -> None:
        from flask_migrate import upgrade

        from app.core.clock import DAY, FixedClock
        from scripts.bench.cast import make
        from tests.ballots.world import build

        self.dice, self.kind = random.Random(seed), kind
        self.clock = FixedClock(time.time_ns() // 1_000_000 - 3 * DAY)
        made = make(url, folder, self.clock)
        with made.app_context():
            upgrade()
        self.world = build(made, self.clock)
        self.world.households(CASTERS + SPARE - len(self.world.residents))
        self.people = [actor.person() for actor in self.world.residents[:CASTERS]]
        self.homes = {actor.household_id for actor in self.world.residents[:CASTERS]}
        begin(url, str(folder))
        self.pool = None
        if kind == "postgresql":
            context = multiprocessing.get_context("spawn")
            ready = context.Barrier(PROCESSES + 1)
            self.pool = context.Pool(PROCESSES, begin, (url, str(folder), ready))
            ready.wait(PATIENCE)

    def vote(self, settings: str = "") -> tuple[str, int]:
        """A vote that is open now; its public id and its row's."""
        from sqlalchemy import select, update

        from app.ballots.models import Poll
        from app.core.clock import DAY
        from app.core.transaction import transaction
        from app.projects.models import MethodVersion
        from tests.ballots.world import CONSENT

        self.clock.set(time.time_ns() // 1_000_000 - 3 * DAY)
        # A text that comes again is the version of before, which is offered no more.
        with self.world.here(), transaction() as tx:
            tx.session.execute(update(MethodVersion).values(offered=True))
        self.world.start(CONSENT + settings, title=f"第{self.dice.randrange(10**9)}回")
        poll = self.world.announce()
        with self.world.here() as session:
            return poll, session.scalars(select(Poll.id).where(Poll.public_id == poll)).one()

    def deadline(self, poll_id: int, seconds: float) -> float:
        """Put the deadline so many seconds ahead of a start that is soon; returns that start."""
        from sqlalchemy import update

        from app.ballots.models import Poll
        from app.core.transaction import transaction

        start = moment() + 0.3
        with self.world.here(), transaction() as tx:
            tx.session.execute(update(Poll).where(Poll.id == poll_id).values(closes_at=int((start + seconds) * 1000)))
        return start

    def run(self, tasks: list[Task], start: float) -> list[Any]:
        """Let all do their tasks; what failed ends the run."""
        order = list(range(len(tasks)))
        self.dice.shuffle(order)
        if self.pool is None:
            results = [(order, together([tasks[n] for n in order], start))]
        else:
            parts = [order[n::PROCESSES] for n in range(PROCESSES)]
            asked = [self.pool.apply_async(together, ([tasks[n] for n in part], start)) for part in parts]
            results = [(part, one.get(PATIENCE)) for part, one in zip(parts, asked, strict=True)]
        found: list[Any] = [None] * len(tasks)
        for part, answers in results:
            for place, answer in zip(part, answers, strict=True):
                found[place] = answer
        wrong = [answer for answer in found if str(answer).startswith("failed")]
        if wrong:
            raise SystemExit(f"a task failed: {wrong[0]}")
        return found

    def ballots(self, poll_id: int) -> list[tuple[str, int, str, bool]]:
        """Public id, slot, stance and life of all ballots of a vote."""
        from sqlalchemy import select

        from app.ballots.models import Ballot

        with self.world.here() as session:
            rows = session.execute(
                select(Ballot.public_id, Ballot.slot_id, Ballot.stance, Ballot.live).where(Ballot.poll_id == poll_id)
            )
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    def end(self) -> None:
        """Stop the processes, and audit all that happened."""
        from app.audit.verify import verify, verify_links
        from app.core.database import db

        if self.pool is not None:
            self.pool.terminate()
            self.pool.join()
        with self.world.here():
            finding = verify_links() or verify(self.world.slug).finding
            db.engine.dispose()
        with app.app_context():
            db.engine.dispose()
        # The deadlines were moved by hand: the audit may see that, and nothing else.
        if finding is not None and "closes_at" not in f"{finding}" and "announce" not in f"{finding}":
            raise SystemExit(f"the audit found: {finding}")


def must(holds: bool, sentence: str) -> None:
    """End the run unless something holds."""
    if not holds:
        raise SystemExit(sentence)


def again(field: Field) -> Counter[str]:
    """R2."""
    poll, poll_id = field.vote()
    person, key = field.people[0], f"form-{field.dice.randrange(10**9)}"
    start = moment() + 0.3
    found = field.run([("cast", 0.0, person, poll, "consent", key)] * SAME, start)
    must(len(set(found)) == 1, f"one form, and these answers: {Counter(found)}")
    must([row[0] for row in field.ballots(poll_id)] == found[:1], "one form made more than one ballot")
    other = field.run([("cast", 0.0, person, poll, "abstain", key)] * 5, moment() + 0.1)
    must(set(other) == {"Conflict"}, f"another choice in the same form: {Counter(other)}")
    tasks = [("cast", 0.0, field.people[1], poll, STANCES[n % 2], f"{key}-{n}") for n in range(CASTERS)]
    many = field.run(tasks, moment() + 0.3)
    rows = field.ballots(poll_id)
    must({row[0] for row in rows} == {*found, *many}, "answered, and not there")
    live = Counter(row[1] for row in rows if row[3])
    must(set(live.values()) == {1} and len(live) == 2, f"not one live ballot a slot: {live}")
    return Counter(submits=SAME + 5 + CASTERS, ballots=len(rows))


def close(field: Field) -> Counter[str]:
    """R4."""
    poll, poll_id = field.vote()
    start = field.deadline(poll_id, 0.5)
    tasks: list[Task] = [
        ("cast", field.dice.uniform(0, 0.9), person, poll, STANCES[n % 2], f"form-{n}")
        for n, person in enumerate(field.people)
    ]
    tasks += [("close", field.dice.uniform(0.2, 1.1), poll_id) for _ in range(CLOSERS)]
    found = field.run(tasks, start)
    last = do(("close", 0.0, poll_id))
    return judge(field, poll_id, tasks, found, last)


def judge(field: Field, poll_id: int, tasks: list[Task], found: list[Any], last: str) -> Counter[str]:
    """Every close that gave a result gave the last one, and it is that of the ballots that were answered."""
    answers = [answer for task, answer in zip(tasks, found, strict=True) if task[0] == "cast"]
    results = {answer for task, answer in zip(tasks, found, strict=True) if task[0] == "close"} - {"open"}
    kinds = {"Closed", "NotFound", "Forbidden"}
    taken = {answer for answer in answers if answer not in kinds}
    rows = field.ballots(poll_id)
    must(taken == {row[0] for row in rows}, f"{len(taken)} acknowledged, {len(rows)} there")
    must(last != "open", "no close closed it")
    must(results <= {last}, f"closes differ: {results | {last}}")
    live = Counter(row[2] for row in rows if row[3])
    tally = json.loads(last)
    must({key: n for key, n in tally["counts"].items() if n} == dict(live), f"counted {tally}, acknowledged {live}")
    must(tally["cast"] == sum(live.values()), f"counted {tally}")
    return Counter(
        casts=len(answers), acknowledged=len(taken), refused=len(answers) - len(taken), closes=len(tasks) - len(answers)
    )


def schedule(field: Field) -> Counter[str]:
    """R5."""
    from sqlalchemy import select

    from app.ballots.models import Poll
    from app.people.models import Household

    dice = field.dice
    poll, poll_id = field.vote(dice.choice(("", ", prolong_days = 1")))
    few = dice.sample(field.people, dice.choice((3, 10, 24, 25, 26)))  # around the quorum of 50
    start = field.deadline(poll_id, 0.15)
    tasks: list[Task] = [
        ("cast", dice.uniform(0, 0.3), person, poll, dice.choice(STANCES), f"form-{n}") for n, person in enumerate(few)
    ]
    tasks += [("close", dice.uniform(0.05, 0.4), poll_id) for _ in range(6)]
    lead = field.world.facilitator.person()
    with field.world.here() as session:
        homes = session.execute(
            select(Household.id, Household.public_id, Household.unit_id)
            .where(Household.ended_at.is_(None))
            .order_by(Household.id)
        ).all()
        size = session.scalars(select(Poll.roll_size).where(Poll.id == poll_id)).one()
    if dice.random() < 0.3:
        tasks.append(("pause", dice.uniform(0, 0.3), lead, field.world.project, REASON))
    if dice.random() < 0.2:
        spare = dice.choice([home.public_id for home in homes if home.id not in field.homes])
        tasks.append(("move out", dice.uniform(0, 0.3), lead, spare))
    if dice.random() < 0.5:
        tasks.append(("area", dice.uniform(0, 0.3), dice.choice(homes).unit_id, dice.randrange(5000, 9000)))
    found = field.run(tasks, start)
    last = do(("close", 0.0, poll_id))
    if last == "open":  # prolonged, since too few had cast: by hand to its end, and closed
        from sqlalchemy import update

        from app.core.transaction import transaction

        with field.world.here(), transaction() as tx:
            until = time.time_ns() // 1_000_000
            tx.session.execute(update(Poll).where(Poll.id == poll_id).values(prolonged_until=until))
        last = do(("close", 0.0, poll_id))
    with field.world.here() as session:
        must(session.scalars(select(Poll.roll_size).where(Poll.id == poll_id)).one() == size, "the roll changed")
    return judge(field, poll_id, tasks, found, last)


ROUNDS = {"again": again, "close": close, "schedule": schedule}


def main(what: str = "close", times: str = "500", kind: str = "sqlite", dice: str = "") -> None:
    """Furnish, race so often, and print what was counted."""
    from scripts.bench.roll import database

    rounds, seed = int(times), int(dice or random.SystemRandom().randrange(2**32))
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        field, counted = Field(kind, url, Path(name), seed), Counter[str]()
        for number in range(rounds):
            counted += ROUNDS[what](field)
            if (number + 1) % 50 == 0:
                print(f"{number + 1}: {dict(counted)}", flush=True)
        field.end()
    must(
        what == "again" or rounds < 20 or counted["acknowledged"] > rounds,
        f"hardly a cast came in time: {dict(counted)}",
    )
    sums = ", ".join(f"{n} {key}" for key, n in counted.items())
    print(f"{what} on {kind}, {rounds} rounds: {sums}; each as it must be")


if __name__ == "__main__":
    main(*sys.argv[1:])
