"""Votes of a house with so many flats: one of its owners, with mandates and objections to the count, and two that passed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select, update

from app.ballots import mandates, matters
from app.ballots import service as ballots
from app.ballots.law_models import CountObjection
from app.ballots.models import Poll, RollEntry
from app.core.clock import DAY, HOUR
from app.core.database import db
from app.core.ids import new_public_id
from app.core.transaction import Tx, transaction
from app.people.models import Household, Person
from app.people.places import Building, Entrance, Owner, Ownership, Unit
from app.people.session import actor_of
from app.projects.models import ActivityRun, Project
from app.projects.service import store_method
from tests.ballots.owners import SETTINGS
from tests.ballots.world import CONSENT, METHOD
from tests.projects.world import REASON, Garden


@dataclass
class House:
    """A house with ``n`` flats, each with a resident and an owner, and its votes: activities and polls by their names."""

    garden: Garden
    n: int
    building: int = 0
    people: list[int] = field(default_factory=list)
    activities: dict[str, str] = field(default_factory=dict)
    polls: dict[str, str] = field(default_factory=dict)
    objection: str = ""

    def build(self) -> House:
        """Everything, as it stands three days from now; the clock is put back."""
        garden, now = self.garden, self.garden.clock.now()
        with garden.here(), transaction() as tx:
            self._flats(tx)
        methods = {"owners": (SETTINGS, ("count", "draft")), "consent": (CONSENT, ("passed", "adopted"))}
        for key, (settings, names) in methods.items():
            method = garden.do(store_method, METHOD.replace("SETTINGS", settings).replace("vote_only", f"{key}_house"))
            for name in names:
                self._vote(name, method, owners=key == "owners")
        self._mandates()
        garden.clock.advance(48 * HOUR)
        for k, person in enumerate(self.people):
            who, choice = garden.do(actor_of, person), {"stance": "concern", "concern": f"第{k}条担心：晚上吵不吵？"}
            for name in ("passed", "adopted"):
                garden.do(ballots.cast, who, self.polls[name], choice, once=f"{name}-{k}")
        garden.clock.advance(DAY)
        garden.do(ballots.settle_due)
        garden.do(ballots.adopt, garden.lead, self.activities["adopted"], "张阿姨", "落实。", garden.clock.now() + DAY)
        self._objections()
        garden.clock.set(now)
        return self

    def come_first(self) -> None:
        """Be among the newest projects of every list: what passed asks for its decision wherever it is listed."""
        with self.garden.here(), transaction() as tx:
            mine = select(ActivityRun.project_id).where(ActivityRun.public_id.in_(self.activities.values()))
            tx.session.execute(update(Project).where(Project.id.in_(mine)).values(moved_at=tx.now + 1))

    def _flats(self, tx: Tx) -> None:
        here = {"community_id": self.garden.community}
        building = Building(label=f"9{self.n}", sort=900 + self.n, **here)
        tx.session.add(building)
        tx.session.flush()
        entrance = Entrance(building_id=building.id, label="1", **here)
        tx.session.add(entrance)
        tx.session.flush()
        self.building = building.id
        for k in range(self.n):
            unit = Unit(entrance_id=entrance.id, room=str(101 + k), floor_area=8950, **here)
            owner = Owner(name=f"业主{self.n}之{k}", **here)
            tx.session.add_all([unit, owner])
            tx.session.flush()
            home = Household(unit_id=unit.id, since=tx.now, **here)
            share = {"share_num": 1, "share_den": 1, "source": "证", "at": tx.now}
            tx.session.add_all([home, Ownership(unit_id=unit.id, owner_id=owner.id, **share, **here)])
            tx.session.flush()
            person = Person(name=f"住户{k}", household_id=home.id, created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            self.people.append(person.id)

    def _vote(self, name: str, method: str, *, owners: bool) -> None:
        garden, kept = self.garden, self.garden.project
        scope = {"buildings": [self.building]}
        garden.project = garden.start(f"{name}{self.n}", method_public_id=method, scope=scope)
        vote = self.activities[name] = garden.activity("vote")
        garden.project = kept
        garden.do(ballots.save_draft, garden.lead, vote, name, "先试一年。")
        if owners:
            garden.do(matters.classify, garden.lead, vote, "use_funds", REASON)
        if name != "draft":
            opens = garden.clock.now() + 48 * HOUR
            self.polls[name] = garden.do(ballots.announce, garden.lead, vote, opens, opens + DAY)

    def _mandates(self) -> None:
        garden, poll = self.garden, self.polls["count"]
        with garden.here():
            query = select(RollEntry.id).join(Poll, Poll.id == RollEntry.poll_id).where(Poll.public_id == poll)
            entries = list(db.session.scalars(query.order_by(RollEntry.id)))
        for k, entry in enumerate(entries):
            unit = f"9{self.n}-{101 + k}"
            garden.do(mandates.give, garden.lead, poll, entry, unit, f"住户{k}", "书面委托", None)

    def _objections(self) -> None:
        with self.garden.here(), transaction() as tx:
            poll = tx.session.scalars(select(Poll.id).where(Poll.public_id == self.polls["count"])).one()
            row = {"community_id": self.garden.community, "poll_id": poll, "reason": REASON, "at": tx.now}
            self.objection = new_public_id()
            ids = [self.objection, *(new_public_id() for _ in range(self.n - 1))]
            tx.session.add_all(
                CountObjection(public_id=one, person_id=who, **row) for one, who in zip(ids, self.people, strict=True)
            )
