"""How a project moves: the engine's events are recorded and carried into the rows, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from app.core.events import record_event
from app.core.transaction import Lock, Tx
from app.engine import workflow
from app.engine.errors import Conflict, NotFound
from app.engine.gates import GateState
from app.engine.method import Method
from app.engine.phrase import phrase
from app.engine.workflow import Event, Run
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.projects import queries
from app.projects.kinds import ActivityRef, kinds
from app.projects.models import ActivityRun, GateWaiver, Project, StepRunRow
from app.projects.outcomes import tell_outcome


def move(tx: Tx, project: Project, method: Method, run: Run | None, events: Sequence[Event], person_id: int) -> None:
    """Record the engine's events and carry them into the projection, which is never written elsewhere."""
    for event in events:
        record_event(
            tx,
            queries.PREFIX + event.kind,
            community_id=project.community_id,
            project_id=project.id,
            person_id=person_id,
            data={"by": event.by, "data": dict(event.data)},
            public={"project": project.public_id},
        )
        before, run = run, workflow.apply(run, event)
        _project_onto(tx, project, method, before, run, person_id)


def _project_onto(tx: Tx, project: Project, method: Method, before: Run | None, run: Run, person_id: int) -> None:
    """Make the rows equal to ``run``. Compares runs instead of reading kinds of events."""
    project.state, project.state_reason = run.state, run.reason
    project.step = run.current.step if run.current else ""
    project.moved_at = tx.now
    project.over_at = tx.now if run.state in ("ended", "completed") else None
    old = {item.ref: item for item in before.runs} if before else {}
    for item in run.runs:
        if old.get(item.ref) == item:
            continue
        row = tx.session.scalar(
            select(StepRunRow).where(
                StepRunRow.project_id == project.id, StepRunRow.step == item.step, StepRunRow.attempt == item.attempt
            )
        )
        if row is None:
            row = StepRunRow(
                community_id=project.community_id,
                project_id=project.id,
                step=item.step,
                attempt=item.attempt,
                opened_at=item.opened_at,
            )
            tx.session.add(row)
            tx.session.flush()
            _open_activities(tx, project, method, row)
        row.closed_at, row.left = item.closed_at, item.left
        known = {waiver.gate for waiver in old[item.ref].waivers} if item.ref in old else set()
        tx.session.add_all(
            GateWaiver(
                community_id=project.community_id,
                step_run_id=row.id,
                gate=waiver.gate,
                person_id=person_id,
                by_name=waiver.by_name,
                reason=waiver.reason,
                at=waiver.at,
            )
            for waiver in item.waivers
            if waiver.gate not in known
        )
    tx.session.flush()


def _open_activities(tx: Tx, project: Project, method: Method, row: StepRunRow) -> None:
    tx.session.add_all(
        ActivityRun(
            community_id=project.community_id,
            project_id=project.id,
            step_run_id=row.id,
            key=activity.key,
            kind=activity.kind,
        )
        for activity in method.step(row.step).activities
    )
    tx.session.flush()
    mine = [ref for ref in queries.activity_refs([project], tx.now, current_only=True) if ref.step_run_id == row.id]
    for ref in mine:
        opened = kinds().activities[ref.activity.kind].opened
        if opened is not None:
            opened(tx, ref)
    if project.copied_from_id is not None and row.attempt == 1:
        _bring_along(tx, project.copied_from_id, mine)


def _bring_along(tx: Tx, source_id: int, opened: Sequence[ActivityRef]) -> None:
    """Let the activities that opened begin with the drafts of the project copied from, by their keys and kinds."""
    source = tx.session.get_one(Project, source_id)
    # Of an activity that ran several times the newest run is the one to follow.
    known = {(ref.activity.key, ref.activity.kind): ref for ref in queries.activity_refs([source], tx.now)}
    for ref in opened:
        copied, alike = kinds().activities[ref.activity.kind].copied, known.get((ref.activity.key, ref.activity.kind))
        if copied is not None and alike is not None:
            copied(tx, ref, alike)


class Held:
    """A project held for a command: its row, community, method and run, with the actor's right checked."""

    def __init__(self, tx: Tx, actor: Actor, project_public_id: str) -> None:
        found = tx.session.execute(select(Project.id).where(Project.public_id == project_public_id)).scalar()
        if found is None:
            raise NotFound
        tx.lock(Lock(Project, found))
        self.project = tx.session.get_one(Project, found, populate_existing=True)
        self.person_id = actor.require_facilitator(self.project.community_id)
        self.community = tx.session.get_one(Community, self.project.community_id)
        self.by_name = tx.session.scalar(select(Person.name).where(Person.id == self.person_id)) or ""
        self.method = queries.method_of(self.project)
        self.run = queries.run_of(self.project.id)
        self.tx = tx

    def refs(self) -> list[ActivityRef]:
        return queries.activity_refs([self.project], self.tx.now, current_only=True)

    def gates(self) -> tuple[GateState, ...]:
        return queries.gate_states([self.project], self.refs(), self.tx.now).get(self.project.id, ())

    def move(self, events: Sequence[Event]) -> None:
        move(self.tx, self.project, self.method, self.run, events, self.person_id)

    def tell(self, kind: str, people: Iterable[int] = (), **data: Any) -> None:
        """Tell those who follow the project, and the groups, how it moved and why."""
        tell_outcome(
            self.tx,
            people,
            kind,
            community_id=self.project.community_id,
            project_id=self.project.id,
            data={"title": self.project.title, **data},
            href=f"/c/{self.community.slug}/project/{self.project.public_id}",
            dedupe=f"{kind}:{self.project.public_id}:{self.tx.now}",
        )

    def expect(self, seen: str | None) -> None:
        """Refuse a command that was given on a page of another run of a step."""
        current = self.run.current.ref if self.run.current else ""
        if seen is not None and seen != current:
            raise Conflict(phrase("The project has moved on meanwhile. Look at the page again."))
