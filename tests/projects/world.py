"""A project whose first step holds every kind of activity and gate, in the town of the tests of the site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.comments.models import Talk
from app.core.clock import FixedClock
from app.core.database import db
from app.core.events import Event
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.gates import GateState
from app.people.actor import Actor
from app.people.models import Household, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.session import actor_of
from app.projects import queries, service
from app.projects.kinds import ActivityRef
from app.projects.models import Project
from tests.site.world import World
from tests.site.world import build as build_town

P = ParamSpec("P")
T = TypeVar("T")
REASON = "大家在议事角商量过了，理由贴在公告栏。"
HEAD = """\
key = "everything"
version = "1"
title = { zh_Hans = "样样都有", en = "Everything" }
summary = { zh_Hans = "两步", en = "Two steps" }
provenance = { zh_Hans = "测试用", en = "Made for tests" }

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
"""
STEP = """
[[steps]]
key = "{key}"
stage = "all"
seal = "{seal}"
title = {{ zh_Hans = "定{seal}", en = "Fix {key}" }}
asks = {{ zh_Hans = "您说说。", en = "Say something." }}
rings = ["residents", "lead"]
record = {{ zh_Hans = "{seal}的清单", en = "List of {key}" }}
"""
SIGN_OFF = 'settings = { question = { zh_Hans = "看过了吗？", en = "Has it been looked at?" } }'
ACTIVITIES = (
    ("ideas", "proposals", 'propose = ["residents", "lead"], support = ["residents"]', ""),
    ("options", "proposals", 'propose = ["residents"]', 'needs_cost = true, photo = "required", open_days = 14'),
    ("talk", "discussion", 'comment = ["residents", "lead"]', ""),
    ("vote", "ballot", 'vote = ["residents"]', 'rule = "consent", electorate = "household", rounds = 2'),
    ("board", "notice", 'object = ["residents"]', "days = 7"),
    ("roster", "roster", 'edit = ["lead"]', 'rings = ["lead", "residents"], least = 2'),
    ("outreach", "outreach", 'edit = ["lead"]', "target_percent = 60, every_building = true"),
    ("hearing", "minutes", 'edit = ["lead"]', "least_present = 5, confirmers = 3"),
    ("gathering", "meeting", 'edit = ["lead"], attend = ["residents", "lead"]', "least_present = 3, confirmers = 2"),
    ("money", "money", 'edit = ["lead"]', ""),
    ("permits", "permits", 'edit = ["lead"]', ""),
    ("works", "milestones", 'edit = ["lead"], supervise = ["residents"]', ""),
    ("acceptance", "acceptance", 'edit = ["residents", "lead"]', "least_residents = 2"),
    ("articles", "convention", 'edit = ["residents", "lead"]', ""),
    ("stewards", "stewards", 'edit = ["residents", "lead"]', "least = 2"),
    ("review", "review", 'edit = ["lead"]', ""),
)
GATES = {
    "proposals_answered": "ideas",
    "topic_chosen": "ideas",
    "notice_over": "board",
    "ballot_passed": "vote",
    "objections_ended": "vote",
    "convention_adopted": "vote",
    "rings_filled": "roster",
    "conflicts_declared": "roster",
    "outreach_met": "outreach",
    "minutes_confirmed": "hearing",
    "meeting_confirmed": "gathering",
    "funded_in_full": "money",
    "permits_noted": "permits",
    "milestones_done": "works",
    "accepted": "acceptance",
    "stewards_named": "stewards",
    "review_dated": "review",
}


def everything(*, gates: bool = True) -> str:
    """The method: a step with all activities and all gates (or a sign-off only), and one with a sign-off."""
    parts = [HEAD, STEP.format(key="gather", seal="聚")]
    for key, kind, who, settings in ACTIVITIES:
        parts.append(
            f'\n  [[steps.activities]]\n  key = "{key}"\n  kind = "{kind}"\n'
            f'  title = {{ zh_Hans = "{key}", en = "The {key}" }}\n  who = {{ {who} }}\n  settings = {{ {settings} }}\n'
        )
    for kind, activity in GATES.items() if gates else ():
        parts.append(f'\n  [[steps.gates]]\n  kind = "{kind}"\n  activity = "{activity}"\n')
    if not gates:
        parts.append(f'\n  [[steps.gates]]\n  key = "seen"\n  kind = "sign_off"\n  {SIGN_OFF}\n')
    parts += [STEP.format(key="keep", seal="护"), f'\n  [[steps.gates]]\n  kind = "sign_off"\n  {SIGN_OFF}\n']
    return "".join(parts)


def sign_offs(*keys: str, version: str = "1", key: str = "plain") -> str:
    """A method of plain steps, each with a talk and one sign-off."""
    parts = [HEAD.replace('"everything"', f'"{key}"').replace('version = "1"', f'version = "{version}"')]
    for step, seal in zip(keys, "一二三四五六七", strict=False):
        parts += [
            STEP.format(key=step, seal=seal),
            f'\n  [[steps.activities]]\n  key = "{step}_talk"\n  kind = "discussion"\n'
            '  title = { zh_Hans = "聊", en = "Talk" }\n  who = { comment = ["residents", "lead"] }\n',
            f'\n  [[steps.gates]]\n  key = "{step}_seen"\n  kind = "sign_off"\n  {SIGN_OFF}\n',
        ]
    return "".join(parts)


@dataclass
class Garden:
    """A project with every kind of activity open, in the first community of the town."""

    town: World
    project: str = ""

    @contextmanager
    def here(self) -> Iterator[None]:
        """A context in which addresses can be made."""
        with self.town.app.test_request_context():
            yield

    def do(self, command: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Give a command, or read, as a request of its own would."""
        with self.here():
            return command(*args, **more)

    @property
    def clock(self) -> FixedClock:
        return self.town.clock

    @property
    def lead(self) -> Actor:
        return self.town.facilitator

    @property
    def neighbour(self) -> Actor:
        return self.town.neighbour

    @property
    def community(self) -> int:
        return self.town.communities["ziteng"]

    def start(self, title: str = "空中花园", **more: Any) -> str:
        """Another project of the town's method, by its facilitator."""
        values = {"title": title, "place": "二层平台", "summary": "一处花园。", "method_public_id": self.town.method}
        with self.here():
            return service.start_project(self.lead, self.community, **{**values, **more})

    def activity(self, key: str) -> str:
        """The public id of an activity of the project, of its newest run."""
        return self.ref(key).public_id

    def ref(self, key: str) -> ActivityRef:
        """An activity of the project as its module sees it."""
        with self.here():
            project, _ = queries.find_project(self.project)
            refs = queries.activity_refs([project], self.clock.now())
            return [ref for ref in refs if ref.activity.key == key][-1]

    def talk(self, key: str = "talk") -> str:
        """The public id of a step's own talk."""
        return self.scalar(select(Talk.public_id).where(Talk.subject == f"activity:{self.activity(key)}"))

    def gates(self) -> dict[str, GateState]:
        """The gates of the open step by their keys."""
        with self.here():
            project, _ = queries.find_project(self.project)
            refs = queries.activity_refs([project], self.clock.now(), current_only=True)
            states = queries.gate_states([project], refs, self.clock.now())
            return {state.result.key: state for state in states.get(project.id, ())}

    def missing(self, key: str) -> list[str]:
        """What a gate says is missing, in English."""
        return [str(item.phrase) for item in self.gates()[key].result.missing]

    def met(self, key: str) -> bool:
        """Whether a gate is met."""
        return self.gates()[key].result.met

    def row(self) -> Project:
        """The project's row as it stands."""
        return self.scalar(select(Project).where(Project.public_id == self.project))

    def scalar(self, query: Any) -> Any:
        """The first value of a query."""
        with self.here():
            return db.session.scalars(query).first()

    def all(self, query: Any) -> list[Any]:
        """All first values of a query."""
        with self.here():
            return list(db.session.scalars(query))

    def count(self, table: type) -> int:
        """How many rows a table has."""
        return int(self.scalar(select(func.count()).select_from(table)))

    def events(self, kind: str) -> list[Event]:
        """The events of a kind, oldest first."""
        return self.all(select(Event).where(Event.kind == kind).order_by(Event.id))

    def told(self, who: Actor) -> list[Message]:
        """The messages of a person, oldest first."""
        return self.all(select(Message).where(Message.person_id == who.person_id).order_by(Message.id))

    def resident(self, name: str = "王奶奶", slug: str = "ziteng") -> Actor:
        """Another resident with a device."""
        return self.town.resident(slug, name)

    def staff(self, name: str, role: str = "facilitator") -> Actor:
        """Somebody else with a role in the community."""
        with self.here(), transaction() as tx:
            person = Person(name=name, email=f"{name}@example.org", created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            tx.session.add(RoleGrant(person_id=person.id, community_id=self.community, role=role, at=tx.now))
            tx.session.flush()
            return actor_of(person.id)

    def building(self, label: str, households: int) -> int:
        """A building with households, and its id."""
        with self.here(), transaction() as tx:
            building = Building(community_id=self.community, label=label, sort=int(label))
            tx.session.add(building)
            tx.session.flush()
            entrance = Entrance(community_id=self.community, building_id=building.id, label="1")
            tx.session.add(entrance)
            tx.session.flush()
            units = [
                Unit(community_id=self.community, entrance_id=entrance.id, room=str(101 + n)) for n in range(households)
            ]
            tx.session.add_all(units)
            tx.session.flush()
            tx.session.add_all(Household(community_id=self.community, unit_id=unit.id, since=tx.now) for unit in units)
            return building.id

    def browser(self, who: Actor | None = None) -> FlaskClient:
        """A browser in English, signed in as ``who``."""
        client = self.town.app.test_client()
        if who is not None:
            self.town.sign_in(client, who)
        client.set_cookie("lang", "en")
        return client


def build(app: Flask, clock: FixedClock, method: str | None = None) -> Garden:
    """The town, with a project that stands in its first step."""
    garden = Garden(build_town(app, clock))
    garden.town.method = garden.do(service.store_method, method or everything())
    garden.project = garden.start()
    return garden
