"""A small town for the tests of the site's pages: two communities, residents, staff, projects of a short method."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.core.transaction import transaction
from app.people.actor import Actor
from app.people.communities import create_community, create_town
from app.people.models import Device, Household, HouseholdCode, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.session import actor_of
from app.people.staff import invite
from app.projects.models import ActivityRun, Project
from app.projects.service import start_project, store_method
from tests.sign_ins import staff_user

METHOD = """\
key = "short"
version = "1"
title = { zh_Hans = "两步", en = "Two steps" }
summary = { zh_Hans = "先提，再定。", en = "Propose, then settle." }
provenance = { zh_Hans = "测试用，不是正式文本。", en = "Made for tests, not an official text." }

[[rings]]
key = "residents"
title = { zh_Hans = "主体环", en = "Residents' ring" }
who = { zh_Hans = "居民", en = "Residents" }

[[rings]]
key = "lead"
title = { zh_Hans = "引领环", en = "Leading ring" }
who = { zh_Hans = "居委会", en = "Committee" }

[[stages]]
key = "all"
title = { zh_Hans = "一段", en = "One stage" }

[[steps]]
key = "topic"
stage = "all"
seal = "题"
title = { zh_Hans = "定议题", en = "Fix the topic" }
asks = { zh_Hans = "您提一提。", en = "Propose something." }
rings = ["residents", "lead"]
record = { zh_Hans = "议题清单", en = "List of topics" }

  [[steps.activities]]
  key = "ideas"
  kind = "proposals"
  title = { zh_Hans = "大家提", en = "Neighbours propose" }
  who = { propose = ["residents", "lead"], support = ["residents"] }
  settings = { photo = "optional", open_days = 14 }

  [[steps.activities]]
  key = "vote"
  kind = "ballot"
  title = { zh_Hans = "表态", en = "Vote" }
  who = { vote = ["residents"] }
  settings = { rule = "consent", electorate = "household", rounds = 2 }

  [[steps.gates]]
  key = "screened"
  kind = "sign_off"
  settings = { question = { zh_Hans = "看过了吗？", en = "Has it been looked at?" } }

[[steps]]
key = "upkeep"
stage = "all"
seal = "护"
title = { zh_Hans = "定管护", en = "Fix the upkeep" }
asks = { zh_Hans = "谁来管？", en = "Who keeps it?" }
rings = ["residents"]
record = { zh_Hans = "公约", en = "Convention" }

  [[steps.gates]]
  key = "kept"
  kind = "sign_off"
  settings = { question = { zh_Hans = "有人管吗？", en = "Does somebody keep it?" } }
