"""Rows of projects against the replay of their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, same
from app.core.database import db
from app.core.events import Event, events_of
from app.engine.canonical import sha256_hex
from app.engine.method import Method
from app.engine.workflow import STEP_OPENED, Run, StepRun, replay
from app.people.models import Person
from app.projects.models import IMPORTED, ActivityRun, GateWaiver, MethodVersion, Project, SignOff, StepRunRow
from app.projects.queries import PREFIX, engine_event, parse

REPLAY = "the replay of its events tells"


def check_projects(community_id: int) -> int:
    """Check each project that a community carried on itself; returns how many."""
    query = select(Project.id).where(Project.community_id == community_id, Project.state != IMPORTED)
    ids = db.session.scalars(query.order_by(Project.id)).all()
    for project_id in ids:
        _check_project(project_id)
    return len(ids)


def _check_project(project_id: int) -> None:
    row = db.session.execute(
        select(Project.__table__).where(Project.id == project_id).execution_options(populate_existing=True)
    ).one()
    events = [event for event in events_of(project_id) if event.kind.startswith(PREFIX)]
    try:
        run = replay([engine_event(event) for event in events])
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong("project", row.public_id, "events", f"expected events in an order that can be ({error})") from None
    _check_position(row, run, events)
    _check_actors(project_id)
    method = _check_method(row, events[0])
    _check_runs(row, run, method)
    _check_sign_offs(project_id, events)


def _check_position(row: Any, run: Run, events: Sequence[Event]) -> None:
    over = run.state in ("ended", "completed")
    told = {
        "state": run.state,
        "state_reason": run.reason,
        "step": run.current.step if run.current else "",
        "started_at": events[0].at,
        "moved_at": events[-1].at,
        "over_at": events[-1].at if over else None,
    }
    for field, wanted in told.items():
        same("project", row.public_id, field, getattr(row, field), wanted, REPLAY)


def _check_actors(project_id: int) -> None:
    rows = db.session.execute(
        select(Event.id, Event.data, Person.public_id)
        .outerjoin(Person, Person.id == Event.person_id)
        .where(Event.project_id == project_id, Event.kind.startswith(PREFIX))
        .order_by(Event.id)
    )
    for event_id, data, person in rows:
        same("event", event_id, "person_id", person, data["by"], "its data tells")


def _check_method(row: Any, started: Event) -> Method:
    version = db.session.execute(select(MethodVersion.__table__).where(MethodVersion.id == row.method_version_id)).one()
    if sha256_hex(version.source.encode()) != version.sha256:
        raise Wrong("method_version", version.public_id, "source", "expected the text whose hash stands beside it")
    data = started.data["data"]
    for field in ("key", "version"):
        told = data.get("method" if field == "key" else field)
        if getattr(version, field) != told:
            raise Wrong("project", row.public_id, "method_version_id", f"expected the {field} that it started with")
    method = parse(version.source)
    if [step.key for step in method.steps] != data["steps"]:
        raise Wrong("project", row.public_id, "method_version_id", "expected the steps that it started with")
    return method


def _check_runs(project: Any, run: Run, method: Method) -> None:
    rows = db.session.execute(
        select(StepRunRow.__table__).where(StepRunRow.project_id == project.id).order_by(StepRunRow.id)
    ).all()
    for row, passage in zip(rows, run.runs, strict=False):
        for field in ("step", "attempt", "opened_at", "closed_at", "left"):
            same("step_run", row.public_id, field, getattr(row, field), getattr(passage, field), REPLAY)
        _check_waivers(row, passage)
        _check_activities(row, method)
    if len(rows) > len(run.runs):
        raise Wrong("step_run", rows[len(run.runs)].public_id, "id", "expected no such run: no event opened it")
    if len(rows) < len(run.runs):
        missing = run.runs[len(rows)].ref
        raise Wrong("step_run", missing, "id", f"expected a row for this run of project {project.public_id}")


def _check_waivers(row: Any, passage: StepRun) -> None:
    waivers = db.session.execute(
        select(GateWaiver.__table__, Person.public_id)
        .join(Person, Person.id == GateWaiver.person_id)
        .where(GateWaiver.step_run_id == row.id)
        .order_by(GateWaiver.id)
    ).all()
    told = {waiver.gate: waiver for waiver in passage.waivers}
    for waiver in waivers:
        wanted = told.pop(waiver.gate, None)
        if wanted is None:
            raise Wrong("gate_waiver", waiver.id, "gate", "expected a gate that an event waived in this run")
        for field in ("by_name", "reason", "at"):
            same("gate_waiver", waiver.id, field, getattr(waiver, field), getattr(wanted, field), REPLAY)
        same("gate_waiver", waiver.id, "person_id", waiver.public_id, wanted.by, REPLAY)
    if told:
        raise Wrong("gate_waiver", f"of {row.public_id}", "gate", f"expected a row for the waived gate {min(told)}")


def _check_activities(row: Any, method: Method) -> None:
    found = db.session.execute(
        select(ActivityRun.public_id, ActivityRun.key, ActivityRun.kind, ActivityRun.project_id)
        .where(ActivityRun.step_run_id == row.id)
        .order_by(ActivityRun.id)
    ).all()
    wanted = {activity.key: activity.kind for activity in method.step(row.step).activities}
    for activity in found:
        same(
            "activity_run",
            activity.public_id,
            "project_id",
            activity.project_id,
            row.project_id,
            "its step's run tells",
        )
        if wanted.pop(activity.key, None) != activity.kind:
            raise Wrong("activity_run", activity.public_id, "key", "expected an activity that the method has here")
    if wanted:
        raise Wrong("activity_run", f"of {row.public_id}", "key", f"expected a row for the activity {min(wanted)}")


def _check_sign_offs(project_id: int, moves: Sequence[Event]) -> None:
    opened = [(event.id, engine_event(event).data) for event in moves if event.kind == PREFIX + STEP_OPENED]
    rows = db.session.execute(
        select(*SignOff.__table__.c, StepRunRow.step, StepRunRow.attempt)
        .join(StepRunRow, StepRunRow.id == SignOff.step_run_id)
        .where(StepRunRow.project_id == project_id)
        .order_by(SignOff.id)
    ).all()
    events = events_of(project_id, frozenset({"gate.signed_off"}))
    for row, event in zip(rows, events, strict=False):
        for field in ("gate", "holds", "note"):
            same("sign_off", row.id, field, getattr(row, field), event.data.get(field), f"event {event.id} tells")
        said = event.data.get("by", row.by_name)  # events of before don't tell it
        same("sign_off", row.id, "by_name", row.by_name, said, f"event {event.id} tells")
        same("sign_off", row.id, "at", row.at, event.at, f"event {event.id} tells")
        same("sign_off", row.id, "person_id", row.person_id, event.person_id, f"event {event.id} tells")
        told = [f"{data['step']}.{data['attempt']}" for number, data in opened if number < event.id]
        same("sign_off", row.id, "step_run_id", f"{row.step}.{row.attempt}", told[-1] if told else "", REPLAY)
    if len(rows) > len(events):
        raise Wrong("sign_off", rows[len(events)].id, "id", "expected an event that tells of it; there is none")
    if len(rows) < len(events):
        raise Wrong("sign_off", f"of event {events[len(rows)].id}", "id", "expected a row for it; there is none")
