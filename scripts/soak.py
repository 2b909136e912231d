"""A mixed crowd for a long time: ``.venv/bin/python scripts/soak.py [--minutes 45] [--database postgresql]``.

Serves the town of the permission table as it is served for people (SQLite: one process; PostgreSQL: two; both run jobs in a
thread) and lets a mixed crowd use it. Prints a line a minute and a verdict: no 5xx, no request that nobody answered,
memory grown by less than a tenth since the crowd has warmed up, no more descriptors than then, SQLite's journal under 64 MB.
Exit status 1 when it doesn't hold.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

CROWD = {"reader": 4, "voter": 2, "commenter": 1, "staff": 1}
SLOW = ("pdf", "poster", "slip", "print", "docx", "dossier", "/prove", "xlsx", "zip")
PAUSE = {"reader": 0.02, "voter": 0.2, "commenter": 0.3, "staff": 0.2}
JOURNAL = 64 * 1024 * 1024
SOME_MORE = 12  # descriptors: connections that the pool opens when many come at once


@dataclass
class Town:
    """Where things are in the furnished town, and the cookies of those who use it."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    poll: str = ""
    talk: str = ""


@dataclass
class Tally:
    """What the crowd was answered."""

    answered: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)


def furnish(url: str, folder: Path, secret: str) -> Town:
    """Build the town so that its instant is now; the addresses, and a session of each role."""
    from app.core.clock import DAY, HOUR, FixedClock
    from app.core.database import db
    from tests.installation import installed
    from tests.permission_requests import address
    from tests.permission_table import ROWS
    from tests.permission_world import build

    present = time.time_ns() // 1_000_000
    clock = FixedClock(present - 4 * DAY - 2 * HOUR)
    app = installed(url, folder, clock, secret, testing=False)
    world, town = build(app, clock), Town()
    for role, row_role in (("reader", "anonymous"), ("voter", "author"), ("staff", "facilitator")):
        rows = [row for row in ROWS if row.method == "GET" and row.expected()[row_role] == "page" and not row.pairing]
        found = {address(world, row) for row in rows if row.at != "link"}
        town.pages[role] = sorted(page for page in found if not any(word in page for word in SLOW))
    for role in ("author", "partner", "neighbour", "facilitator"):
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"], session["at"] = world.users[role], True, present
        cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        town.cookies[role] = f"{cookie.key}={cookie.value}"
    here = world.at["ziteng"]
    town.poll = f"/c/ziteng/poll/{here['poll_vote']['public_id']}"
    with app.test_request_context():
        from flask import url_for

        town.talk = url_for("comments.write", **here["talk_write"])
    with app.app_context():
        db.engine.dispose()
    return town


class Browser:
    """One person's connection: cookies, hidden fields, and a note of each answer."""

    def __init__(self, port: int, tally: Tally, cookie: str = "") -> None:
        self.port, self.tally, self.cookie = port, tally, cookie
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Send one request on a connection that is kept; what nobody answers twice is noted as wrong."""
        headers = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookie, "Accept-Encoding": "gzip"}
        data = None
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
            data = urllib.parse.urlencode(form)
        for turn in range(2):
            try:
                self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                body = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self.connection = None  # the server ends a connection that rested: once more, on a new one
                if turn and not self.tally.stop.is_set():
                    self.tally.wrong.append(f"{method} {path}: {error!r}")
                if turn:
                    return 0, ""
        self.tally.answered[answer.status] += 1
        if answer.status >= 500:
            self.tally.wrong.append(f"{method} {path}: {answer.status}")
        for line in answer.headers.get_all("Set-Cookie") or []:
            if line.startswith("qiding="):
                self.cookie = line.split(";")[0]
        zipped = answer.headers.get("Content-Encoding") == "gzip"
        return answer.status, (gzip.decompress(body) if zipped else body).decode("utf-8", "replace")

    def form(self, path: str, words: dict[str, str]) -> int:
        """Open a page and send its form with the hidden fields that it had."""
        _, page = self.ask("GET", path)
        hidden = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', page))
        return self.ask("POST", path, {**hidden, **words})[0]


def person(kind: str, number: int, port: int, town: Town, tally: Tally, seed: int) -> None:
    """One of the crowd, until told to stop."""
    dice = random.Random(f"{seed} {kind} {number}")
    role = {"reader": "", "voter": ("author", "neighbour")[number % 2], "commenter": "partner", "staff": "facilitator"}[
        kind
    ]
    browser = Browser(port, tally, town.cookies.get(role, ""))

    def read() -> int:
        return browser.ask("GET", dice.choice(town.pages[kind]))[0]

    def vote() -> int:
        read()
        return browser.form(town.poll, {"stance": dice.choice(("consent", "abstain")), "agreed": "y"})

    def comment() -> int:
        return browser.form(town.talk, {"kind": "question", "text": f"第{dice.randrange(10**6)}个问题：灯亮到几点？"})

    work: dict[str, Callable[[], int]] = {"reader": read, "voter": vote, "commenter": comment, "staff": read}
    while not tally.stop.is_set():
        tally.done[f"{kind} {work[kind]()}"] += 1
        tally.stop.wait(dice.uniform(0, 2 * PAUSE[kind]))


def processes(group: int) -> list[int]:
    """The processes of the server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def used(group: int) -> tuple[int, int]:
    """Kilobytes resident and descriptors open, of all processes of the server."""
    memory = descriptors = 0
    for pid in processes(group):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            memory += int(re.findall(r"VmRSS:\s+(\d+)", status)[0])
            descriptors += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        except (OSError, IndexError):
            continue
    return memory, descriptors


