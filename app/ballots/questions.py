"""What neighbours asked before a vote and nobody answered: it is answered first, or the announcement notes why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.database import db
from app.core.events import events_of
from app.projects.kinds import ActivityRef, Question, kind_of
from app.projects.models import Project
from app.projects.queries import activity_refs


@dataclass(frozen=True)
class Noted:
    """How many questions were unanswered when a vote was announced, and why."""

    n: int
    why: str


def open_questions(ref: ActivityRef, now: int) -> list[Question]:
    """What was asked in the step of a vote, in its talks and about its proposals, and has no answer yet.

    The number of queries is fixed: one for the step, and what each kind of activity there needs.
    """
    by_kind: dict[str, list[ActivityRef]] = {}
    for item in activity_refs([db.session.get_one(Project, ref.project_id)], now):
        if item.step_run_id == ref.step_run_id:
            by_kind.setdefault(item.activity.kind, []).append(item)
    found: list[Question] = []
    for refs in by_kind.values():
        asks = kind_of(refs[0]).asks
        if asks is not None:
            found += [question for questions in asks(refs, now) for question in questions]
    return found


def note(poll: str, n: int, why: str) -> dict[str, Any]:
    """What the event of an announcement keeps of questions that were left open; nothing where none was."""
    return {"poll": poll, "unanswered": {"n": n, "why": why.strip()}} if n else {}


def noted_of(project_id: int) -> dict[str, Noted]:
    """By the public ids of polls, what was noted at their announcement; one query."""
    events = events_of(project_id, frozenset({"poll.announced"}))
    return {
        row.data["poll"]: Noted(row.data["unanswered"]["n"], row.data["unanswered"]["why"])
        for row in events
        if "unanswered" in row.data
    }
