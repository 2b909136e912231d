"""Who is told what became of a project: those who follow it, whoever else an outcome concerns, and the groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.core.delivery import tell_groups
from app.core.outbox import MOST_ASKED, tell
from app.core.transaction import Tx
from app.people.models import Person
from app.projects.kinds import Speaks, kinds
from app.projects.models import ActivityRun


def spoke_in(tx: Tx, activity_ids: Sequence[int]) -> list[int]:
    """Who took part in these runs of activities, whatever they are."""
    found = (
        {person for speaks in kinds().every(Speaks) for person in speaks.find(activity_ids)} if activity_ids else set()
    )
    return _here(tx, found)


def followers_of(tx: Tx, project_id: int) -> list[int]:
    """Who is told of every outcome of a project: those who proposed, supported or complained in any of its steps."""
    runs = tx.session.scalars(select(ActivityRun.id).where(ActivityRun.project_id == project_id)).all()
    following = [speaks for speaks in kinds().every(Speaks) if speaks.follows]
    return _here(tx, {person for speaks in following for person in speaks.find(runs)} if runs else set())


def _here(tx: Tx, people: set[int]) -> list[int]:
    """Those of them who have not left."""
    found: list[int] = []
    asked = sorted(people)
    for start in range(0, len(asked), MOST_ASKED):
        query = select(Person.id).where(Person.id.in_(asked[start : start + MOST_ASKED]), Person.left_at.is_(None))
        found += tx.session.scalars(query).all()
    return sorted(found)


def tell_outcome(
    tx: Tx,
    people: Iterable[int],
    kind: str,
    *,
    community_id: int,
    project_id: int,
    data: Mapping[str, Any],
    href: str,
    dedupe: str,
) -> None:
    """Tell an outcome to some people, to all who follow the project, and to the groups; each once. ``data`` is public."""
    tell(
        tx,
        [*people, *followers_of(tx, project_id)],
        kind,
        community_id=community_id,
        project_id=project_id,
        data=data,
        href=href,
        dedupe=dedupe,
    )
    tell_groups(tx, community_id, kind, data=data, href=href, dedupe=dedupe)
