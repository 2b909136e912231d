"""What pages show of projects: the path of steps, what is asked now, the console's list. Reads only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from app.core.clock import DAY
from app.core.events import Event as EventRow
from app.core.events import events_of
from app.core.i18n import local_date
from app.engine.gates import GateState, Missing
from app.engine.method import Method, Step
from app.engine.phrase import Phrase
from app.engine.windows import may
from app.engine.workflow import Run, StepRun, replay
from app.people.actor import RESIDENTS_RING, Actor
from app.people.places import Community
from app.people.queries import names_for, scope_labels
from app.projects import queries
from app.projects.kinds import ActivityRef, Coming, Comings, Presses, Pressing, Summary, kinds
from app.projects.models import Project, StepRunRow

STALLED_AFTER = 7 * DAY


@dataclass(frozen=True)
class Stone:
    """A step on the path: its word, how it stands, and where it leads."""

    number: int
    key: str
    seal: str
    title: object
    state: str
    href: str
    at: int | None
    attempt: int


@dataclass(frozen=True)
class StageOfPath:
    """A stage and its stones."""

    title: object
    steps: tuple[Stone, ...]


@dataclass(frozen=True)
class Doing:
    """An activity of the open step with its summary; ``asks`` when its reader may do something now.

    ``open_to_residents`` says whether residents are among those who may.
    """

    ref: ActivityRef
    summary: Summary
    asks: bool
    open_to_residents: bool


@dataclass(frozen=True)
class Card:
    """A project in a list: where it stands and what it asks."""

    project: Project
    community: Community
    step: Step | None
    stages: tuple[StageOfPath, ...]
    doing: tuple[Doing, ...]
    due: int | None

    @property
    def ask(self) -> Doing | None:
        """The one thing asked now: what this reader may do before what residents may; soonest first.

        What only the staff may do is no matter for the notice board.
        """
        asking = [
            item
            for item in self.doing
            if item.summary.ask is not None and item.ref.is_open and (item.asks or item.open_to_residents)
        ]
        return min(asking, key=lambda item: (not item.asks, item.summary.due or 1 << 62), default=None)


@dataclass(frozen=True)
class Job:
    """A project on the console: its gates, what blocks it first, and how urgent it is."""

    card: Card
    gates: tuple[GateState, ...]
    stalled_days: int
    group: str

    @property
    def blocked_by(self) -> Missing | None:
        """The first thing missing that somebody can do somewhere, else the first thing missing."""
        missing = [item for state in self.gates if not state.holds for item in state.result.missing]
        return next((item for item in missing if item.href), missing[0] if missing else None)

    @property
    def ready(self) -> bool:
        """Whether the step may be closed."""
        return bool(self.gates) and all(state.holds for state in self.gates)


@dataclass(frozen=True)
class Console:
    """The facilitator's list in groups, most urgent first."""

    groups: tuple[tuple[str, tuple[Job, ...]], ...]
    counts: dict[str, int] = field(default_factory=dict)
    pressing: tuple[Pressing, ...] = ()  # comes before all projects, soonest first


def path(slug: str, project: Project, method: Method, run: Run) -> tuple[StageOfPath, ...]:
    """The steps by stage, each as it stands in ``run``."""
    stones: dict[str, list[Stone]] = {stage.key: [] for stage in method.stages}
    for step in method.steps:
        last = run.latest(step.key)
        stones[step.stage].append(
            Stone(
                number=step.number,
                key=step.key,
                seal=step.seal,
                title=step.title,
                state=run.step_state(step.key),
                href=url_for("projects.step", slug=slug, public_id=project.public_id, step=step.key),
                at=last.closed_at if last else None,
                attempt=last.attempt if last else 0,
            )
        )
    return tuple(StageOfPath(stage.title, tuple(stones[stage.key])) for stage in method.stages)


