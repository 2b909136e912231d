"""Kill the senders while they send: ``.venv/bin/python scripts/crash_outbox.py [times] [sqlite|postgresql] [seed]``.

Two senders at once work on one database and hand over to a mail server and a group's robot in this process, which answer
now and then with 4xx, with 5xx, or never. In each turn both are killed with SIGKILL: at the very moment at which the mail
server has taken an e-mail and not answered yet, or at a random one. After the last turn one more sender works until
nothing is due. Then what the servers took is compared with what the database says: each message is in one delivery; what
is *sent* was taken once, what *failed* never, what is *uncertain* at most once; nothing was taken twice.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

PEOPLE = 6
GROUPS = 2
PATIENCE = 60.0
HOUR = 3_600_000
BASE = "https://qiding.example.org"


@dataclass
class Ahead:
    """The machine's clock, so much ahead: leases end and waits are over without anybody waiting."""

    by: int

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.by


def make(url: str, folder: str, mail: int, robot: int, ahead: int):  # type: ignore[no-untyped-def]
    """The application of a sender, and of this process."""
    from app.config import Config, MailServer
    from app.factory import create_app

    config = Config(
        database_url=url,
        media_dir=Path(folder) / "media",
        secret="a secret of this run alone",
        base_url=BASE,
        mail=MailServer("127.0.0.1", mail, "smtp+plain", "qiding@example.org", patience=0.5),
        webhook_hosts=(f"127.0.0.1:{robot}",),
        webhook_plain=True,
    )
    return create_app(config, Ahead(ahead))


def work(url: str, folder: str, mail: str, robot: str, ahead: str, until_done: str) -> None:
    """A sender: gather and send until killed, or until nothing is due."""
    from app.notifications import digest, sender

    app = make(url, folder, int(mail), int(robot), int(ahead))
    with app.app_context():
        while True:
            done = digest.enqueue_due() + sender.send_due()
            if not done and until_done == "1":
                return
            if not done:
                time.sleep(0.01)


def nursery(url: str, folder: str, mail: str, robot: str) -> None:
    """Where senders are born: a process that has read the program, and forks one for each line it gets."""
    import app.factory  # noqa: F401 - read once, by this process

    for line in sys.stdin:
        word, *rest = line.split()
        if word == "wait":
            _, status = os.waitpid(int(rest[0]), 0)
            print(status, flush=True)
            continue
        pid = os.fork()
        if not pid:
            work(url, folder, mail, robot, *rest)
            os._exit(0)
        print(pid, flush=True)


