"""Commands on projects: start, close a step, waive, sign off, send back, pause, resume, end early."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from app.core.database import db
from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.transaction import Lock, Tx, transaction
from app.engine import windows, workflow
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.gates import GateState
from app.engine.method import Method
from app.engine.phrase import phrase
from app.engine.workflow import Event, Run
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Building, Community, Entrance
from app.projects import queries
from app.projects.kinds import ActivityRef, StepEnded, kinds
from app.projects.models import ActivityRun, GateWaiver, MethodVersion, Project, SignOff, StepRunRow


def store_method(source: str) -> str:
    """Store a checked method text as a version and return its public id; the same text twice is one version."""
    method = queries.parse(source)
    sha256 = hashlib.sha256(source.encode()).hexdigest()
    with transaction() as tx:
        known = tx.session.scalar(select(MethodVersion).where(MethodVersion.sha256 == sha256))
        if known is None:
            tx.session.execute(update(MethodVersion).where(MethodVersion.key == method.key).values(offered=False))
            known = MethodVersion(
                key=method.key, version=method.version, source=source, sha256=sha256, added_at=tx.now
            )
            tx.session.add(known)
            tx.session.flush()
        return known.public_id


def start_project(
    actor: Actor,
    community_id: int,
    *,
    title: str,
    place: str,
    summary: str,
    method_public_id: str,
    scope: Mapping[str, Sequence[int]] | None = None,
    parent_public_id: str | None = None,
    picture: Upload | str | None = None,
    pin: tuple[int, int] | None = None,
) -> str:
    """Start a project at the first step of a method and return its public id. ``scope`` names buildings or entrances."""
    person_id = actor.require_facilitator(community_id)
    if not title.strip():
        raise Invalid(phrase("The project needs a title."), {"title": phrase("Please fill this in.")})
    with transaction() as tx:
        version = tx.session.scalar(select(MethodVersion).where(MethodVersion.public_id == method_public_id))
        if version is None or not version.offered:
            raise Invalid(phrase("Choose a method."), {"method": phrase("Choose one of the methods offered.")})
        parent = None
        if parent_public_id:
            parent = tx.session.scalar(select(Project).where(Project.public_id == parent_public_id))
            if parent is None or parent.parent_id is not None:
                raise Invalid(phrase("This project can't be a parent."), {"parent": phrase("There is no such project.")})
        project = Project(
            community_id=community_id,
            parent_id=parent.id if parent else None,
            method_version_id=version.id,
            title=title.strip(),
            place=place,
            summary=summary,
            scope=_checked_scope(tx, community_id, scope or {}),
            facilitator_id=person_id,
            started_at=tx.now,
            moved_at=tx.now,
            pin_x=pin[0] if pin else None,
            pin_y=pin[1] if pin else None,
        )
        if isinstance(picture, Upload):
            project.picture = name_upload(tx, picture, community_id=community_id, person_id=person_id).public_id
        elif picture:
            project.picture = picture
        tx.session.add(project)
        tx.session.flush()
        method = queries.parse(version.source)
        _move(tx, project, method, None, workflow.start(method, at=tx.now, by=actor.public_id), person_id)
        return project.public_id


def _checked_scope(tx: Tx, community_id: int, scope: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    chosen = {key: sorted(set(ids)) for key, ids in scope.items() if ids}
    if not chosen:
        return {}
    if len(chosen) > 1 or not set(chosen) <= {"buildings", "entrances"}:
        raise Invalid(phrase("Name buildings or entrances, not both."), {"scope": phrase("Choose one of the two.")})
    key, ids = next(iter(chosen.items()))
    table = Building if key == "buildings" else Entrance
    known = set(tx.session.scalars(select(table.id).where(table.community_id == community_id, table.id.in_(ids))))
    if known != set(ids):
        raise Invalid(phrase("Some of these places are not in this community."), {"scope": phrase("Choose again.")})
    return dict(chosen)


def _move(
    tx: Tx, project: Project, method: Method, run: Run | None, events: Sequence[Event], person_id: int
) -> None:
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


def _project_onto(
    tx: Tx, project: Project, method: Method, before: Run | None, run: Run, person_id: int
) -> None:
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
    for ref in queries.activity_refs([project], tx.now, current_only=True):
        opened = kinds().activities[ref.activity.kind].opened
        if ref.step_run_id == row.id and opened is not None:
            opened(tx, ref)


class _Held:
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
        _move(self.tx, self.project, self.method, self.run, events, self.person_id)

    def expect(self, seen: str | None) -> None:
        """Refuse a command that was given on a page of another run of a step."""
        current = self.run.current.ref if self.run.current else ""
        if seen is not None and seen != current:
            raise Conflict(phrase("The project has moved on meanwhile. Look at the page again."))


def close_step(actor: Actor, project_public_id: str, *, seen: str | None = None) -> int:
    """Close the open step when all its gates hold, open the next one, and return the id of the run that closed.

    ``seen`` is the run (``step.attempt``) that the facilitator's page showed; another one is a Conflict.
    """
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.expect(seen)
        current, refs, states = held.run.current, held.refs(), held.gates()
        events = workflow.close_step(
            held.method,
            held.run,
            tuple(state.result for state in states),
            at=tx.now,
            by=actor.public_id,
            by_name=held.by_name,
        )
        if current is None:
            raise Conflict(phrase("No step is open."))
        row = tx.session.scalars(
            select(StepRunRow).where(StepRunRow.project_id == held.project.id, StepRunRow.closed_at.is_(None))
        ).one()
        ended = StepEnded(
            community_id=held.project.community_id,
            slug=held.community.slug,
            project_id=held.project.id,
            project_public_id=held.project.public_id,
            step_run_id=row.id,
            method=held.method,
            step=held.method.step(current.step),
            attempt=current.attempt,
            opened_at=current.opened_at,
            closed_at=tx.now,
            gates=states,
            activities=tuple(
                replace(ref, running=False, window=replace(ref.window, state="over")) for ref in refs
            ),
            person_id=held.person_id,
            by_name=held.by_name,
        )
        held.move(events)
        for listener in kinds().on_step_closed:
            listener.run(tx, ended)
        return row.id


def preview_close(actor: Actor, project_public_id: str, now: int) -> StepEnded:
    """What closing the open step now would tell the listeners; changes nothing and asks nothing of the gates."""
    project, community = queries.find_project(project_public_id)
    person_id = actor.require_facilitator(project.community_id)
    run = queries.run_of(project.id)
    if run.current is None:
        raise Conflict(phrase("No step is open."))
    refs = queries.activity_refs([project], now, current_only=True)
    method = queries.method_of(project)
    return StepEnded(
        community_id=project.community_id,
        slug=community.slug,
        project_id=project.id,
        project_public_id=project.public_id,
        step_run_id=queries.step_runs([project.id])[project.id][-1].id,
        method=method,
        step=method.step(run.current.step),
        attempt=run.current.attempt,
        opened_at=run.current.opened_at,
        closed_at=now,
        gates=queries.gate_states([project], refs, now).get(project.id, ()),
        activities=tuple(refs),
        person_id=person_id,
        by_name=db.session.scalar(select(Person.name).where(Person.id == person_id)) or "",
    )


def waive_gate(actor: Actor, project_public_id: str, gate: str, reason: str, *, seen: str | None = None) -> None:
    """Waive a gate of the open step, with name and reason; kinds that may never be waived refuse."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.expect(seen)
        results = tuple(state.result for state in held.gates())
        held.move(
            workflow.waive(
                held.method,
                held.run,
                gate,
                results,
                by=actor.public_id,
                by_name=held.by_name,
                reason=reason,
                at=tx.now,
            )
        )


