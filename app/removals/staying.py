"""Where words stand that a removal leaves: a vote and a gate are compared with their entries, word for word."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.ballots.models import Ballot, Decision, Poll, TextVersion
from app.core.database import db
from app.projects.models import GateWaiver, SignOff, StepRunRow
from app.removals.sweep import leaves


@dataclass(frozen=True)
class Staying:
    """How often the words stand in texts that were voted on, in ballots, and in what was said of gates."""

    texts: int
    ballots: int
    gates: int

    def __bool__(self) -> bool:
        return bool(self.texts or self.ballots or self.gates)


def staying(project_id: int, texts: Collection[str]) -> Staying:
    """What of some words stays, with four queries."""
    versions = db.session.scalars(
        select(TextVersion.id)
        .join(Decision, Decision.id == TextVersion.decision_id)
        .where(Decision.project_id == project_id, or_(TextVersion.text.in_(texts), TextVersion.title.in_(texts)))
    ).all()
    said = db.session.scalars(
        select(Ballot.choice)
        .join(Poll, Poll.id == Ballot.poll_id)
        .where(Poll.project_id == project_id, Ballot.stance.in_(("concern", "objection")))
    )
    ballots = sum(1 for choice in said if any(leaf in texts for leaf in leaves(json.loads(choice))))
    runs = select(StepRunRow.id).where(StepRunRow.project_id == project_id)
    waived = select(GateWaiver.id).where(GateWaiver.step_run_id.in_(runs))
    signed = select(SignOff.id).where(SignOff.step_run_id.in_(runs))
    gates = [
        *db.session.scalars(waived.where(or_(GateWaiver.reason.in_(texts), GateWaiver.by_name.in_(texts)))),
        *db.session.scalars(signed.where(or_(SignOff.note.in_(texts), SignOff.by_name.in_(texts)))),
    ]
    return Staying(len(versions), ballots, len(gates))