class Run:
    """One run: the database, the two servers, and the senders."""

    def __init__(self, url: str, folder: str, seed: int) -> None:
        from tests.outbox.servers import mail_server, robot_server

        self.url, self.folder, self.dice = url, folder, random.Random(seed)
        self.written = 0
        self.ahead = 0
        self._mail, self._robot = mail_server(), robot_server()
        self.box, self.robot = self._mail.__enter__(), self._robot.__enter__()
        self.app = make(url, folder, self.box.port, self.robot.port, 0)
        self.people = self._furnish()
        command = [sys.executable, __file__, "--nursery", url, folder, str(self.box.port), str(self.robot.port)]
        self.nursery = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "QIDING_VAR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _ask(self, line: str) -> int:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        print(line, file=self.nursery.stdin, flush=True)
        return int(self.nursery.stdout.readline())

    def _furnish(self) -> list[int]:
        from flask_migrate import upgrade

        from app.core.clock import FixedClock
        from app.core.transaction import transaction
        from app.notifications import groups
        from app.notifications.models import MailAddress
        from tests.site.world import build

        with self.app.app_context():
            upgrade()
        clock = FixedClock(time.time_ns() // 1_000_000)
        self.app.extensions["qiding.clock"] = clock
        town = build(self.app, clock)
        self.community = town.communities["ziteng"]
        people = [town.resident("ziteng", f"李{n}").person() for n in range(PEOPLE)]
        with self.app.app_context():
            for n in range(GROUPS):
                groups.add(
                    town.facilitator,
                    self.community,
                    "wecom",
                    f"群{n}",
                    f"http://127.0.0.1:{self.robot.port}/send?key={n}",
                    "zh_Hans",
                )
            with transaction() as tx:
                for n, person in enumerate(people):
                    tx.session.add(
                        MailAddress(
                            person_id=person,
                            address=f"li{n}@example.net",
                            nonce="n" * 16,
                            language="zh_Hans",
                            choice="once",
                            asked_at=0,
                            confirmed_at=0,
                            since=0,
                            next_at=0,
                        )
                    )
        return people

    def write(self, turn: int) -> None:
        """A message to everybody, each with words of its own, and a line to each group."""
        from app.core.delivery import tell_groups
        from app.core.outbox import tell
        from app.core.transaction import transaction

        with self.app.app_context(), transaction() as tx:
            for person in self.people:
                self.written += 1
                title = f"word-{self.written:05}-"
                tell(tx, [person], "proposal.chosen", community_id=self.community, data={"title": title}, href="/help")
            title = f"group-{turn:05}-"
            tell_groups(tx, self.community, "proposal.chosen", data={"title": title}, href="/help", dedupe=f"t{turn}")

    def trouble(self) -> None:
        """What the servers answer in this turn, beside taking what they get."""
        self.box.answers.clear()
        for n in range(PEOPLE):
            fault = self.dice.choice(["", "", "", "451 later", "554 never", "never", "drop"])
            stage = self.dice.choice(["RCPT", "BODY"])
            if fault:
                self.box.answers[f"{stage} li{n}@example.net"] = fault
        self.robot.fault = self.dice.choice(["", "", "drop"])
        self.robot.status = self.dice.choice([200, 200, 500, 404])

    def turn(self, number: int) -> None:
        """Let two senders work, and kill both."""
        self.trouble()
        self.write(number)
        held, killed = threading.Event(), threading.Event()
        nth = self.dice.randrange(1, 6) if number % 2 == 0 else 0  # 0: kill at a moment of chance
        before = len(self.box.taken)

        def on_taken() -> None:
            if nth and len(self.box.taken) - before >= nth:
                held.set()
                killed.wait(PATIENCE)

        self.box.on_taken = on_taken
        senders = [self._ask(f"start {self.ahead} 0") for _ in range(2)]
        until = time.monotonic() + PATIENCE
        while len(self.box.taken) == before and time.monotonic() < until:
            time.sleep(0.002)
        if nth:
            held.wait(2)
        else:
            time.sleep(self.dice.uniform(0.0, 0.5))
        for sender in senders:
            os.kill(sender, signal.SIGKILL)
        killed.set()
        if {self._ask(f"wait {sender}") for sender in senders} != {signal.SIGKILL}:
            raise SystemExit("a sender ended by itself")
        self.ahead += HOUR  # the leases of the dead are over, and waits too

    def finish(self) -> None:
        """No more trouble: send all that is left."""
        self.box.answers.clear()
        self.box.on_taken = lambda: None
        self.robot.fault, self.robot.status = "", 200
        for _ in range(3):
            self.ahead += 7 * HOUR
            if self._ask(f"wait {self._ask(f'start {self.ahead} 1')}"):
                raise SystemExit("the last sender failed")

    def close(self) -> None:
        """Stop the servers, and the nursery."""
        self.nursery.kill()
        self._mail.__exit__(None, None, None)
        self._robot.__exit__(None, None, None)

    def judge(self) -> str:
        """Compare what was taken with what the database says; the figures, or the end of the program."""
        from sqlalchemy import select

        from app.core.database import db
        from app.core.delivery import Delivery
        from app.core.outbox import Message

        ids = Counter(re.sub(r"[<>]|@.*", "", letter["Message-ID"]).upper() for letter in self.box.letters())
        words = Counter(word for text in self.box.texts() for word in re.findall(r"word-\d{5}-", text))
        lines = Counter(
            (path, word)
            for path, body in self.robot.told
            for word in re.findall(r"group-\d{5}-", json.loads(body)["text"]["content"])
        )
        with self.app.app_context():
            rows = db.session.execute(select(Delivery.public_id, Delivery.state, Delivery.channel)).all()
            homes = db.session.execute(select(Message.data, Delivery.state).outerjoin(Delivery)).all()
        wrong = [f"twice: {key}" for key, n in (ids + words).items() if n > 1]
        for data, state in homes:
            n = words[data["title"]]
            if state not in ("sent", "failed", "uncertain"):
                wrong.append(f"{data['title']} is {state}")
            elif n != {"sent": 1, "failed": 0}.get(state, n) or n > 1:
                wrong.append(f"{data['title']} is {state} and was taken {n} times")
        states = Counter((channel, state) for _, state, channel in rows)
        if len(homes) != self.written or any(state in ("queued", "sending") for _, state in states):
            wrong.append(f"{len(homes)} of {self.written} messages; {dict(states)}")
        arrived = sum(
            ids[public_id] for public_id, state, channel in rows if (state, channel) == ("uncertain", "email")
        )
        if wrong:
            raise SystemExit("\n".join(wrong[:20]))
        mails = {state: n for (channel, state), n in sorted(states.items()) if channel == "email"}
        told = {state: n for (channel, state), n in sorted(states.items()) if channel == "group"}
        return (
            f"{self.written} messages in {sum(mails.values())} e-mails: {mails}, of the uncertain ones {arrived} had arrived; "
            f"{sum(told.values())} lines to groups: {told}, posted {sum(lines.values())} times; no e-mail taken twice"
        )


def main(times: int, kind: str, seed: int) -> None:
    """Kill so often, then look, and print what was found."""
    from scripts.bench.roll import database

    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        run = Run(url, name, seed)
        try:
            for number in range(times):
                run.turn(number)
                print(f"turn {number + 1}: {len(run.box.taken)} taken", flush=True)
            run.finish()
            print(f"{times} turns, {2 * times} senders killed, on {kind}: {run.judge()}", flush=True)
        finally:
            run.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--nursery"]:
        nursery(*sys.argv[2:])
    else:
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 50,
            sys.argv[2] if len(sys.argv) > 2 else "sqlite",
            int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32),
        )