def runs_of(projects: Sequence[Project]) -> dict[int, Run]:
    """The run of each project from its rows of steps, for lists; a query in all. Waivers are left out."""
    methods = queries.methods_of(projects)
    rows = queries.step_runs([project.id for project in projects])
    return {
        project.id: Run(
            steps=tuple(step.key for step in methods[project.id].steps),
            state=project.state,  # type: ignore[arg-type]
            runs=tuple(_passage(row) for row in rows[project.id]),
            reason=project.state_reason,
        )
        for project in projects
    }


def _passage(row: StepRunRow) -> StepRun:
    return StepRun(row.step, row.attempt, row.opened_at, row.closed_at, row.left)  # type: ignore[arg-type]


def summaries(refs: Sequence[ActivityRef], now: int) -> dict[int, Summary]:
    """The summary of each activity by its id: one call a kind, so that queries don't grow with projects."""
    by_kind: dict[str, list[ActivityRef]] = {}
    for ref in refs:
        by_kind.setdefault(ref.activity.kind, []).append(ref)
    found = {}
    for kind, asked in by_kind.items():
        for ref, summary in zip(asked, kinds().activities[kind].summaries(asked, now), strict=True):
            found[ref.id] = summary
    return found


def cards(projects: Sequence[Project], communities: dict[int, Community], reader: Actor, now: int) -> list[Card]:
    """Cards for a list of projects of one or several communities."""
    if not projects:
        return []
    methods, runs = queries.methods_of(projects), runs_of(projects)
    refs = queries.activity_refs(projects, now, current_only=True)
    said, done = summaries(refs, now), answered(refs, reader)
    found = []
    for project in projects:
        community, method = communities[project.community_id], methods[project.id]
        doing = tuple(_doing(ref, said[ref.id], reader, ref.id in done) for ref in refs if ref.project_id == project.id)
        dues = [d.summary.due for d in doing if d.summary.due is not None and d.summary.due > now and d.ref.is_open]
        found.append(
            Card(
                project=project,
                community=community,
                step=method.step(project.step) if project.step else None,
                stages=path(community.slug, project, method, runs[project.id]),
                doing=doing,
                due=min(dues, default=None),
            )
        )
    return found


def answered(refs: Sequence[ActivityRef], reader: Actor) -> set[int]:
    """The activities in which a reader has done already what they ask, with one query a kind that knows."""
    found: set[int] = set()
    if not reader.known:
        return found
    for kind in kinds().activities.values():
        asked = [ref for ref in refs if ref.activity.kind == kind.spec.kind]
        if asked and kind.answered is not None:
            found |= kind.answered(asked, reader)
    return found


def most_urgent(found: Sequence[Card]) -> Card | None:
    """The card whose ask comes first: what the reader may do, then what ends soonest."""
    asking = [(card, card.ask) for card in found]
    urgent = [
        (not ask.asks, ask.summary.due or 1 << 62, n, card) for n, (card, ask) in enumerate(asking) if ask is not None
    ]
    return min(urgent)[-1] if urgent else None


def to_come(communities: Sequence[Community], now: int) -> list[Coming]:
    """What is to come in some communities, soonest first."""
    found = [item for comings in kinds().every(Comings) for item in comings.find(communities, now)]
    return sorted(found, key=lambda item: item.at)


def _doing(ref: ActivityRef, summary: Summary, reader: Actor, done: bool) -> Doing:
    asks = (
        not done
        and summary.ask is not None
        and ref.is_open
        and bool(summary.action)
        and may(ref.activity, summary.action, reader.rings_in(ref.community_id))
    )
    residents = not done and bool(summary.action) and may(ref.activity, summary.action, {RESIDENTS_RING})
    return Doing(ref, summary, asks, residents)


