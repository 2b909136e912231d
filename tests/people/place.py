"""A town with two communities and their staff, made through the services where that costs no time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core.clock import FixedClock
from app.core.database import db
from app.core.transaction import transaction
from app.people import desk, sign_in
from app.people.actor import Actor
from app.people.communities import create_community, create_town
from app.people.models import Device, Household, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.session import actor_of
from tests.sign_ins import staff_user

ADDRESS = "192.0.2.7"


@dataclass
class Place:
    """The ids of the community ``ziteng`` and of another one, and those who work there."""

    app: Flask
    clock: FixedClock
    community_id: int = 0
    other_id: int = 0
    entrance_id: int = 0
    admin: Actor = field(default_factory=Actor)
    facilitator: Actor = field(default_factory=Actor)
    elsewhere: Actor = field(default_factory=Actor)

    @contextmanager
    def here(self) -> Iterator[Session]:
        """The application's context, for a look into the database."""
        with self.app.app_context():
            yield db.session()

    def staff(self, email: str, role: str, community_id: int | None, name: str = "陈老师") -> Actor:
        """A member of the staff without a password yet."""
        with self.here(), transaction() as tx:
            person = Person(name=name, email=email, created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
            tx.session.add(RoleGrant(person_id=person.id, community_id=community_id, role=role, at=tx.now))
            tx.session.flush()
            return actor_of(person.id)

    def household(self, room: str = "302") -> str:
        """A household of building 5; its public id."""
        with self.here(), transaction() as tx:
            unit = Unit(community_id=self.community_id, entrance_id=self.entrance_id, room=room, floor_area=8950)
            tx.session.add(unit)
            tx.session.flush()
            household = Household(community_id=self.community_id, unit_id=unit.id, since=tx.now)
            tx.session.add(household)
            tx.session.flush()
            return household.public_id

    def code(self, household: str) -> str:
        """A fresh code for a household."""
        with self.here():
            return desk.issue_code(self.facilitator, household)

    def pair(self, code: str, name: str = "张阿姨", *, address: str = ADDRESS, label: str = "Android") -> Actor:
        """Sign somebody in by a code, as a new person of the household; the actor on that device."""
        with self.here():
            device, person, household = sign_in.pair(
                sign_in.check_code(code, address), person_public_id=None, name=name, label=label
            )
            return on_device(device.id, person.id, household.community_id)

    def browser(self, who: Actor) -> FlaskClient:
        """A browser in which somebody is signed in: on a device, or as staff."""
        client = self.app.test_client()
        with self.here(), transaction() as tx:
            if who.device_id is None:
                user = staff_user(who.person())
            else:
                user = f"device:{tx.session.get_one(Device, who.device_id).public_id}"
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"], session["at"] = user, True, self.clock.now()
        return client


def on_device(device_id: int, person_id: int, community_id: int) -> Actor:
    """A person as the actor of one of the household's devices."""
    found = actor_of(person_id)
    return Actor(
        person_id=person_id,
        public_id=found.public_id,
        name=found.name,
        household_id=found.household_id,
        home_id=community_id,
        device_id=device_id,
        rings=found.rings,
    )


def build(app: Flask, clock: FixedClock) -> Place:
    """The town."""
    place = Place(app, clock)
    with place.here():
        create_town("清溪镇", desk_place="镇便民中心", desk_hours="工作日", desk_phone="5550 0000")
        place.community_id = create_community(
            None, "ziteng", name="紫藤里", desk_place="议事角", desk_phone="5550 0188"
        )
        place.other_id = create_community(None, "guixiang", name="桂香苑")
        with transaction() as tx:
            building = Building(community_id=place.community_id, label="5", sort=5)
            tx.session.add(building)
            tx.session.flush()
            entrance = Entrance(community_id=place.community_id, building_id=building.id, label="")
            tx.session.add(entrance)
            tx.session.flush()
            place.entrance_id = entrance.id
    place.admin = place.staff("town@example.org", "administrator", None, "镇管理员")
    place.facilitator = place.staff("chen@example.org", "facilitator", place.community_id)
    place.elsewhere = place.staff("gu@example.org", "facilitator", place.other_id, "顾老师")
    return place


def send(client: FlaskClient, url: str, data: dict[str, object], *, get: str = "", **more: object) -> TestResponse:
    """Open a page, fill its form in, and send it to ``url`` with the hidden fields that it had."""
    page = client.get(get or url)
    assert page.status_code == 200, page.status_code
    found = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)
    assert found, "no form here"
    return client.post(url, data={"csrf_token": found[1], **data}, **more)  # type: ignore[arg-type]


def rows_of(session: Session, model: type[object]) -> int:
    """How many rows a table has."""
    return len(session.scalars(select(model)).all())
