"""What the convention of a step was adopted by: the vote that the step's gate looks at."""

from __future__ import annotations

from app.ballots import outcome
from app.ballots import queries as ballots
from app.ballots.gates import ADOPTED
from app.ballots.models import Outcome
from app.ballots.queries import Round
from app.projects.kinds import ActivityRef
from app.projects.queries import activity_refs, find_project_by_id, method_of


def adoption_of(ref: ActivityRef, now: int) -> tuple[Round, Outcome] | None:
    """The round and the outcome by which the convention written in an activity holds; None before its adoption."""
    project = find_project_by_id(ref.project_id)
    gates = method_of(project).step(ref.step).gates
    keys = {gate.activity for gate in gates if gate.kind == ADOPTED.spec.kind}
    votes = [
        item.id
        for item in activity_refs([project], now)
        if item.step_run_id == ref.step_run_id and item.activity.key in keys
    ]
    for decision in ballots.decisions_of(votes).values():
        follows = outcome.outcome_of(decision.id) if decision.state == "adopted" else None
        if follows is not None:
            return ballots.rounds_of([decision.id], now, latest_only=True)[decision.id][0], follows
    return None
