"""Commands on projects: close a step, waive, sign off, send back, pause, resume, end early."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.transaction import transaction
from app.engine import workflow
from app.engine.errors import Conflict, Frozen, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.models import Person
from app.projects import queries
from app.projects.admission import admit, may, require_open
from app.projects.kinds import OnStepClosed, StepEnded, kinds
from app.projects.models import ActivityRun, SignOff, StepRunRow
from app.projects.motion import Held
from app.projects.starting import start_project, store_method

__all__ = [
    "admit",
    "close_step",
    "edit_project",
    "end_early",
    "may",
    "pause",
    "preview_close",
    "require_open",
    "resume",
    "send_back",
    "set_window",
    "sign_off",
    "start_project",
    "store_method",
    "waive_gate",
]


def close_step(actor: Actor, project_public_id: str, *, seen: str | None = None) -> int:
    """Close the open step when all its gates hold, open the next one, and return the id of the run that closed.

    ``seen`` is the run (``step.attempt``) that the facilitator's page showed; another one is a Conflict.
    """
    with transaction() as tx:
        held = Held(tx, actor, project_public_id)
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
            activities=tuple(replace(ref, running=False, window=replace(ref.window, state="over")) for ref in refs),
            person_id=held.person_id,
            by_name=held.by_name,
        )
        held.move(events)
        for listener in kinds().every(OnStepClosed):
            listener.run(tx, ended)
        if held.project.state == "completed":
            held.tell("project.completed")
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
        held = Held(tx, actor, project_public_id)
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
        held = Held(tx, actor, project_public_id)
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
            data={"gate": gate, "holds": holds, "note": note.strip(), "by": held.by_name},
            public={"project": held.project.public_id, "gate": gate},
        )


def send_back(actor: Actor, project_public_id: str, to_step: str, reason: str, *, seen: str | None = None) -> None:
    """Send a running project back to an earlier step, for a public reason. All earlier runs and records stay."""
    with transaction() as tx:
        held = Held(tx, actor, project_public_id)
        held.expect(seen)
        held.move(workflow.send_back(held.method, held.run, to_step, reason=reason, at=tx.now, by=actor.public_id))
        title = held.method.step(to_step).title
        held.tell("project.sent_back", reason=reason.strip(), step={"zh_Hans": title.zh_Hans, "en": title.en})


def pause(actor: Actor, project_public_id: str, reason: str) -> None:
    """Pause a project: nothing in it is open until it is resumed."""
    with transaction() as tx:
        held = Held(tx, actor, project_public_id)
        held.move(workflow.pause(held.run, reason=reason, at=tx.now, by=actor.public_id))
        held.tell("project.paused", reason=reason.strip())


def resume(actor: Actor, project_public_id: str, reason: str) -> None:
    """Resume a paused project where it stood. Kinds that keep periods of their own give back the days that it rested."""
    with transaction() as tx:
        held = Held(tx, actor, project_public_id)
        rested_since = held.run.paused_at
        held.move(workflow.resume(held.run, reason=reason, at=tx.now, by=actor.public_id))
        for ref in held.refs():
            resumed = kinds().activities[ref.activity.kind].resumed
            if resumed is not None and rested_since is not None:
                resumed(tx, ref, rested_since)
        held.tell("project.resumed", reason=reason.strip())


def end_early(actor: Actor, project_public_id: str, reason: str) -> None:
    """End a project for good before its last step, for a public reason."""
    with transaction() as tx:
        held = Held(tx, actor, project_public_id)
        held.move(workflow.end_early(held.run, reason=reason, at=tx.now, by=actor.public_id))
        held.tell("project.ended", reason=reason.strip())


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
        if kinds().activities[row.kind].own_times:
            raise Frozen(phrase("The times of this are fixed where it is announced, not here."))
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
        held = Held(tx, actor, project_public_id)
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
