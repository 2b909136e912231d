"""A small community with a project whose only step is a vote, for the tests of votes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.ballots import service
from app.ballots.models import Objection, Poll
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.core.events import LogHead
from app.core.transaction import transaction
from app.objections import service as desk
from app.objections.desk import find as desk_find
from app.people.actor import Actor
from app.people.models import Device, Household, HouseholdCode, Person, RoleGrant
from app.people.places import Building, Community, Entrance, Unit
from app.people.session import actor_of
from app.projects.kinds import ActivityRef, GateRef, kinds
from app.projects.models import ActivityRun, Project
from app.projects.queries import activity_refs, find_activity, method_of
from app.projects.service import start_project, store_method
from tests.sign_ins import staff_user

FORMS = itertools.count()  # each cast is sent from a page of its own, unless a test names the form

METHOD = """\
key = "vote_only"
version = "1"
title = { zh_Hans = "只表态", en = "Only a vote" }
summary = { zh_Hans = "一步", en = "One step" }
provenance = { zh_Hans = "测试用", en = "For tests" }

[[rings]]
key = "residents"
title = { zh_Hans = "主体环", en = "Residents' ring" }
who = { zh_Hans = "居民", en = "Residents" }

[[stages]]
key = "decide"
title = { zh_Hans = "共议", en = "Decide" }

[[steps]]
key = "plan"
stage = "decide"
seal = "案"
title = { zh_Hans = "定方案", en = "Fix the plan" }
asks = { zh_Hans = "您同意吗？", en = "Do you agree?" }
rings = ["residents"]
record = { zh_Hans = "决议", en = "Resolution" }

  [[steps.activities]]
  key = "vote"
  kind = "ballot"
  title = { zh_Hans = "方案表态", en = "Vote on the plan" }
  who = { vote = ["residents"] }
  settings = { SETTINGS }

  [[steps.gates]]
  kind = "ballot_passed"
  activity = "vote"

  [[steps.gates]]
  kind = "objections_ended"
  activity = "vote"

  [[steps.gates]]
  kind = "convention_adopted"
  activity = "vote"
