"""Runs of steps, with what the gates of an open one say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, PROJECT, in_both, title_in, titles, when
from app.core.web import site_url
from app.engine.gates import GateState
from app.engine.method import Text
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import Project, StepRunRow
from app.projects.queries import activity_refs, gate_states, methods_of
from app.records.models import Record

GATE = (
    Column("key", "text", phrase("The key of the gate in the method.")),
    Column("kind", "text", phrase("What kind of gate it is.")),
    Column("state", "word", phrase("Whether it holds."), choices=("met", "waived", "open")),
    Column("says", "words", phrase("What it asks, or what it found.")),
    Column("waived_by", "text", phrase("Who waived it."), empty=True),
    Column("waived_because", "text", phrase("Why it was waived."), empty=True),
)
COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    Column("step", "text", phrase("The key of the step in the method.")),
    *titles(phrase("The title of the step in Chinese.")),
    Column("number", "number", phrase("The place of the step in the method, from 1.")),
    Column("attempt", "number", phrase("Which run of this step it is: more than 1 after the project was sent back.")),
    Column("opened_at", "moment", phrase("When it was opened.")),
    Column("closed_at", "moment", phrase("When it was closed."), empty=True),
    Column("left", "text", phrase("How it was left: empty while it is open.")),
    Column(
        "gates", "rows", phrase("What must hold before it closes, while it is open; else an empty list."), parts=GATE
    ),
    Column("record", "id", phrase("The record that it left, once there is one."), empty=True),
    PAGE,
)


def _select() -> Query:
    return (
        select(StepRunRow, Project, Community.slug, Record.public_id)
        .join(Project, Project.id == StepRunRow.project_id)
        .join(Community, Community.id == StepRunRow.community_id)
        .outerjoin(Record, Record.step_run_id == StepRunRow.id)
    )


def _shown(found: Sequence[Any], now: int) -> list[Row]:
    methods = methods_of(row[1] for row in found)
    gates = _gates({row[1].id: row[1] for row in found if row[0].closed_at is None}, now)
    rows = []
    for run, project, slug, record, *_ in found:
        step = next((item for item in methods[project.id].steps if item.key == run.step), None)
        rows.append(
            {
                "id": run.public_id,
                "community": slug,
                "project": project.public_id,
                "step": run.step,
                # One row that its method does not know must not keep all others back.
                **title_in(step.title if step is not None else Text(run.step, run.step)),
                "number": step.number if step is not None else 0,
                "attempt": run.attempt,
                "opened_at": when(run.opened_at),
                "closed_at": when(run.closed_at),
                "left": run.left,
                "gates": gates.get(project.id, []) if run.closed_at is None else [],
                "record": record,
                "page": site_url("projects.step", slug=slug, public_id=project.public_id, step=run.step),
            }
        )
    return rows


def _gates(projects: dict[int, Project], now: int) -> dict[int, list[Row]]:
    if not projects:
        return {}
    refs = activity_refs(list(projects.values()), now, current_only=True)
    states = gate_states(list(projects.values()), refs, now)
    flat = [(project_id, state) for project_id, found in states.items() for state in found]
    says = in_both([state.result.says for _, state in flat])
    rows: dict[int, list[Row]] = {project_id: [] for project_id in states}
    for (project_id, state), words in zip(flat, says, strict=True):
        rows[project_id].append(_gate(state, words))
    return rows


def _gate(state: GateState, says: dict[str, str] | None) -> Row:
    waiver = state.waiver if state.state == "waived" else None
    return {
        "key": state.result.key,
        "kind": state.result.kind,
        "state": state.state,
        "says": says,
        "waived_by": waiver.by_name if waiver else None,
        "waived_because": waiver.reason if waiver else None,
    }


RESOURCE = Resource(
    key="steps",
    title=phrase("Steps of projects"),
    about=phrase("Each run of each step, with what its gates say while it is open."),
    columns=COLUMNS,
    select=_select,
    order=(StepRunRow.id,),
    community=StepRunRow.community_id,
    year=StepRunRow.opened_at,
    shown=_shown,
    project=StepRunRow.project_id,
    find=StepRunRow.public_id,
)