"""


@dataclass
class World:
    """The town: community ids by slug, and those who act in the first one, ``ziteng``."""

    app: Flask
    clock: FixedClock
    communities: dict[str, int] = field(default_factory=dict)
    entrances: dict[str, int] = field(default_factory=dict)
    method: str = ""
    facilitator: Actor = field(default_factory=Actor)
    admin: Actor = field(default_factory=Actor)
    neighbour: Actor = field(default_factory=Actor)
    stranger: Actor = field(default_factory=Actor)
    rooms: int = 100

    def community(self, slug: str, name: str) -> int:
        """Another community with one building and a facilitator of its own."""
        with self.app.app_context():
            made = create_community(
                self.admin,
                slug,
                name=name,
                address=f"{name}路88弄",
                desk_place="议事角",
                desk_hours="周二14:00",
                desk_phone="5550 0188",
            )
            with transaction() as tx:
                building = Building(community_id=made, label="5", sort=5)
                tx.session.add(building)
                tx.session.flush()
                entrance = Entrance(community_id=made, building_id=building.id, label="")
                tx.session.add(entrance)
                tx.session.flush()
                self.entrances[slug] = entrance.id
        self.communities[slug] = made
        return made

    def resident(self, slug: str, name: str) -> Actor:
        """A resident in a new household, paired with a device."""
        self.rooms += 1
        here = self.communities[slug]
        with self.app.app_context(), transaction() as tx:
            unit = Unit(community_id=here, entrance_id=self.entrances[slug], room=str(self.rooms))
            tx.session.add(unit)
            tx.session.flush()
            household = Household(community_id=here, unit_id=unit.id, since=tx.now)
            tx.session.add(household)
            tx.session.flush()
            code = HouseholdCode(
                community_id=here,
                household_id=household.id,
                mac=f"mac-{household.id}",
                issued_at=tx.now,
                expires_at=tx.now + 365 * DAY,
            )
            person = Person(name=name, household_id=household.id, created_at=tx.now)
            tx.session.add_all([code, person])
            tx.session.flush()
            tx.session.add(
                Device(
                    community_id=here,
                    household_id=household.id,
                    person_id=person.id,
                    code_id=code.id,
                    label="Android",
                    paired_at=tx.now,
                )
            )
            tx.session.flush()
            return actor_of(person.id)

    def start(self, slug: str = "ziteng", title: str = "空中花园") -> str:
        """Start a project of the short method; returns its public id."""
        with self.app.app_context():
            here = self.communities[slug]
            lead = actor_of(
                db.session.scalars(select(RoleGrant.person_id).where(RoleGrant.community_id == here)).first() or 0
            )
            return start_project(
                lead, here, title=title, place="二层平台", summary="一处花园。", method_public_id=self.method
            )

    def activity(self, project: str, key: str) -> str:
        """The public id of an activity of a project."""
        query = (
            select(ActivityRun.public_id)
            .join(Project, Project.id == ActivityRun.project_id)
            .where(Project.public_id == project, ActivityRun.key == key)
        )
        with self.app.app_context():
            return db.session.scalars(query).one()

    def announce(self, project: str, title: str = "方案表态") -> str:
        """Announce a vote that opens in 48 hours and lasts a week; returns the poll's public id."""
        from app.ballots import service

        activity = self.activity(project, "vote")
        with self.app.app_context():
            service.save_draft(self.facilitator, activity, title, f"{title}的全文，先试一年。")
            opens = self.clock.now() + 48 * HOUR
            return service.announce(self.facilitator, activity, opens, opens + 7 * DAY)

    def sign_in(self, client: FlaskClient, who: Actor) -> None:
        """Sign a browser in as a resident by device, or as staff."""
        with self.app.app_context():
            person = db.session.get_one(Person, who.person())
            if who.household_id is None:
                user = staff_user(person.id)
            else:
                query = select(Device.public_id).where(Device.person_id == person.id)
                user = f"device:{db.session.scalars(query).first()}"
        with client.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"], session["at"] = user, True, self.clock.now()


def _admin(app: Flask) -> Actor:
    with app.app_context(), transaction() as tx:
        person = Person(name="镇管理员", email="town@example.org", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, role="administrator", at=tx.now))
        tx.session.flush()
        return actor_of(person.id)


def build(app: Flask, clock: FixedClock) -> World:
    """A town of two communities, each with a facilitator and residents, without any project."""
    world = World(app, clock)
    world.admin = _admin(app)
    with app.app_context():
        create_town("清溪镇", desk_place="镇便民中心", desk_hours="工作日", desk_phone="5550 0000")
        world.method = store_method(METHOD)
    for slug, name, email in (("ziteng", "紫藤里", "chen@example.org"), ("guixiang", "桂香苑", "gu@example.org")):
        here = world.community(slug, name)
        with app.app_context():
            invite(world.admin, email=email, name=f"{name}主持", role="facilitator", community_id=here)
    with app.app_context():
        lead = db.session.scalars(select(Person.id).where(Person.email == "chen@example.org")).one()
        world.facilitator = actor_of(lead)
    world.neighbour = world.resident("ziteng", "张阿姨")
    world.stranger = world.resident("guixiang", "李叔")
    return world


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that reach the database inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
