"""A vote on paper with its desk, for the tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import func, select

from app.ballots.models import Ballot, Poll, RollEntry, SlotLink
from app.core.clock import FixedClock
from app.core.transaction import transaction
from app.engine import sheets
from app.paper import queries, service
from app.paper.models import PaperSheet
from app.people.actor import Actor
from app.people.models import Person, RoleGrant
from app.people.session import actor_of
from tests.ballots.world import CONSENT, World, build


@dataclass
class Desk:
    """The world of a vote, and who enters its sheets."""

    world: World
    poll: str
    staff: list[Actor] = field(default_factory=list)

    def serial(self, number: int) -> str:
        return sheets.serial(self.poll, number)

    def enter(self, who: int, number: int, room: str = "", choice: str = "1", **words: str) -> str:
        """One person reads a sheet; how it stands after."""
        raw = {"serial": self.serial(number), "household": room, "choice": choice, **words}
        with self.world.here():
            return service.enter(self.staff[who], self.poll, raw).state

    def both(self, number: int, room: str = "", choice: str = "1", **words: str) -> str:
        """Two persons read the same on a sheet; how it stands after."""
        self.enter(0, number, room, choice, **words)
        return self.enter(1, number, room, choice, **words)

    def take(self, *numbers: int) -> service.Taken:
        with self.world.here():
            return service.take_in(self.staff[0], self.poll, " ".join(map(self.serial, numbers)))

    def sheet(self, number: int) -> PaperSheet:
        with self.world.here() as session:
            return session.scalars(select(PaperSheet).where(PaperSheet.number == number)).one()

    def row(self, room: str) -> RollEntry:
        with self.world.here() as session:
            return session.scalars(select(RollEntry).where(RollEntry.label.contains(room))).one()

    def live(self, room: str) -> list[tuple[str, str]]:
        """The stance and the channel of what counts for a household."""
        with self.world.here() as session:
            query = (
                select(Ballot.stance, Ballot.channel)
                .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
                .join(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
                .where(RollEntry.label.contains(room), Ballot.live)
            )
            return [(stance, channel) for stance, channel in session.execute(query)]

    def ballots(self) -> int:
        with self.world.here() as session:
            return session.scalar(select(func.count()).select_from(Ballot)) or 0

    def row_of_poll(self) -> Poll:
        with self.world.here() as session:
            return session.scalars(select(Poll)).one()

    def done(self) -> bool:
        with self.world.here() as session:
            return queries.paper_done(session.scalars(select(Poll)).one(), self.world.clock.now())

    def account(self) -> sheets.Account:
        with self.world.here() as session:
            return queries.account_of(session.scalars(select(Poll)).one(), self.world.clock.now())

    def sample(self, dice: str = "31662") -> list[str]:
        """Fix the root, throw, and say what is to be compared."""
        with self.world.here() as session:
            service.fix(self.staff[0], self.poll)
            service.throw(self.staff[0], self.poll, dice)
            return queries.sample_of(session.scalars(select(Poll)).one()).left

    def compare(self, serial: str, room: str, choice: str = "1", who: int = 2) -> bool:
        with self.world.here():
            return service.compare(self.staff[who], self.poll, {"serial": serial, "household": room, "choice": choice})


def add_staff(world: World) -> list[Actor]:
    """Two more facilitators."""
    staff = []
    with world.here(), transaction() as tx:
        for name in ("王老师", "赵老师"):
            person = Person(name=name, email=f"{name}@example.org", created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            tx.session.add(
                RoleGrant(person_id=person.id, community_id=world.community_id, role="facilitator", at=tx.now)
            )
            tx.session.flush()
            staff.append(actor_of(person.id))
    return staff


def build_desk(
    app: Flask, clock: FixedClock, policy: str = "last", sheets_issued: int = 10, households: int = 0, days: int = 0
) -> Desk:
    """A vote with paper under this policy; sheets 1 to 10 are blank. ``days``: by how many it may be prolonged."""
    world = build(app, clock)
    world.households(households)
    world.start(f'{CONSENT}, paper = "{policy}", prolong_days = {days}', "纸面表态")
    desk = Desk(world, world.announce(), [world.facilitator])
    desk.staff += add_staff(world)
    if sheets_issued:
        with world.here():
            service.issue(desk.staff[0], desk.poll, count=sheets_issued)
    clock.advance(48 * 3_600_000)
    return desk
