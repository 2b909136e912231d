"""Limits of the sign-in: by account, by code, by address, each alone, all together, and over all processes.

QIDING_GUESSES=1000 is the long form: each guess is a transaction, so by default there are fewer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from sqlalchemy import update

from app.config import ROOT
from app.core.clock import HOUR, MINUTE
from app.core.database import db
from app.core.limits import Tries
from app.engine.errors import Invalid, TooMany
from app.people import sign_in, staff
from app.people.codes import new_code
from app.people.models import Person
from tests.people.place import ADDRESS, Place

GOOD = "three quiet words"
LOBBY = "203.0.113.5"
GUESSES = max(50, int(os.environ.get("QIDING_GUESSES", "60")))


def outcome(call: object, *arguments: object) -> str:
    """What became of a try: ``in``, ``wrong``, or ``limit``."""
    try:
        call(*arguments)  # type: ignore[operator]
    except TooMany:
        return "limit"
    except Invalid:
        return "wrong"
    return "in"


def with_password(place: Place) -> None:
    with staff.transaction() as tx:
        tx.session.get_one(Person, place.facilitator.person()).password = staff.HASHER.hash(GOOD)


def test_many_guesses_of_a_code_let_nobody_in(place: Place) -> None:
    place.code(place.household())
    with place.here():
        found = [outcome(sign_in.check_code, new_code(), ADDRESS) for _ in range(GUESSES)]
        assert {word: found.count(word) for word in set(found)} == {"wrong": 10, "limit": GUESSES - 10}
        spread = [outcome(sign_in.check_code, new_code(), f"198.51.{n // 250}.{n % 250}") for n in range(GUESSES)]
        assert set(spread) == {"wrong"}  # 50 bits: what many addresses guess is not where the danger is


def test_a_code_is_tried_so_often_wherever_it_is_tried(place: Place) -> None:
    household = place.household()
    old = place.code(household)
    place.code(household)  # the old one is dead, and somebody has the slip
    with place.here():
        found = [outcome(sign_in.check_code, old, f"198.51.100.{n}") for n in range(25)]
        assert found == ["wrong"] * 20 + ["limit"] * 5
        place.clock.advance(HOUR)
        assert outcome(sign_in.check_code, old, ADDRESS) == "wrong"


def test_many_guesses_of_six_digits_let_nobody_in(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here():
        digits = sign_in.start_move(resident)
        wrong = [guess for n in range(GUESSES + 1) if (guess := f"{n:06d}") != digits][:GUESSES]
        first = outcome(sign_in.finish_move, wrong[0], "198.51.0.0", "")
        with staff.transaction() as tx:  # as if all the world had guessed 190 times already
            tx.session.execute(update(Tries).where(Tries.count == 1).values(count=190))
        found = [
            outcome(sign_in.finish_move, guess, f"198.51.{n // 250}.{n % 250 + 1}", "") for n, guess in enumerate(wrong)
        ]
        assert first == "wrong"
        assert {word: found.count(word) for word in set(found)} == {"wrong": 10, "limit": GUESSES - 10}


def test_many_guesses_of_a_password_let_nobody_in(place: Place) -> None:
    with place.here():
        with_password(place)
        email = "chen@example.org"
        many = [outcome(staff.sign_in, email, f"guess {n}", f"198.51.{n // 250}.{n % 250}") for n in range(GUESSES)]
        assert {word: many.count(word) for word in set(many)} == {"wrong": 10, "limit": GUESSES - 10}
        one = [outcome(staff.sign_in, f"{n}@example.org", "guess", ADDRESS) for n in range(GUESSES)]
        assert {word: one.count(word) for word in set(one)} == {"wrong": 30, "limit": GUESSES - 30}
        assert outcome(staff.sign_in, email, GOOD, "192.0.2.99") == "limit"
        place.clock.advance(15 * MINUTE)
        assert outcome(staff.sign_in, email, GOOD, ADDRESS) == "in"


def test_a_lobbys_one_address_lets_many_neighbours_in(place: Place) -> None:
    """Thirty households at one desk's network, one in ten of whom types a letter wrong first."""
    codes = [place.code(place.household(str(room))) for room in range(101, 131)]
    with place.here():
        for number, code in enumerate(codes):
            if number % 10 == 0:
                assert outcome(sign_in.check_code, new_code(), LOBBY) == "wrong"
            assert outcome(sign_in.check_code, code, LOBBY) == "in"


def test_an_office_with_one_address_signs_in_all_day(place: Place) -> None:
    with place.here():
        with_password(place)
        assert {outcome(staff.sign_in, "chen@example.org", GOOD, LOBBY) for _ in range(35)} == {"in"}


def test_one_who_guesses_locks_out_neither_another_account_nor_another_address(place: Place) -> None:
    code = place.code(place.household())
    with place.here():
        with_password(place)
        for number in range(30):
            outcome(staff.sign_in, f"{number}@example.org", "guess", ADDRESS)
            outcome(sign_in.check_code, new_code(), ADDRESS)
        assert outcome(staff.sign_in, "chen@example.org", GOOD, LOBBY) == "in"
        assert outcome(sign_in.check_code, code, LOBBY) == "in"
        assert outcome(sign_in.check_code, code, ADDRESS) == "limit"


GUESS = """
import json, sys
from pathlib import Path
from app.config import Config
from app.core.clock import FixedClock
from app.engine.errors import Invalid, TooMany
from app.factory import create_app
from app.people import sign_in
from app.people.codes import new_code
url, media, now = sys.argv[1:]
app = create_app(Config(url, Path(media), "for-tests-only", testing=True), FixedClock(int(now)))
found = {"wrong": 0, "limit": 0}
with app.app_context():
    for _ in range(8):
        try:
            sign_in.check_code(new_code(), "192.0.2.7")
        except TooMany:
            found["limit"] += 1
        except Invalid:
            found["wrong"] += 1
print(json.dumps(found))
"""


def test_all_processes_count_together(place: Place) -> None:
    code = place.code(place.household())
    config = place.app.config["QIDING"]
    with place.here():
        db.session.remove()
        db.engine.dispose()
    command = [sys.executable, "-c", GUESS, config.database_url, str(config.media_dir), str(place.clock.now())]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    found = [json.loads(process.communicate()[0]) for process in running]
    assert {word: sum(each[word] for each in found) for word in ("wrong", "limit")} == {"wrong": 10, "limit": 14}
    with place.here():
        assert outcome(sign_in.check_code, code, ADDRESS) == "limit"
