"""Sending: what each answer of a mail server leads to, and that nothing goes out twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.clock import HOUR, MINUTE
from app.core.database import db
from app.core.delivery import Delivery
from app.core.transaction import transaction
from app.notifications import digest, sender
from app.notifications.sender import LEASE, LONGEST, MOST_ATTEMPTS, wait_after
from app.notifications.smtp import SENT, Result
from tests.conftest import ON_POSTGRESQL
from tests.core.together import together
from tests.outbox.conftest import Office

LI = "li@example.net"
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("stage", "answer", "left"),
    [
        ("BODY", "250 fine", ("sent", "")),
        ("MAIL", "421 closing", ("queued", "later")),
        ("RCPT", "450 later", ("queued", "later")),
        ("RCPT", "550 no such mailbox", ("failed", "refused")),
        ("DATA", "451 later", ("queued", "later")),
        ("BODY", "452 full for now", ("queued", "later")),
        ("BODY", "554 no", ("failed", "refused")),
        ("GREET", "never", ("queued", "unreachable")),
        ("GREET", "554 not you", ("queued", "unreachable")),
        ("MAIL", "drop", ("queued", "lost")),
        ("RCPT", "never", ("queued", "lost")),
        ("BODY", "never", ("uncertain", "no_reply")),
        ("BODY", "drop", ("uncertain", "no_reply")),
    ],
)
def test_each_answer_has_its_state(
    office: Office, monkeypatch: pytest.MonkeyPatch, stage: str, answer: str, left: tuple[str, str]
) -> None:
    if answer == "never":
        office.impatient(monkeypatch)
    office.subscribe(office.town.neighbour, LI)
    office.write(office.town.neighbour, "长椅")
    office.box.answers[stage] = answer
    assert office.tick() == 1
    assert office.states() == [left]
    tried = len(office.box.taken)
    office.box.answers.clear()
    assert office.tick() == 0, "nothing is tried again at once"
    office.clock.advance(MINUTE)
    office.tick()
    again = left[0] == "queued"
    assert office.states() == [("sent", "") if again else left]
    assert len(office.box.taken) == tried + again


def test_what_never_works_is_tried_for_about_a_day_and_then_given_up(office: Office) -> None:
    assert wait_after(MOST_ATTEMPTS) == LONGEST
    assert 20 * HOUR < sum(wait_after(n) for n in range(1, MOST_ATTEMPTS)) < 40 * HOUR
    office.subscribe(office.town.neighbour, LI)
    office.write(office.town.neighbour, "长椅")
    office.box.answers["RCPT"] = "450 later"
    for n in range(1, MOST_ATTEMPTS + 1):
        assert office.tick() == 1
        office.clock.advance(wait_after(n))
    assert office.states() == [("failed", "later")]
    assert office.tick() == 0


def test_one_refused_does_not_hold_up_the_others_and_a_server_that_is_down_wears_nothing_out(office: Office) -> None:
    people = [office.town.resident("ziteng", f"李{n}") for n in range(4)]
    for n, person in enumerate(people):
        office.subscribe(person, f"li{n}@example.net")
        office.write(person, "长椅")
    office.box.answers["RCPT li0@example.net"] = "550 no"
    assert office.tick() == 4
    assert [state for state, _ in office.states()] == ["failed", "sent", "sent", "sent"]
    for person in people:
        office.write(person, "花箱")
    office.box.answers["GREET"] = "421 busy"
    assert office.tick() == 1, "the rest waits without using up its tries"
    del office.box.answers["GREET"]
    assert office.tick() == 3
    office.clock.advance(MINUTE)
    office.box.greetings = 0
    office.box.answers.clear()
    assert office.tick() == 1
    assert [state for state, _ in office.states()] == ["failed"] + ["sent"] * 7
    assert office.box.greetings == 1


def test_many_senders_send_each_once(office: Office) -> None:
    people = [office.town.resident("ziteng", f"王{n}") for n in range(8)]
    for n, person in enumerate(people):
        office.subscribe(person, f"wang{n}@example.net")
        office.write(person, "长椅", "花箱")
    done = together(office.town.app, lambda _: office.tick(), 4)
    assert sum(n for n in done if isinstance(n, int)) == len(people), done
    assert sorted(to for to, _ in office.box.taken) == sorted(f"wang{n}@example.net" for n in range(8))
    assert office.states() == [("sent", "")] * 8


def test_a_sender_that_overslept_writes_over_nobody(office: Office) -> None:
    office.subscribe(office.town.neighbour, LI)
    office.write(office.town.neighbour, "长椅")
    with office.town.app.app_context():
        digest.enqueue_due()
        held = sender.claim(frozenset({"email"}))
        assert held is not None
        office.clock.advance(LEASE)
        assert sender.claim(frozenset({"email"})) is None
        assert office.states() == [("sending", "")]
        office.clock.advance(1)
        assert sender.claim(frozenset({"email"})) is None, "what is uncertain is not sent by itself"
        assert office.states() == [("uncertain", "interrupted")]
        with transaction() as tx:
            tx.session.get_one(Delivery, held.id).state = "queued"  # somebody asked for it again
        sender.mark(held, Result("failed", "refused"))
        assert office.states() == [("queued", "interrupted")]
        other = sender.claim(frozenset({"email"}))
        assert other is not None
        sender.mark(held, Result("failed", "refused"))
        assert office.states() == [("sending", "")]
        sender.mark(other, SENT)
        assert office.states() == [("sent", "")]


DIES = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from app.config import Config, MailServer
from app.factory import create_app
from app.notifications import digest, sender
config = Config(database_url=sys.argv[1], media_dir=Path(sys.argv[2]), secret="for-tests-only", base_url=sys.argv[4],
                mail=MailServer("127.0.0.1", int(sys.argv[3]), "smtp+plain", "qiding@example.org"))
sender.mark = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
class Still:
    def now(self):
        return int(sys.argv[5])
app = create_app(config, Still())
with app.app_context():
    sender.send_due()
"""


def test_killed_between_sending_and_marking_it_is_uncertain_and_stays_so(office: Office, tmp_path: Path) -> None:
    office.subscribe(office.town.neighbour, LI)
    office.write(office.town.neighbour, "长椅")
    app = office.town.app
    with app.app_context():
        assert digest.enqueue_due() == 1
        url = db.engine.url.render_as_string(hide_password=False)
        db.session.remove()
        if not ON_POSTGRESQL:
            db.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-c", DIES, url, tmp_path, str(office.box.port), app.config["QIDING"].base_url]
        + [str(office.clock.now())],
        cwd=ROOT,
        env={**os.environ, "QIDING_VAR": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert office.states() == [("sending", "")]
    office.clock.advance(LEASE + 1)
    for _ in range(3):
        office.tick()
        office.clock.advance(HOUR)
    assert office.states() == [("uncertain", "interrupted")]
    assert len(office.box.taken) == 1
