"""The statements of a cast, built once: building them anew would cost as much as sending them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, or_, select, update

from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.core.database import table_of
from app.core.transaction import DatabaseTime
from app.people.models import Person
from app.people.places import Community
from app.projects.models import ActivityRun, MethodVersion, Project, StepRunRow

polls, entries, links, slots = table_of(Poll), table_of(RollEntry), table_of(SlotLink), table_of(Slot)
ballots, objections, persons = table_of(Ballot), table_of(Objection), table_of(Person)
versions, decisions, communities = table_of(TextVersion), table_of(Decision), table_of(Community)
runs, step_runs = table_of(ActivityRun), table_of(StepRunRow)
projects, methods = table_of(Project), table_of(MethodVersion)

# A poll, held in share with its project, and what stands around it.
HOLD_POLL = (
    select(
        polls,
        versions.c.title,
        communities.c.slug,
        projects.c.state.label("project_state"),
        projects.c.step.label("project_step"),
        methods.c.sha256.label("method_sha256"),
        step_runs.c.step,
        step_runs.c.closed_at.label("step_closed_at"),
        runs.c.key,
    )
    .join_from(polls, versions, versions.c.id == polls.c.version_id)
    .join(decisions, decisions.c.id == polls.c.decision_id)
    .join(runs, runs.c.id == decisions.c.activity_run_id)
    .join(step_runs, step_runs.c.id == runs.c.step_run_id)
    .join(projects, projects.c.id == polls.c.project_id)
    .join(methods, methods.c.id == projects.c.method_version_id)
    .join(communities, communities.c.id == polls.c.community_id)
    .where(polls.c.public_id == bindparam("poll"))
    .with_for_update(read=True, of=[polls, projects])
)


def _hold_entry(unit: str) -> Select[Any]:
    # Links are deleted when all is over; who was asked is told that it is closed, not that they weren't.
    return (
        select(
            *(entries.c.id, entries.c.household_id, entries.c.person_id, entries.c.last_person_id, entries.c.voted),
            *(entries.c.disputed_at, entries.c.boxed_at, links.c.slot_id, slots.c.code),
        )
        .outerjoin_from(entries, links, links.c.roll_entry_id == entries.c.id)
        .outerjoin(slots, slots.c.id == links.c.slot_id)
        .where(entries.c.poll_id == bindparam("poll"), entries.c[unit] == bindparam("unit"))
        .with_for_update(key_share=True, of=[entries])
    )


# An entry of a poll's roll, held, with its slot: by what the roll's units are.
HOLD_ENTRY = {
    "household": _hold_entry("household_id"),
    "person": _hold_entry("person_id"),
    "owner": _hold_entry("id"),
}


def _in_the_box(which: ColumnElement[bool]) -> Select[Any]:
    # One row at least, so that the time comes along: it is read after the entry was locked.
    one = select(DatabaseTime().label("time")).subquery("clock")
    return select(one.c.time, ballots).outerjoin_from(one, ballots, which)


# The live ballot of a slot, and the one that a form made.
BALLOTS_OF = _in_the_box(
    and_(ballots.c.slot_id == bindparam("slot"), or_(ballots.c.live, ballots.c.form == bindparam("form")))
)
# Where votes are unlinked, the ballot that a form made: its key is known to the browser that sent it, to no row of persons.
BALLOTS_OF_FORM = _in_the_box(and_(ballots.c.poll_id == bindparam("poll"), ballots.c.form == bindparam("form")))
# What a cast writes raises no version: in a closing hour no page would be kept. See app/core/live.py.
QUIET = {"quiet": True}
MARK_VOTED = update(entries).where(entries.c.id == bindparam("entry")).values(voted=True).execution_options(**QUIET)
REPLACE = update(ballots).where(ballots.c.id == bindparam("ballot")).values(live=False).execution_options(**QUIET)
INSERT_BALLOT = insert(ballots).execution_options(**QUIET)
INSERT_OBJECTION = insert(objections).execution_options(**QUIET)
CAST_LAST = (
    update(entries)
    .where(entries.c.id == bindparam("entry"))
    .values(last_person_id=bindparam("person"), online_at=bindparam("at"))
    .execution_options(**QUIET)
)
# Whom a ballot is told to: all of the household, or the person.
OF_HOUSEHOLD = select(persons.c.id).where(persons.c.household_id == bindparam("unit"), persons.c.left_at.is_(None))
OF_PERSON = select(persons.c.id).where(persons.c.id == bindparam("unit"))
