"""What "my page" gathers from the features, and the town's overview. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.people.actor import Actor
from app.people.models import Device, Person
from app.people.places import Community
from app.people.queries import communities
from app.projects import queries
from app.projects.board import STALLED_AFTER
from app.projects.models import Project


@dataclass(frozen=True)
class MyPage:
    """One's own things, each list ready to be shown."""

    home: Community | None
    places: tuple[Community, ...] = ()
    lists: dict[str, list[Any]] = field(default_factory=dict)


def page(reader: Actor, now: int) -> MyPage:
    """Gather one's page."""
    ids = {key for key in reader.roles if key is not None} | ({reader.home_id} if reader.home_id else set())
    places = list(db.session.scalars(select(Community).where(Community.id.in_(ids)).order_by(Community.id)))
    home = next((place for place in places if place.id == reader.home_id), None)
    return MyPage(home=home, places=tuple(places))


def export(reader: Actor, now: int) -> dict[str, Any]:
    """All that is kept about a person, as JSON."""
    person = db.session.get_one(Person, reader.person())
    devices = db.session.scalars(select(Device).where(Device.person_id == person.id).order_by(Device.id))
    return {
        "person": {
            "id": person.public_id,
            "name": person.name,
            "shows_name": person.shows_name,
            "email": person.email,
            "since": person.created_at,
        },
        "devices": [{"label": d.label, "paired_at": d.paired_at, "ended_at": d.ended_at} for d in devices],
    }


@dataclass(frozen=True)
class TownRow:
    """A community in the town's overview."""

    community: Community
    households: int
    steps: tuple[tuple[str, int], ...]
    running: int
    stalled: int
    paused: int
    done: int


def town_rows(now: int) -> list[TownRow]:
    """Where the projects of each community stand, with a fixed number of queries."""
    projects = list(db.session.scalars(select(Project)))
    methods = queries.methods_of(projects)
    rows = []
    for community, households in communities():
        mine = [project for project in projects if project.community_id == community.id]
        running = [project for project in mine if project.state == "running"]
        steps: dict[str, int] = {}
        for project in running:
            step = methods[project.id].step(project.step)
            steps[step.seal] = steps.get(step.seal, 0) + 1
        rows.append(
            TownRow(
                community=community,
                households=households,
                steps=tuple(steps.items()),
                running=len(running),
                stalled=sum(1 for project in running if now - project.moved_at > 3 * STALLED_AFTER),
                paused=sum(1 for project in mine if project.state == "paused"),
                done=sum(1 for project in mine if project.state == "completed"),
            )
        )
    return rows
