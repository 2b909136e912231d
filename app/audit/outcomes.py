"""Where decisions have come to, and what followed from adopted ones, against the log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.audit.finding import Wrong, same
from app.audit.log import MOVED, Log, Told, place
from app.audit.told import agree, done_by, paired
from app.ballots.models import Decision, Outcome, Poll
from app.core.database import db
from app.people.models import Person

Doer = aliased(Person)


def check_outcomes(community_id: int, log: Log) -> None:
    """Check the hours of each decision's course, who proposed it, and the outcomes of those that were adopted."""
    _check_courses(community_id, log)
    rows = db.session.execute(
        select(Outcome.__table__, Decision.public_id.label("decision"), Doer.public_id.label("doer"))
        .join(Decision, Decision.id == Outcome.decision_id)
        .join(Doer, Doer.id == Outcome.by_id)
        .where(Decision.community_id == community_id)
        .order_by(Outcome.id)
    ).all()
    adopted, reviewed = log.by("decision.adopted", "decision"), log.by("decision.reviewed", "decision")
    for row, told in paired("decision_outcome", rows, adopted, lambda row: str(row.decision), "decision_id"):
        data = told.event.data
        wanted = {"by_name": data.get("by"), "owner": data.get("owner"), "tasks": data.get("tasks")}
        agree("decision_outcome", row, told, {**wanted, "review_at": told.body.get("review"), "at": told.event.at})
        done_by("decision_outcome", row, "by_id", row.doer, told)
        _check_review(row, reviewed.get(row.decision))


def _check_review(row: Any, told: Any) -> None:
    if told is None:
        for field, empty in (("found", ""), ("found_by", ""), ("found_at", None)):
            same("decision_outcome", row.id, field, getattr(row, field), empty, "no entry of the log tells of a review")
        return
    data = told.event.data
    wanted = {"found": data.get("found"), "found_by": data.get("by"), "found_at": told.event.at}
    agree("decision_outcome", row, told, wanted)


def _check_courses(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(Decision.public_id, Decision.state, Decision.state_at, Decision.narrowed_at, Decision.proposer_id)
        .where(Decision.community_id == community_id)
        .order_by(Decision.id)
    ).all()
    moved = log.newest([MOVED], "decision")
    narrowed: dict[str, Told] = {}
    latest: dict[str, str] = {}
    for told in sorted(log.kept.get(MOVED, ()), key=lambda told: int(told.body["seq"])):
        name, state = str(told.body.get("decision")), str(told.body.get("state"))
        if latest.get(name) == state:
            raise Wrong("log", place(told.body), "state", "expected another state than the entry before it tells")
        latest[name] = state
        if state == "drafting":
            narrowed[name] = told
    announced = _announced(community_id)
    for row in rows:
        name, newest, cut = row.public_id, moved.get(row.public_id), narrowed.get(row.public_id)
        at = cut.event.at if cut is not None else None
        same("decision", name, "narrowed_at", row.narrowed_at, at, "the log's entry that narrows it tells")
        if row.state == "deciding":
            same("decision", name, "state_at", row.state_at, announced.get(name), "its newest announcement tells")
        elif newest is not None:
            same("decision", name, "state_at", row.state_at, newest.body.get("when"), f"{place(newest.body)} tells")
        else:
            same("decision", name, "state_at", row.state_at, None, "nothing was announced yet")
        # Of a decision of before nobody is known to have proposed it.
        if row.proposer_id is not None:
            first = log.proposed.get(name)
            same("decision", name, "proposer_id", row.proposer_id, first, "its first draft's event tells")


def _announced(community_id: int) -> dict[str, int]:
    """When the newest round of each decision was announced; the rounds themselves are compared with the log."""
    query = (
        select(Decision.public_id, Poll.announced_at)
        .join(Poll, Poll.decision_id == Decision.id)
        .where(Poll.community_id == community_id)
        .order_by(Poll.attempt)
    )
    return dict(db.session.execute(query).all())