def console(community: Community, reader: Actor, now: int) -> Console:
    """What is due, what is stuck and what can wait among the projects of a community."""
    projects = queries.projects_in(community.id)
    refs = queries.activity_refs(projects, now, current_only=True)
    gates = queries.gate_states(projects, refs, now)
    groups: dict[str, list[Job]] = {"ready": [], "today": [], "stuck": [], "week": [], "later": [], "paused": []}
    for card in cards(projects, {community.id: community}, reader, now):
        states = gates.get(card.project.id, ())
        idle = now - card.project.moved_at
        job = Job(card, states, idle // DAY, "")
        group = _urgency(job, idle, now)
        groups[group].append(Job(card, states, idle // DAY, group))
    for jobs in groups.values():
        jobs.sort(key=lambda item: (item.card.due or 1 << 62, -item.stalled_days))
    pressing = [item for presses in kinds().every(Presses) for item in presses.find(community, now)]
    return Console(
        tuple((name, tuple(jobs)) for name, jobs in groups.items() if jobs),
        {name: len(jobs) for name, jobs in groups.items()},
        tuple(sorted(pressing, key=lambda item: item.due or 1 << 62)),
    )


def _urgency(job: Job, idle: int, now: int) -> str:
    if job.card.project.state == "paused":
        return "paused"
    if job.ready:
        return "ready"
    due = job.card.due
    if due is not None and local_date(due) == local_date(now):
        return "today"
    if due is not None and due - now <= 7 * DAY:
        return "week"
    return "stuck" if idle >= STALLED_AFTER and due is None else "later"


@dataclass(frozen=True)
class Moved:
    """One movement of the project for its history: the engine's kind and facts, when, and by whom."""

    kind: str
    at: int
    person_id: int | None
    step: Step | None
    to: Step | None
    reason: str
    gate: str


def history(project: Project, method: Method, rows: Sequence[EventRow]) -> list[Moved]:
    """The movements of a project, newest first."""
    moved = [
        _moved(method, row.kind.removeprefix(queries.PREFIX), row.at, row.person_id, row.data["data"])
        for row in rows
        if row.kind.startswith(queries.PREFIX)
    ]
    return moved[::-1]


def _history_elsewhere(facts: Mapping[str, Any], method: Method) -> tuple[Moved, ...]:
    """The movements of a project before it was brought here, newest first; who moved it stands in its records."""
    return tuple(_moved(method, item["kind"], item["at"], None, item["data"]) for item in facts["moves"][::-1])


def _moved(method: Method, kind: str, at: int, person_id: int | None, data: Mapping[str, Any]) -> Moved:
    step = data.get("step", data.get("from"))
    return Moved(
        kind=kind,
        at=at,
        person_id=person_id,
        step=method.step(step) if step else None,
        to=method.step(data["to"]) if "to" in data else None,
        reason=str(data.get("reason", "")),
        gate=str(data.get("gate", "")),
    )


@dataclass(frozen=True)
class ProjectPage:
    """All that the page of a project shows."""

    card: Card
    method: Method
    run: Run
    gates: tuple[GateState, ...]
    history: tuple[Moved, ...]
    children: tuple[tuple[Project, Community], ...]
    people: dict[int, Phrase]
    scope: list[str]


def project_page(project: Project, community: Community, reader: Actor, now: int) -> ProjectPage:
    """Gather the page of a project with a fixed number of queries."""
    rows = events_of(project.id)
    method, origin = queries.method_of(project), queries.origin_of(project)
    facts = json.loads(origin.facts) if origin is not None else None
    if facts is not None:
        run, moved = runs_of([project])[project.id], _history_elsewhere(facts, method)
    else:
        run = replay(tuple(queries.engine_event(row) for row in rows if row.kind.startswith(queries.PREFIX)))
        moved = tuple(history(project, method, rows))
    card = cards([project], {community.id: community}, reader, now)[0]
    refs = [item.ref for item in card.doing]
    gates = queries.gate_states([project], refs, now).get(project.id, ())
    wanted = {item.person_id for item in moved if item.person_id is not None} | {project.facilitator_id}
    return ProjectPage(
        card=card,
        method=method,
        run=run,
        gates=gates,
        history=moved,
        children=tuple(queries.children_of(project.id)),
        people=names_for(wanted, reader, community.id),
        scope=facts["project"]["scope"] if facts is not None else scope_labels(project.scope),
    )
