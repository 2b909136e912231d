"""What still keeps a decision from being adopted: activities that come after its vote, asked by what they declare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.core.database import db
from app.core.transaction import Tx
from app.engine.phrase import Phrase
from app.projects.kinds import ActivityRef, kind_of
from app.projects.models import Project
from app.projects.queries import activity_refs, find_activity_by_id


@dataclass(frozen=True)
class Hold:
    """An activity that comes after a vote and is not over yet, and what it waits for."""

    activity: ActivityRef
    says: Phrase


def holds_of(votes: Sequence[ActivityRef], now: int) -> dict[int, list[Hold]]:
    """What holds back each of some votes, with a fixed number of queries."""
    found: dict[int, list[Hold]] = {vote.id: [] for vote in votes}
    if not votes:
        return found
    query = select(Project).where(Project.id.in_({vote.project_id for vote in votes}))
    by_key = {(vote.step_run_id, vote.activity.key): vote for vote in votes}
    behind: dict[str, list[tuple[ActivityRef, ActivityRef]]] = {}
    for ref in activity_refs(list(db.session.scalars(query)), now):
        vote = by_key.get((ref.step_run_id, ref.activity.after or ""))
        if vote is not None and kind_of(ref).holds is not None:
            behind.setdefault(ref.activity.kind, []).append((vote, ref))
    for pairs in behind.values():
        ask = kind_of(pairs[0][1]).holds
        assert ask is not None
        for (vote, ref), says in zip(pairs, ask([ref for _, ref in pairs], now), strict=True):
            if says is not None:
                found[vote.id].append(Hold(ref, says))
    return found


def undo_after(tx: Tx, vote_id: int) -> None:
    """Tell the activities that come after a vote that its result holds no more: what they did on it begins anew."""
    vote = find_activity_by_id(vote_id, tx.now)
    project = tx.session.get_one(Project, vote.project_id)
    for ref in activity_refs([project], tx.now):
        undone = kind_of(ref).undone
        if (ref.step_run_id, ref.activity.after) == (vote.step_run_id, vote.activity.key) and undone is not None:
            undone(tx, ref)
