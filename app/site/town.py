"""The town's overview: where the projects of all communities stand, what is late, who has not been reached. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.core.clock import DAY
from app.core.database import db
from app.engine.method import Step
from app.people.models import Device, Household
from app.people.places import Community
from app.people.queries import communities
from app.projects import queries
from app.projects.kinds import ActivityRef
from app.projects.models import Project

STALLED_DAYS = 21


@dataclass(frozen=True)
class StepCount:
    """How many running projects stand in steps of one word."""

    seal: str
    title: object
    count: int


@dataclass(frozen=True)
class Behind:
    """A project that is late (all its dates are past, its step is open) or has not moved for a long time."""

    project: Project
    community: Community
    late: bool
    idle_days: int


@dataclass(frozen=True)
class TownRow:
    """A community in the overview. ``reached`` counts households of which somebody has signed in."""

    community: Community
    households: int
    reached: int
    steps: tuple[StepCount, ...]
    running: int
    late: int
    stalled: int
    paused: int
    done: int


@dataclass(frozen=True)
class Overview:
    """The whole town: a row a community, the totals, the steps, and the projects that are behind."""

    rows: tuple[TownRow, ...]
    steps: tuple[StepCount, ...]
    behind: tuple[Behind, ...]
    totals: dict[str, int] = field(default_factory=dict)


def overview(now: int) -> Overview:
    """Gather the town with a fixed number of queries."""
    projects = list(db.session.scalars(select(Project).order_by(Project.moved_at, Project.id)))
    running = [project for project in projects if project.state == "running"]
    methods = queries.methods_of(running)
    late = late_projects(queries.activity_refs(running, now, current_only=True))
    here = communities()
    known = {community.id: community for community, _ in here}
    reached = _reached()
    steps = {project.id: methods[project.id].step(project.step) for project in running}
    stalled = {project.id for project in running if now - project.moved_at >= STALLED_DAYS * DAY}
    by_place: dict[int, list[Project]] = {}
    for project in projects:
        by_place.setdefault(project.community_id, []).append(project)
    rows = []
    for community, households in here:
        mine = by_place.get(community.id, [])
        going = [project for project in mine if project.state == "running"]
        rows.append(
            TownRow(
                community=community,
                households=households,
                reached=reached.get(community.id, 0),
                steps=_counted(steps[project.id] for project in going),
                running=len(going),
                late=sum(1 for project in going if project.id in late),
                stalled=sum(1 for project in going if project.id in stalled),
                paused=sum(1 for project in mine if project.state == "paused"),
                done=sum(1 for project in mine if project.state == "completed"),
            )
        )
    behind = tuple(
        Behind(project, known[project.community_id], project.id in late, (now - project.moved_at) // DAY)
        for project in running
        if project.id in late or project.id in stalled
    )
    names = ("households", "reached", "running", "late", "stalled", "paused", "done")
    totals = {name: sum(getattr(row, name) for row in rows) for name in names}
    return Overview(tuple(rows), _counted(steps.values()), behind, totals)


def late_projects(refs: Iterable[ActivityRef]) -> set[int]:
    """The projects whose open step had dates, all of which are past."""
    dated: dict[int, bool] = {}
    for ref in refs:
        if ref.window.closes_at is not None:
            dated[ref.project_id] = dated.get(ref.project_id, True) and ref.window.state == "over"
        elif ref.window.state == "waiting":
            # What waits for something before it will have dates of its own: the step isn't late yet.
            dated[ref.project_id] = False
    return {project_id for project_id, over in dated.items() if over}


def _counted(steps: Iterable[Step]) -> tuple[StepCount, ...]:
    # Two methods may use one word for different steps; they are told apart by their titles.
    counts: dict[tuple[int, str, object], int] = {}
    for step in steps:
        key = (step.number, step.seal, step.title)
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (item[0][0], item[0][1]))
    return tuple(StepCount(seal, title, count) for (_, seal, title), count in ordered)


def _reached() -> dict[int, int]:
    query = (
        select(Household.community_id, func.count(Household.id.distinct()))
        .join(Device, (Device.household_id == Household.id) & Device.ended_at.is_(None))
        .where(Household.ended_at.is_(None))
        .group_by(Household.community_id)
    )
    return dict(db.session.execute(query).all())
