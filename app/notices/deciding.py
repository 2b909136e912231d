"""What a notice tells of: the decision it comes after, asked through what that activity's kind declares."""

from __future__ import annotations

from typing import Any

from app.core.database import db
from app.projects.kinds import ActivityRef, kind_of
from app.projects.models import Project
from app.projects.queries import activity_refs


def decision_before(ref: ActivityRef, now: int) -> ActivityRef | None:
    """The activity whose figures a notice tells; None where nothing precedes it, or something without figures."""
    if not ref.activity.after:
        return None
    project = db.session.get_one(Project, ref.project_id)
    for item in activity_refs([project], now):
        if (item.step_run_id, item.activity.key) == (ref.step_run_id, ref.activity.after):
            return item if kind_of(item).figures is not None else None
    return None


def figures_of(decision: ActivityRef, now: int) -> dict[str, Any] | None:
    """What a decision came to; None while there is no count that may be told."""
    ask = kind_of(decision).figures
    return ask(decision, now) if ask is not None else None
