"""A vote as a machine: whatever happens to it in whatever order, what was acknowledged is what is there.

The rules go through the real handlers and the real database; the model beside them is a dict. Hypothesis chooses which
rule comes next and, when one breaks something, looks for the shortest way there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.audit.verify import verify, verify_links
from app.ballots import service
from app.ballots.models import Ballot, Poll, RollEntry, SlotLink
from app.core.clock import DAY, HOUR, MINUTE
from app.core.database import db
from app.engine.errors import DomainError
from app.people import desk as people_desk
from app.people.models import Household
from tests.paper.desk import Desk
from tests.permission_requests import Furnished

STANCES = ("consent", "abstain", "concern")
SHEETS = 6
WORDS = "钥匙归谁管？"
WRITES = ("INSERT", "UPDATE", "DELETE")


class Crash(Exception):
    """The process ends here: nothing after this happens."""


@dataclass
class Unit:
    """What the model knows of a household: its browsers, whether it is on the roll, and what counts for it."""

    household_id: int
    room: str
    browsers: list[FlaskClient] = field(default_factory=list)
    asked: bool = False
    counts: str | None = None
    last: FlaskClient | None = None
    boxed: bool = False


@contextmanager
def crashing(moment: str) -> Iterator[None]:
    """Let the process end within the next command: before its first row is written, after it, or before the commit.

    A cast sends statements and may flush nothing: its first row is known by the statement.
    """

    def at_write(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            raise Crash

    def at_commit(_session: Session) -> None:
        raise Crash

    target, name, listener = {
        "before_write": (Engine, "before_cursor_execute", at_write),
        "after_write": (Engine, "after_cursor_execute", at_write),
        "before_commit": (Session, "before_commit", at_commit),
    }[moment]
    event.listen(target, name, listener)
    try:
        yield
    finally:
        event.remove(target, name, listener)


class Vote(RuleBasedStateMachine):
    """One round of one vote, on screen and on paper, from its announcement to its count."""

    kept: Furnished  # the desk's database as it was built, and the desk: given by the test
    desk: Desk
    at: int

    def __init__(self) -> None:
        super().__init__()
        self.kept.changed()
        self.kept.put_back()
        self.world, self.poll = self.desk.world, self.desk.poll
        self.world.clock.set(self.at)
        self.app: Flask = self.world.app
        self.url = f"/c/{self.world.slug}/poll/{self.poll}"
        self.units: list[Unit] = []
        self.acknowledged = 0
        self.forms = itertools.count()
        self.sent: tuple[FlaskClient, dict[str, str]] | None = None
        self.sheets = iter(range(1, SHEETS + 1))
        self.closed = False  # whether the count is stored

    def teardown(self) -> None:
        """Whatever happened, the whole of it holds."""
        self._audit()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # What there is to begin with.

    @initialize()
    def roll(self) -> None:
        with self.world.here() as session:
            rows = session.execute(select(RollEntry.household_id, RollEntry.label).order_by(RollEntry.id)).all()
            self.opens, self.closes = session.execute(select(Poll.opens_at, Poll.closes_at)).one()
        self.units = [Unit(household, label, asked=True) for household, label in rows]
        self.claim(0)

    # What people do.

    @rule()
    @precondition(lambda self: len(self.units) < 9)
    def register(self) -> None:
        """A household that the frozen roll does not know."""
        actor = self.world.resident(f"90{len(self.units)}", "新住户")
        assert actor.household_id is not None
        self.units.append(Unit(actor.household_id, ""))

    @rule(who=st.integers(0, 8))
    def claim(self, who: int) -> None:
        """A code from the desk pairs another browser of a household."""
        unit = self._unit(who)
        with self.world.here() as session:
            public_id = session.scalars(select(Household.public_id).where(Household.id == unit.household_id)).one()
            code = people_desk.issue_code(self.world.facilitator, public_id)
        browser = self.app.test_client()
        assert browser.post("/sign-in", data={"code": code}).status_code == 303
        name = f"邻居{next(self.forms)}"
        assert browser.post("/sign-in/who", data={"name": name, "person": ""}).status_code == 303
        unit.browsers.append(browser)

    @rule(who=st.integers(0, 8), which=st.integers(0, 3), stance=st.sampled_from(STANCES), agreed=st.booleans())
    def cast(self, who: int, which: int, stance: str, agreed: bool) -> None:
        """Cast or recast; the answer is what the model says it must be."""
        unit = self._unit(who)
        if not unit.browsers:
            return
        browser = unit.browsers[which % len(unit.browsers)]
        form = {"stance": stance, "concern": WORDS if stance == "concern" else "", "once": f"form-{next(self.forms)}"}
        if agreed:
            form["agreed"] = "y"
        answer = browser.post(self.url, data=form)
        taken = self._open() and unit.asked and not unit.boxed and (agreed or unit.last in (None, browser))
        assert (answer.status_code == 303) is taken, (answer.status_code, taken)
        assert taken or 400 <= answer.status_code < 500
        if taken:
            self._took(unit, browser, form)

    @rule()
    @precondition(lambda self: self.sent is not None)
    def send_again(self) -> None:
        """The same form once more is the same ballot, at any hour."""
        assert self.sent is not None
        browser, form = self.sent
        assert browser.post(self.url, data=form).status_code == 303

    @rule()
    @precondition(lambda self: self.sent is not None)
    def send_again_with_another_choice(self) -> None:
        assert self.sent is not None
        browser, form = self.sent
        other = "consent" if form["stance"] != "consent" else "abstain"
        assert browser.post(self.url, data={**form, "stance": other, "concern": ""}).status_code == 409

    @rule(who=st.integers(0, 5), key=st.sampled_from([("1", "consent"), ("4", "abstain")]))
    def paper(self, who: int, key: tuple[str, str]) -> None:
        """Two persons read a sheet; from then on the household votes on screen no more."""
        unit, number = self._unit(who), next(self.sheets, None)
        if number is None or not unit.asked:
            return
        try:
            state = self.desk.both(number, unit.room, key[0])
        except DomainError:
            assert not self._open()
            return
        assert self._open()
        assert state in ("valid", "overtaken")
        if state == "valid":
            self.acknowledged += 1
            unit.counts, unit.boxed = key[1], True

    # What time does, and what the machine does.

    @rule()
    def to_the_opening(self) -> None:
        self.world.clock.set(max(self.world.clock.now(), self.opens))

    @rule(by=st.sampled_from([-1, 0, 1]))
    def to_the_close(self, by: int) -> None:
        """To the deadline, or a millisecond beside it."""
        self.world.clock.set(self.closes + by)

    @rule(by=st.sampled_from([-DAY, -10 * MINUTE, -1, 1, 10 * MINUTE, 6 * HOUR, DAY]))
    def jump(self, by: int) -> None:
        """The machine's clock is put forward or back."""
        self.world.clock.set(max(self.at - HOUR, self.world.clock.now() + by))

    @rule()
    def tick(self) -> None:
        """What is due, is done: seal, and count."""
        with self.world.here():
            service.seal_due()
            service.settle_due()
            before, self.closed = self.closed, db.session.scalars(select(Poll.settled_at)).one() is not None
        assert self.closed or not before

    @rule(who=st.integers(0, 8), moment=st.sampled_from(["before_write", "after_write", "before_commit"]))
    def crash(self, who: int, moment: str) -> None:
        """The process dies within a cast: nothing of it is there, and the form may be sent again."""
        unit = self._unit(who)
        if not unit.browsers:
            return
        form = {"stance": "consent", "concern": "", "once": f"form-{next(self.forms)}", "agreed": "y"}
        with crashing(moment):
            answer = unit.browsers[0].post(self.url, data=form)
        assert answer.status_code >= 400
        self.restart()
        again = unit.browsers[0].post(self.url, data=form)
        taken = self._open() and unit.asked and not unit.boxed
        assert (again.status_code == 303) is taken, (again.status_code, taken)
        if taken:
            self._took(unit, unit.browsers[0], form)

    @rule()
    def restart(self) -> None:
        """A new process: no session and no connection of the old one is left."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # What holds at every moment.

    @invariant()
    def ballots_are_what_was_acknowledged(self) -> None:
        with self.world.here() as session:
            roll = session.scalar(select(func.count()).select_from(RollEntry)) or 0
            rows = session.execute(
                select(RollEntry.household_id, Ballot.stance)
                .join(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
                .join(Ballot, Ballot.slot_id == SlotLink.slot_id)
                .where(Ballot.live)
            ).all()
            ballots = session.scalar(select(func.count()).select_from(Ballot))
            live = session.scalar(select(func.count()).select_from(Ballot).where(Ballot.live)) or 0
            tally = session.scalars(select(Poll.tally)).one()
        counted = {unit.household_id: unit.counts for unit in self.units if unit.counts is not None}
        assert len(rows) == len({household for household, _ in rows})  # one counted ballot a slot at most
        assert live == len(rows) <= roll
        assert {household: stance for household, stance in rows} == counted  # noqa: C416 - rows are no pairs to mypy
        assert ballots == self.acknowledged
        if self.closed:
            assert {key: n for key, n in tally["counts"].items() if n} == dict(Counter(counted.values()))

    def _audit(self) -> None:
        with self.world.here():
            assert verify_links() is None
            assert verify(self.world.slug).finding is None

    def _unit(self, who: int) -> Unit:
        return self.units[who % len(self.units)]

    def _open(self) -> bool:
        return self.opens <= self.world.clock.now() < self.closes and not self.closed

    def _took(self, unit: Unit, browser: FlaskClient, form: dict[str, str]) -> None:
        self.acknowledged += 1
        unit.counts, unit.last = form["stance"], browser
        self.sent = browser, form