"""
CONSENT = 'rule = "consent", electorate = "household", rounds = 2'
TITLE, TEXT = "空中花园二期方案", "一、在二层平台建花园。\n二、概算38,600元，先试一年。"
OBJECTION = {
    "stance": "objection",
    "kind": "harm",
    "passage": "第一条",
    "reason": "种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，修都没有办法修，请改一改。",
    "grounds": "去年漏过",
}


@dataclass
class World:
    """The ids of a community with households, each of one resident, and of a project that stands at its vote."""

    app: Flask
    clock: FixedClock
    slug: str = "ziteng"
    community_id: int = 0
    entrance_id: int = 0
    project: str = ""
    activity: str = ""
    facilitator: Actor = field(default_factory=Actor)
    residents: list[Actor] = field(default_factory=list)

    @contextmanager
    def here(self) -> Iterator[Session]:
        """The application's context, for a look into the database."""
        with self.app.app_context():
            yield db.session()

    def resident(self, room: str, name: str = "张阿姨", *, household_id: int | None = None) -> Actor:
        """Another resident: in a new household, or in one that is there."""
        with self.here(), transaction() as tx:
            if household_id is None:
                unit = Unit(community_id=self.community_id, entrance_id=self.entrance_id, room=room, floor_area=8950)
                tx.session.add(unit)
                tx.session.flush()
                household = Household(community_id=self.community_id, unit_id=unit.id, since=tx.now)
                tx.session.add(household)
                tx.session.flush()
                household_id = household.id
            person = Person(name=name, household_id=household_id, created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            return actor_of(person.id)

    def households(self, n: int) -> None:
        """``n`` more households, each with a resident, by bulk."""
        first = len(self.residents)
        with self.here(), transaction() as tx:
            units = [
                Unit(community_id=self.community_id, entrance_id=self.entrance_id, room=str(1000 + first + k))
                for k in range(n)
            ]
            tx.session.add_all(units)
            tx.session.flush()
            homes = [Household(community_id=self.community_id, unit_id=unit.id, since=tx.now) for unit in units]
            tx.session.add_all(homes)
            tx.session.flush()
            people = [Person(name="李叔", household_id=home.id, created_at=tx.now) for home in homes]
            tx.session.add_all(people)
            tx.session.flush()
            ids = [(person.id, person.public_id, home.id) for person, home in zip(people, homes, strict=True)]
        rings = {self.community_id: frozenset({"residents"})}
        self.residents += [
            Actor(
                person_id=pid, public_id=public, name="李叔", household_id=home, home_id=self.community_id, rings=rings
            )
            for pid, public, home in ids
        ]

    def start(self, settings: str = CONSENT, title: str = "空中花园二期") -> str:
        """Start a project and return the public id of its vote."""
        with self.here():
            method = store_method(METHOD.replace("SETTINGS", settings))
            self.project = start_project(
                self.facilitator,
                self.community_id,
                title=title,
                place="5至8号楼之间",
                summary="把二层平台变成花园。",
                method_public_id=method,
            )
            query = select(ActivityRun.public_id).join(Project, Project.id == ActivityRun.project_id)
            self.activity = db.session.scalars(query.where(Project.public_id == self.project)).one()
        return self.activity

    def announce(self, text: str = TEXT, *, activity: str = "", days: int = 7) -> str:
        """Draft and announce, to open in 48 hours; returns the poll's public id."""
        activity = activity or self.activity
        with self.here():
            service.save_draft(self.facilitator, activity, TITLE, text)
            opens = self.clock.now() + 48 * HOUR
            return service.announce(self.facilitator, activity, opens, opens + days * DAY)

    def open(self, text: str = TEXT) -> str:
        """Announce a round and move the clock to its opening."""
        poll = self.announce(text)
        self.clock.advance(48 * HOUR)
        return poll

    def cast(self, who: Actor | int, poll: str, stance: str = "consent", **more: object) -> service.Receipt:
        """Cast as a resident, by actor or number."""
        actor = self.residents[who] if isinstance(who, int) else who
        once, agreed = str(more.pop("once", f"form-{next(FORMS)}")), bool(more.pop("agreed", False))
        with self.here():
            return service.cast(actor, poll, {"stance": stance, **more}, once=once, agreed=agreed)

    def close(self, poll: str) -> None:
        """Move the clock to the close of a poll, without telling anybody."""
        with self.here() as session:
            self.clock.set(session.scalars(select(Poll.closes_at).where(Poll.public_id == poll)).one())

    def contest(self, poll: str) -> None:
        """Close a round in which enough took part, and the first resident objects."""
        self.cast(0, poll, **OBJECTION)
        self.cast(1, poll)
        self.cast(2, poll)
        self.close(poll)

    def answer(self, text: str) -> None:
        """Draft a changed text, answer each objection that stands with its last line, and let the 72 hours pass."""
        self.clock.advance(48 * HOUR)
        with self.here() as session:
            service.settle_due()
            service.save_draft(self.facilitator, self.activity, TITLE, text)
            query = select(Objection.public_id).where(Objection.state.in_(("raised", "qualified")))
            for public_id in session.scalars(query).all():
                found = desk_find(public_id)
                if found.poll.attempt == newest_attempt(session, found.poll.decision_id):
                    desk.offer(self.facilitator, public_id, words=text.splitlines()[-1], answer="这一条就是为此改的。")
        self.clock.advance(72 * HOUR)

    def adopt(self) -> None:
        """Adopt what passed, to be looked at again after half a year."""
        with self.here():
            review = self.clock.now() + 180 * DAY
            service.adopt(self.facilitator, self.activity, "张阿姨", "按方案落实。", review)

    def gate(self, kind: str) -> bool:
        """Whether a gate of the vote is met."""
        with self.app.test_request_context():  # what is missing has an address
            ref = find_activity(self.activity, self.clock.now())
            return bool(kinds().gates[kind].judge([self.gate_ref(ref, kind)], self.clock.now())[0].met)

    def gate_ref(self, ref: ActivityRef, kind: str) -> GateRef:
        """A gate of the step that a vote belongs to, as its kind is asked."""
        project = db.session.scalars(select(Project).where(Project.id == ref.project_id)).one()
        return GateRef(
            community_id=ref.community_id,
            slug=ref.slug,
            project_id=ref.project_id,
            project_public_id=ref.project_public_id,
            step_run_id=ref.step_run_id,
            gate=next(gate for gate in method_of(project).step("plan").gates if gate.kind == kind),
            activity=ref,
        )

    def refs(self) -> list[ActivityRef]:
        """The votes of all projects, inside a context."""
        return activity_refs(list(db.session.scalars(select(Project).order_by(Project.id))), self.clock.now())

    def sign_in(self, client: FlaskClient, who: Actor | int) -> None:
        """Sign a browser in: a resident's by a paired device, the facilitator's by password."""
        actor = self.residents[who] if isinstance(who, int) else who
        with self.here(), transaction():
            if actor.household_id is None:
                user = staff_user(actor.person())
            else:
                user = f"device:{self._device(actor).public_id}"
        with client.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"], session["at"] = user, True, self.clock.now()

    def _device(self, actor: Actor) -> Device:
        with transaction() as tx:
            known = tx.session.scalar(select(Device).where(Device.person_id == actor.person_id))
            if known is not None:
                return known
            code = HouseholdCode(
                community_id=self.community_id,
                household_id=actor.household_id,
                mac=f"mac-{actor.person_id}",
                issued_at=tx.now,
                expires_at=tx.now + 365 * DAY,
            )
            tx.session.add(code)
            tx.session.flush()
            device = Device(
                community_id=self.community_id,
                household_id=actor.household_id,
                person_id=actor.person_id,
                code_id=code.id,
                paired_at=tx.now,
            )
            tx.session.add(device)
            tx.session.flush()
            return device


def newest_attempt(session: Session, decision_id: int) -> int:
    """The number of a decision's newest round."""
    return session.scalar(select(func.max(Poll.attempt)).where(Poll.decision_id == decision_id)) or 0


def build(app: Flask, clock: FixedClock, residents: int = 6) -> World:
    """A community with a facilitator and some households, and a project at its vote."""
    world = World(app, clock)
    with world.here(), transaction() as tx:
        community = Community(
            slug=world.slug,
            name="紫藤里",
            desk_place="议事角",
            desk_hours="周二14:00",
            desk_phone="5550 0188",
            created_at=tx.now,
        )
        tx.session.add(community)
        tx.session.flush()
        world.community_id = community.id
        building = Building(community_id=community.id, label="6", sort=6)
        staff = Person(name="陈老师", email="chen@example.org", created_at=tx.now)
        tx.session.add_all([LogHead(community_id=community.id), building, staff])
        tx.session.flush()
        entrance = Entrance(community_id=community.id, building_id=building.id, label="1")
        tx.session.add_all(
            [entrance, RoleGrant(person_id=staff.id, community_id=community.id, role="facilitator", at=tx.now)]
        )
        tx.session.flush()
        world.entrance_id = entrance.id
        world.facilitator = actor_of(staff.id)
    world.residents = [world.resident(f"{101 + n}") for n in range(residents)]
    world.start()
    return world


def send(client: FlaskClient, url: str, data: dict[str, str], *, get: str = "") -> TestResponse:
    """Open a page, fill its form in, and send it to ``url`` with the hidden fields that it had."""
    page = client.get(get or url)
    assert page.status_code == 200, page.status_code
    hidden = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', page.text))
    return client.post(url, data={**hidden, **data})


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