def main(minutes: float, kind: str, seed: int) -> int:
    """Serve, let them come, watch, and say what came of it."""
    from crash import SECRET, Server, free_port

    from scripts.bench.roll import database

    print(f"seed {seed}, {minutes:g} minutes on {kind}, crowd {CROWD}", flush=True)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder, tally = Path(name), Tally()
        town = furnish(url, folder, SECRET)
        server = Server(url, folder, free_port())
        server.start()
        try:
            assert server.process is not None
            group = server.process.pid
            crowd = [
                threading.Thread(target=person, args=(who, n, server.port, town, tally, seed), daemon=True)
                for who, many in CROWD.items()
                for n in range(many)
            ]
            for thread in crowd:
                thread.start()
            begun, seen, journal = time.monotonic(), [], 0
            print("minute  answered  a second  5xx   RSS MB  descriptors  journal KB", flush=True)
            step = min(60.0, minutes * 60 / 6)
            path = folder / "bench.db-journal"
            while (spent := time.monotonic() - begun) < minutes * 60:
                time.sleep(min(step, minutes * 60 - spent))
                memory, descriptors = used(group)
                journal = max(journal, path.stat().st_size if path.exists() else 0)
                seen.append((memory, descriptors))
                total, spent = sum(tally.answered.values()), time.monotonic() - begun
                bad = sum(n for status, n in tally.answered.items() if status >= 500)
                print(
                    f"{spent / 60:6.1f}  {total:8}  {total / spent:8.1f}  {bad:3}  {memory / 1024:7.1f}  "
                    f"{descriptors:11}  {journal / 1024:10.0f}",
                    flush=True,
                )
            tally.stop.set()
            for thread in crowd:
                thread.join(70)
        finally:
            tally.stop.set()
            server.kill()
        server.verify()
        server.log.close()
        return verdict(kind, minutes, tally, seen, journal)


def verdict(kind: str, minutes: float, tally: Tally, seen: list[tuple[int, int]], journal: int) -> int:
    """Judge what was seen, the first quarter being the warming up."""
    warm = seen[max(0, len(seen) // 4 - 1) : max(1, len(seen) // 2)]
    late = seen[-max(1, len(seen) // 4) :]
    memory = [max(item[0] for item in part) for part in (warm, late)]
    growth = memory[1] / memory[0] - 1
    more = max(item[1] for item in late) - max(item[1] for item in warm)
    wrong = [*tally.wrong[:10]]
    if growth >= 0.1:
        wrong.append(f"memory grew by {growth:.0%}")
    if more > SOME_MORE:
        wrong.append(f"{more} descriptors more than at the beginning")
    if journal >= JOURNAL:
        wrong.append(f"the journal had {journal} bytes")
    for who in CROWD:
        if not any(n for key, n in tally.done.items() if key.startswith(who) and key.endswith(("200", "303"))):
            wrong.append(f"no {who} ever did anything: {dict(tally.done)}")
    if wrong:
        print("\n".join(wrong))
        return 1
    print(
        f"{kind}: {minutes:g} min, {sum(tally.answered.values())} answers, 0 × 5xx, RSS {growth:+.1%} to "
        f"{memory[1] / 1024:.0f} MB, descriptors {more:+d}, journal at most {journal / 1024:.0f} KB, audit sound"
    )
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A long mixed load, and what it leaves behind.")
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=20261128)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends this ends its server too
    raise SystemExit(main(asked.minutes, asked.database, asked.seed))
