"""A person's name, and where they ask for it their words, taken out of projects the way a removal takes out words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.personal import Subject
from app.core.removals import Holds, Removal
from app.core.transaction import Lock, Tx
from app.people.models import Household, Person, RoleGrant
from app.people.places import Community
from app.projects.models import Project
from app.removals import sweep
from app.removals.service import carry_out
from app.removals.sweep import Places

KIND = "erasure"
BY = "本人 the person concerned"
CLOCK = "系统 the program"


@dataclass(frozen=True)
class Sweep:
    """What is taken out, and who is named for it in the list of removals."""

    subject: Subject
    erasure: str
    reason: str
    by_id: int
    by_public_id: str
    by_name: str
    now: int


def others_called(subject: Subject) -> bool:
    """Whether somebody else of the community, or of the staff, has the same name: then it says nothing of whose it is."""
    if not subject.name:
        return False
    homes = select(Household.id).where(Household.community_id == subject.community_id)
    staff = select(RoleGrant.person_id)
    query = select(Person.id).where(
        Person.name == subject.name,
        Person.id != subject.person_id,
        Person.household_id.in_(homes) | Person.id.in_(staff),
    )
    return db.session.scalar(query.limit(1)) is not None


def take_out(
    tx: Tx,
    holdings: Sequence[Holds],
    listeners: Sequence[Callable[[Tx, Removal], None]],
    what: Sweep,
    texts: Collection[str],
) -> int:
    """Blank some texts in all projects of the person's community; returns in how many."""
    texts = {text for text in texts if text.strip()}
    if what.subject.community_id is None or not texts:
        return 0
    here = tx.session.get_one(Community, what.subject.community_id)
    touched = 0
    for project_id in tx.session.scalars(
        select(Project.id).where(Project.community_id == here.id).order_by(Project.id)
    ).all():
        tx.lock(Lock(Project, project_id))
        sweep.hold_sealed(holdings, project_id)
        places, gone = _places(holdings, project_id, what.subject, texts)
        if not (places.rows or places.words or places.events or places.messages):
            continue
        removal = Removal(
            community_id=here.id,
            project_id=project_id,
            kind=KIND,
            subject=what.erasure,
            href=f"/c/{here.slug}/removals",
            ground="personal",
            reason=what.reason,
            person_id=what.by_id,
            by_name=what.by_name,
            at=what.now,
            hashes=places.hashes,
        )
        carry_out(tx, removal, places, gone, what.by_public_id, listeners)
        touched += 1
    return touched


def _places(
    holdings: Sequence[Holds], project_id: int, subject: Subject, texts: Collection[str]
) -> tuple[Places, set[str]]:
    """Where the texts stand as this person's. What somebody else wrote too, word for word, goes from their own rows only."""
    found = sweep.find_places(holdings, project_id, texts)
    said = [(holds, row, key, _text(holds, row, key)) for holds, row, key in found.rows]
    shared = {text for _, row, _, text in said if _another_s(row, subject, text)}
    if not shared:
        return found, set(texts)
    alone = set(texts) - shared
    places = sweep.find_places(holdings, project_id, alone)
    places.rows += [
        (holds, row, key)
        for holds, row, key, text in said
        if text in shared and getattr(row, "person_id", None) == subject.person_id
    ]
    return places, alone


def _another_s(row: Any, subject: Subject, text: str) -> bool:
    """Whether words stand in somebody else's row: a name there is this person's all the same."""
    return text != subject.name and getattr(row, "person_id", subject.person_id) != subject.person_id


def _text(holds: Holds, row: Any, key: str) -> str:
    return next((item.text for item in sweep.passages_of(holds, row) if item.key == key), "")
