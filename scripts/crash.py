"""Kill the server while people vote: ``.venv/bin/python scripts/crash.py [times] [sqlite|postgresql] [seed]``.

Starts the real server on a database of its own and lets residents cast over HTTP, each ballot with words of its own. At
a random moment it kills the server with SIGKILL, looks, and starts it again: every ballot that was answered with "recorded" is
there once, each slot has one live ballot, and ``flask audit verify`` finds nothing wrong (asked in this process,
which starts no program anew; at the end once as a command of its own). The seed is printed; the same seed gives the same moments.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

VOTERS = 16
LONGEST = 1.6  # seconds from the first ballot that a server recorded to its end
PATIENCE = 40.0
SECRET = "a secret of this run alone"


@dataclass
class Voter:
    """A resident with a browser: what was sent, and what was answered with "recorded"."""

    name: int
    cookie: str
    sent: list[str] = field(default_factory=list)
    recorded: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Server:
    """The web server as it is run for people, in a process group of its own."""

    def __init__(self, url: str, folder: Path, port: int) -> None:
        self.port = port
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "QIDING_VAR": str(folder),
            "MEDIA_DIR": str(folder / "media"),
            "SECRET_KEY": SECRET,
            "PORT": str(port),
            "QIDING_JOBS": "thread",
        }
        self.log = (folder / "server.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [str(ROOT / ".venv/bin/gunicorn"), "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                    connection.request("GET", "/healthz")
                    with connection.getresponse() as answer:
                        if answer.status == 200:
                            return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the server did not come up")

    def kill(self) -> None:
        """SIGKILL to the server and all its processes; wait until they are gone."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def verify(self) -> None:
        """Let the audit look at everything."""
        command = [str(ROOT / ".venv/bin/flask"), "--app", "wsgi", "audit", "verify"]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"the audit found something: {done.stdout}{done.stderr}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def furnish(url: str, folder: Path) -> tuple[str, list[Voter]]:
    """A vote that is open now: the address of its page, and its voters, signed in."""
    from flask_migrate import upgrade

    from app.config import Config
    from app.core.clock import FixedClock
    from app.core.database import db
    from app.factory import create_app
    from tests.ballots.world import build

    clock = FixedClock(time.time_ns() // 1_000_000 - 3 * 86_400_000)
    app = create_app(Config(database_url=url, media_dir=folder / "media", secret=SECRET), clock)
    with app.app_context():
        upgrade()
    world = build(app, clock)
    world.households(VOTERS - len(world.residents))
    poll = world.announce()
    clock.set(time.time_ns() // 1_000_000)
    voters = []
    for number in range(VOTERS):
        client = app.test_client()
        world.sign_in(client, number)
        cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        voters.append(Voter(number, f"{cookie.key}={cookie.value}"))
    with app.app_context():
        db.engine.dispose()
    return f"/c/{world.slug}/poll/{poll}", voters


def vote(voter: Voter, port: int, page: str, stop: threading.Event) -> None:
    """Cast again and again, each time with words of its own, until told to stop; errors are the kill's."""
    while not stop.is_set():
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Cookie": voter.cookie, "Host": f"127.0.0.1:{port}"}
            connection.request("GET", page, headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
            form = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', body))
            words = f"第{len(voter.sent)}次，{voter.name}号住户说的话"
            form |= {"stance": "concern", "concern": words}
            headers["Cookie"] = "; ".join(cookies or [voter.cookie])
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"http://127.0.0.1:{port}"
            voter.sent.append(words)
            connection.request("POST", page, urllib.parse.urlencode(form), headers)
            answer = connection.getresponse()
            if answer.status == 303:
                voter.recorded.append(words)
            else:
                voter.wrong.append(f"a cast was answered with {answer.status}")
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)


def look(url: str, voters: list[Voter]) -> int:
    """Whether every recorded ballot is there once, and nothing that nobody sent; returns how many ballots there are."""
    import json

    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("select slot_id, choice, live from ballot")).all()
    engine.dispose()
    found = Counter(json.loads(choice)["text"] for _, choice, _ in rows)
    for voter in voters:
        lost = [words for words in voter.recorded if found[words] != 1]
        if lost:
            raise SystemExit(f"recorded, and not there once: {lost}")
    if not set(found) <= {words for voter in voters for words in voter.sent}:
        raise SystemExit("a ballot is there that nobody sent")
    live = Counter(slot for slot, _, alive in rows if alive)
    if set(live.values()) - {1} or len(live) != len({slot for slot, _, _ in rows}):
        raise SystemExit(f"not one live ballot a slot: {live}")
    return len(rows)


def audit(app: Flask) -> None:
    """Let the audit look at everything, and let go of the database again."""
    from app.core.database import db

    done = app.test_cli_runner().invoke(args=["audit", "verify"])
    with app.app_context():
        db.engine.dispose()
    if done.exit_code:
        raise SystemExit(f"the audit found something: {done.output}{done.exception or ''}")


def main(times: int, kind: str, seed: int) -> None:
    """Kill so often, look each time, and print what was found."""
    from app.config import Config
    from app.factory import create_app
    from scripts.bench.roll import database

    moments = random.Random(seed)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder = Path(name)
        page, voters = furnish(url, folder)
        server = Server(url, folder, free_port())
        auditor = create_app(Config(database_url=url, media_dir=folder / "media", secret=SECRET))
        for turn in range(times):
            server.start()
            stop = threading.Event()
            crowd = [threading.Thread(target=vote, args=(one, server.port, page, stop), daemon=True) for one in voters]
            before = sum(len(one.recorded) for one in voters)
            for thread in crowd:
                thread.start()
            until = time.monotonic() + PATIENCE
            while sum(len(one.recorded) for one in voters) == before and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(moments.uniform(0.0, LONGEST))
            server.kill()
            stop.set()
            for thread in crowd:
                thread.join(PATIENCE)
            wrong = [sentence for one in voters for sentence in one.wrong]
            if wrong:
                raise SystemExit(str(wrong))
            there = look(url, voters)
            audit(auditor)
            recorded = sum(len(one.recorded) for one in voters)
            if recorded == before:
                raise SystemExit("nothing was recorded in this turn: nothing was tried")
            print(f"kill {turn + 1}: {recorded} recorded, {there} there, audit sound", flush=True)
        server.verify()
        server.log.close()
    print(
        f"{times} kills on {kind}: {recorded} ballots recorded, each of them there once, the audit sound after each kill"
    )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 50,
        sys.argv[2] if len(sys.argv) > 2 else "sqlite",
        int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32),
    )
