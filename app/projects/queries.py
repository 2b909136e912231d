"""Reads of projects: their stored method, their run, the references that modules get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import select

from app.core.database import db
from app.core.events import Event as EventRow
from app.core.events import events_of
from app.engine.errors import Conflict, NotFound
from app.engine.gates import GateState, Waiver, weigh
from app.engine.method import Catalogue, Method, Step, read_method
from app.engine.phrase import phrase
from app.engine.windows import Window, activity_window
from app.engine.workflow import Event, Run, replay
from app.people.models import Person
from app.people.places import Community
from app.projects.kinds import ActivityRef, GateRef, kinds
from app.projects.models import (
    IMPORTED,
    ActivityRun,
    GateWaiver,
    MethodVersion,
    Project,
    ProjectOrigin,
    StepRunRow,
)

PREFIX = "project."


@lru_cache(maxsize=64)
def _parsed(source: str, names: tuple[str, ...]) -> Method:
    return read_method(source, _catalogue_for_cache())


def _catalogue_for_cache() -> Catalogue:
    return kinds().catalogue


def parse(source: str) -> Method:
    """A method's text as a value; parsed once a process."""
    return _parsed(source, tuple(sorted(kinds().activities)))


@lru_cache(maxsize=64)
def _source(sha256: str) -> str:
    return db.session.scalars(select(MethodVersion.source).where(MethodVersion.sha256 == sha256).limit(1)).one()


def method_by_hash(sha256: str) -> Method:
    """The method whose text has this hash: asked of the database once a process."""
    return parse(_source(sha256))


def method_of(project: Project) -> Method:
    """The method version this project started with."""
    return methods_of([project])[project.id]


def methods_of(projects: Iterable[Project]) -> dict[int, Method]:
    """The method of each project, with one query."""
    wanted = list(projects)
    ids = {project.method_version_id for project in wanted}
    sources = {row.id: row.source for row in db.session.scalars(select(MethodVersion).where(MethodVersion.id.in_(ids)))}
    return {project.id: parse(sources[project.method_version_id]) for project in wanted}


def find_project(public_id: str, slug: str | None = None) -> tuple[Project, Community]:
    """A project and its community; NotFound when it isn't in the community named."""
    row = db.session.execute(
        select(Project, Community)
        .join(Community, Community.id == Project.community_id)
        .where(Project.public_id == public_id)
    ).one_or_none()
    if row is None or (slug is not None and row[1].slug != slug):
        raise NotFound
    return row[0], row[1]


def find_project_by_id(project_id: int) -> Project:
    """A project by its key."""
    return db.session.get_one(Project, project_id)


def run_of(project_id: int) -> Run:
    """The state of a project's run, from its events. One that was brought from elsewhere has none here: Conflict."""
    events = tuple(engine_event(row) for row in events_of(project_id) if row.kind.startswith(PREFIX))
    if not events:
        raise Conflict(phrase("This project was brought here from elsewhere. It can be read, and not changed."))
    return replay(events)


def origin_of(project: Project) -> ProjectOrigin | None:
    """Where a project was brought from; None where it is from here."""
    if project.state != IMPORTED:
        return None
    return db.session.scalar(select(ProjectOrigin).where(ProjectOrigin.project_id == project.id))


def engine_event(row: EventRow) -> Event:
    """A stored event as the engine's value."""
    return Event(row.kind.removeprefix(PREFIX), row.at, str(row.data["by"]), row.data["data"])


def step_runs(project_ids: Sequence[int]) -> dict[int, list[StepRunRow]]:
    """All runs of steps of some projects, oldest first."""
    found: dict[int, list[StepRunRow]] = {project_id: [] for project_id in project_ids}
    query = select(StepRunRow).where(StepRunRow.project_id.in_(project_ids)).order_by(StepRunRow.id)
    for row in db.session.scalars(query):
        found[row.project_id].append(row)
    return found


def activity_refs(projects: Sequence[Project], now: int, *, current_only: bool = False) -> list[ActivityRef]:
    """References to the activities of some projects, in the order of the method, with a fixed number of queries."""
    if not projects:
        return []
    by_id = {project.id: project for project in projects}
    methods = methods_of(projects)
    slugs = dict(
        db.session.execute(
            select(Community.id, Community.slug).where(Community.id.in_({p.community_id for p in projects}))
        ).all()
    )
    query = (
        select(ActivityRun, StepRunRow)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(ActivityRun.project_id.in_(by_id))
        .order_by(ActivityRun.id)
    )
    if current_only:
        query = query.where(StepRunRow.closed_at.is_(None))
    rows = db.session.execute(query).all()
    windows: dict[tuple[int, str], Window] = {}
    refs = []
    for row, step_run in rows:
        project = by_id[row.project_id]
        activity = methods[project.id].step(step_run.step).activity(row.key)
        running = project.state == "running" and step_run.closed_at is None
        before = windows.get((step_run.id, activity.after)) if activity.after else None
        window = windows[step_run.id, row.key] = activity_window(
            activity,
            step_opened_at=step_run.opened_at,
            after_closed_at=before.closes_at if before and before.state == "over" else None,
            now=now,
            running=running,
            step_closed_at=step_run.closed_at,
            override_opens=row.opens_at,
            override_closes=row.closes_at,
        )
        refs.append(
            ActivityRef(
                id=row.id,
                public_id=row.public_id,
                community_id=row.community_id,
                slug=slugs[row.community_id],
                project_id=project.id,
                project_public_id=project.public_id,
                project_title=project.title,
                step_run_id=step_run.id,
                step=step_run.step,
                activity=activity,
                window=window,
                scope=project.scope,
                facilitator_id=project.facilitator_id,
                running=running,
            )
        )
    return refs