def sign_off(
    actor: Actor, project_public_id: str, gate: str, *, holds: bool, note: str, seen: str | None = None
) -> None:
    """Answer a gate's question with yes or no and what it rests on."""
    if len(note.strip()) < 10:
        raise Invalid(
            phrase("Say what your answer rests on."), {"note": phrase("Please write at least 10 characters.")}
        )
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.expect(seen)
        if held.run.current is None or held.run.state != "running":
            raise Conflict(phrase("The project is not running."))
        if gate not in {item.key for item in held.method.step(held.run.current.step).gates}:
            raise NotFound
        row = tx.session.scalars(
            select(StepRunRow).where(StepRunRow.project_id == held.project.id, StepRunRow.closed_at.is_(None))
        ).one()
        tx.session.add(
            SignOff(
                community_id=held.project.community_id,
                step_run_id=row.id,
                gate=gate,
                holds=holds,
                note=note.strip(),
                person_id=held.person_id,
                by_name=held.by_name,
                at=tx.now,
            )
        )
        record_event(
            tx,
            "gate.signed_off",
            community_id=held.project.community_id,
            project_id=held.project.id,
            person_id=held.person_id,
            data={"gate": gate, "holds": holds, "note": note.strip()},
            public={"project": held.project.public_id, "gate": gate},
        )


def send_back(actor: Actor, project_public_id: str, to_step: str, reason: str, *, seen: str | None = None) -> None:
    """Send a running project back to an earlier step, for a public reason. All earlier runs and records stay."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.expect(seen)
        held.move(
            workflow.send_back(held.method, held.run, to_step, reason=reason, at=tx.now, by=actor.public_id)
        )


def pause(actor: Actor, project_public_id: str, reason: str) -> None:
    """Pause a project: nothing in it is open until it is resumed."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.move(workflow.pause(held.run, reason=reason, at=tx.now, by=actor.public_id))


def resume(actor: Actor, project_public_id: str, reason: str) -> None:
    """Resume a paused project where it stood."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.move(workflow.resume(held.run, reason=reason, at=tx.now, by=actor.public_id))


def end_early(actor: Actor, project_public_id: str, reason: str) -> None:
    """End a project for good before its last step, for a public reason."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        held.move(workflow.end_early(held.run, reason=reason, at=tx.now, by=actor.public_id))


def set_window(actor: Actor, activity_public_id: str, opens_at: int | None, closes_at: int | None) -> None:
    """Set the dates between which an activity is open. Past closes stay: what is over is not opened again silently."""
    if opens_at is not None and closes_at is not None and opens_at >= closes_at:
        raise Invalid(
            phrase("The end lies before the beginning."), {"closes": phrase("Choose a day after the first one.")}
        )
    with transaction() as tx:
        row = tx.session.scalar(select(ActivityRun).where(ActivityRun.public_id == activity_public_id))
        if row is None:
            raise NotFound
        person_id = actor.require_facilitator(row.community_id)
        row.opens_at, row.closes_at = opens_at, closes_at
        record_event(
            tx,
            "activity.window_set",
            community_id=row.community_id,
            project_id=row.project_id,
            person_id=person_id,
            data={"activity": row.public_id, "opens_at": opens_at, "closes_at": closes_at},
            public={"activity": row.public_id},
        )


def edit_project(
    actor: Actor, project_public_id: str, *, title: str, place: str, summary: str, picture: Upload | None = None
) -> None:
    """Correct a project's title, place, words and picture; what it was before stays in the event."""
    with transaction() as tx:
        held = _Held(tx, actor, project_public_id)
        project = held.project
        before = {"title": project.title, "place": project.place, "summary": project.summary}
        project.title, project.place, project.summary = title.strip(), place, summary
        if picture is not None:
            project.picture = name_upload(
                tx, picture, community_id=project.community_id, person_id=held.person_id
            ).public_id
        record_event(
            tx,
            "details.edited",
            community_id=project.community_id,
            project_id=project.id,
            person_id=held.person_id,
            data={"before": before},
            public={"project": project.public_id},
        )


def admit(tx: Tx, actor: Actor, activity_public_id: str, action: str) -> ActivityRef:
    """Let an actor into an open activity for one of its actions, judged at ``tx.now``.

    Raises Forbidden when none of the actor's rings may do it, Closed when the activity is not open.
    """
    ref = queries.find_activity(activity_public_id, tx.now)
    if not may(actor, ref, action):
        if not actor.known:
            raise Forbidden(phrase("Please sign in first."))
        raise Forbidden(phrase("Your ring does not take part in this. You can read everything here."))
    require_open(ref)
    return ref


def may(actor: Actor, ref: ActivityRef, action: str) -> bool:
    """Whether one of the actor's rings may do this in the activity, whenever it is open."""
    return windows.may(ref.activity, action, actor.rings_in(ref.community_id))


def require_open(ref: ActivityRef) -> None:
    """Raise Closed, with the reason, unless the activity is open."""
    if ref.window.state == "open":
        return
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    if ref.window.state == "waiting":
        raise Closed(phrase("This has not begun yet."))
    raise Closed(phrase("The time for this is over."))