def find_activity(public_id: str, now: int, slug: str | None = None) -> ActivityRef:
    """One activity by its public id; NotFound when it isn't in the community named."""
    project = db.session.scalar(
        select(Project)
        .join(ActivityRun, ActivityRun.project_id == Project.id)
        .where(ActivityRun.public_id == public_id)
    )
    if project is None:
        raise NotFound
    for ref in activity_refs([project], now):
        if ref.public_id == public_id and slug in (None, ref.slug):
            return ref
    raise NotFound


def find_activity_by_id(activity_id: int, now: int) -> ActivityRef:
    """One activity by its key."""
    return refs_by_id([activity_id], now)[activity_id]


def refs_by_id(activity_ids: Iterable[int], now: int) -> dict[int, ActivityRef]:
    """References by activity run id, for lists across projects, with a fixed number of queries."""
    ids = set(activity_ids)
    projects = list(
        db.session.scalars(
            select(Project).where(
                Project.id.in_(select(ActivityRun.project_id).where(ActivityRun.id.in_(ids)).scalar_subquery())
            )
        )
    )
    return {ref.id: ref for ref in activity_refs(projects, now) if ref.id in ids}


def waivers_of(step_run_ids: Sequence[int]) -> dict[int, list[Waiver]]:
    """The waivers of some runs of steps."""
    found: dict[int, list[Waiver]] = {run_id: [] for run_id in step_run_ids}
    query = (
        select(GateWaiver, Person.public_id)
        .join(Person, Person.id == GateWaiver.person_id)
        .where(GateWaiver.step_run_id.in_(step_run_ids))
    )
    for row, by in db.session.execute(query):
        found[row.step_run_id].append(Waiver(row.gate, by, row.by_name, row.reason, row.at))
    return found


def gate_states(projects: Sequence[Project], refs: Sequence[ActivityRef], now: int) -> dict[int, tuple[GateState, ...]]:
    """The gates of the open step of each project, judged together: the number of queries depends on the kinds only.

    ``refs`` are the activities of the open steps (``activity_refs(..., current_only=True)``).
    """
    projects = [project for project in projects if project.state != IMPORTED]
    methods = methods_of(projects)
    open_runs = {
        row.project_id: row
        for row in db.session.scalars(
            select(StepRunRow).where(
                StepRunRow.project_id.in_([project.id for project in projects]), StepRunRow.closed_at.is_(None)
            )
        )
    }
    slugs = {ref.community_id: ref.slug for ref in refs}
    activities: Mapping[tuple[int, str], ActivityRef] = {(ref.step_run_id, ref.activity.key): ref for ref in refs}
    wanted: dict[str, list[GateRef]] = {}
    order: dict[int, list[GateRef]] = {}
    for project in projects:
        run = open_runs.get(project.id)
        if run is None:
            continue
        for gate in methods[project.id].step(run.step).gates:
            ref = GateRef(
                community_id=project.community_id,
                slug=slugs.get(project.community_id, ""),
                project_id=project.id,
                project_public_id=project.public_id,
                step_run_id=run.id,
                gate=gate,
                activity=activities.get((run.id, gate.activity)) if gate.activity else None,
            )
            wanted.setdefault(gate.kind, []).append(ref)
            order.setdefault(project.id, []).append(ref)
    results = {}
    for kind, asked in wanted.items():
        for ref, result in zip(asked, kinds().gates[kind].judge(asked, now), strict=True):
            results[ref.step_run_id, ref.gate.key] = result
    waivers = waivers_of([run.id for run in open_runs.values()])
    return {
        project_id: weigh(
            tuple(results[ref.step_run_id, ref.gate.key] for ref in asked),
            tuple(waivers[open_runs[project_id].id]),
        )
        for project_id, asked in order.items()
    }


def current_step(project: Project) -> Step | None:
    """The step a project stands in, or None once it is over."""
    return method_of(project).step(project.step) if project.step else None


def projects_in(community_id: int, *, state: Sequence[str] = ("running", "paused")) -> list[Project]:
    """The projects of a community, those that moved last first."""
    return list(
        db.session.scalars(
            select(Project)
            .where(Project.community_id == community_id, Project.state.in_(state))
            .order_by(Project.moved_at.desc(), Project.id.desc())
        )
    )


def children_of(project_id: int) -> list[tuple[Project, Community]]:
    """The projects that belong to one parent, each with its community: they may be of several."""
    query = select(Project, Community).join(Community, Community.id == Project.community_id)
    rows = db.session.execute(query.where(Project.parent_id == project_id).order_by(Project.id))
    return [(project, community) for project, community in rows]


def offered_methods() -> list[MethodVersion]:
    """The versions that new projects may start with."""
    return list(
        db.session.scalars(
            select(MethodVersion).where(MethodVersion.offered).order_by(MethodVersion.key.desc(), MethodVersion.id)
        )
    )
