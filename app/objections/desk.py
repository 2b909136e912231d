"""What every command of the desk begins with: the objection held with its poll, and who somebody is to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from app.ballots import standings, told
from app.ballots.close import settle
from app.ballots.course import said_of
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.ballots.times import close_of, life_of
from app.core.database import db
from app.core.events import LogEntry, record_event
from app.core.outbox import tell
from app.core.transaction import Lock, Tx
from app.engine.errors import Conflict, NotFound
from app.engine.merkle import Tree
from app.engine.objections import Life
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.projects.models import Project

CHUNK = 2000
MOST_WHY = 400  # of a reason in a message; all of it stands on the objection's page
CHANGED = ("state", "disagreed_at", "offered_at", "words", "defers", "accepted")


@dataclass(frozen=True)
class Held:
    """An objection under a command: its rows, its life, and the place where it belongs."""

    tx: Tx
    row: Objection
    poll: Poll
    decision: Decision
    life: Life
    slug: str
    code: str
    entry_id: int | None
    household_id: int | None
    person_id: int | None

    def raised_by(self, actor: Actor) -> bool:
        """Whether the actor is who objected, or of that household."""
        if self.household_id is not None:
            return actor.household_id == self.household_id
        return self.person_id is not None and actor.person_id == self.person_id

    @property
    def href(self) -> str:
        return f"/c/{self.slug}/objection/{self.row.public_id}"

    def objectors(self) -> list[int]:
        """The persons who raised it."""
        if self.household_id is None:
            return [self.person_id] if self.person_id is not None else []
        query = select(Person.id).where(Person.household_id == self.household_id, Person.left_at.is_(None))
        return list(self.tx.session.scalars(query))

    def lead(self) -> list[int]:
        """The project's facilitator."""
        return [self.tx.session.get_one(Project, self.poll.project_id).facilitator_id]

    def write(self, life: Life, kind: str, *, said: Mapping[str, Any] | None = None, **public: Any) -> None:
        """Write a life back, with its event: what happened to which objection, and never to whom.

        ``said`` is what else the event binds, by a salted hash alone.
        """
        for name in CHANGED:
            setattr(self.row, name, getattr(life, name))
        over = life.state not in ("raised", "qualified")
        self.row.ended_at = self.tx.now if over else None
        record_event(
            self.tx,
            kind,
            community_id=self.poll.community_id,
            project_id=self.poll.project_id,
            data={**said_of(self.row), **(said or {})},
            public={"objection": self.row.public_id, "poll": self.poll.public_id, "state": life.state, **public},
        )

    def note(self, actor: Actor, kind: str, data: Mapping[str, Any], **public: Any) -> None:
        """Record what somebody did for the panel: in the log stand the round and a salted hash."""
        record_event(
            self.tx,
            kind,
            community_id=self.poll.community_id,
            project_id=self.poll.project_id,
            person_id=actor.person_id,
            data={"person": actor.public_id, **data},
            public={"poll": self.poll.public_id, **public},
        )

    def tell(self, people: list[int], what: str, dedupe: str | None = None, *, why: str = "") -> int:
        """Tell some people what is new with it, and why."""
        tx = self.tx
        return tell(
            tx,
            people,
            "objection.news",
            community_id=self.poll.community_id,
            project_id=self.poll.project_id,
            data={"what": what, "number": told.slot_number(self.code), **({"why": why[:MOST_WHY]} if why else {})},
            href=self.href,
            dedupe=dedupe,
        )


def hold(tx: Tx, public_id: str, *, going_on: bool = True) -> Held:
    """Hold an objection of a closed round with its poll; refused where a later round ended it with its text."""
    found = find(public_id)
    tx.lock(Lock(Poll, found.poll.id))
    tx.session.expire_all()
    found = find(public_id)
    if close_of(found.poll, tx.now) > tx.now:
        raise NotFound
    settle(found.poll.id)
    later = select(Poll.id).where(Poll.decision_id == found.decision.id, Poll.attempt > found.poll.attempt).limit(1)
    if going_on and tx.session.scalar(later) is not None:
        raise Conflict(phrase("A changed text has been announced since. This round stays in the record as it ended."))
    if going_on and found.decision.state != "deciding":
        raise Conflict(phrase("This decision has come to its end."))
    life = life_of(found.row, close_of(found.poll, tx.now))
    return replace(found, tx=tx, life=life)


def find(public_id: str) -> Held:
    """An objection that counts, with its place; NotFound for one whose ballot was replaced."""
    row = db.session.execute(
        select(Objection, Poll, Decision, Community.slug, Slot.code, SlotLink.roll_entry_id, RollEntry)
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(Community, Community.id == Poll.community_id)
        .join(Slot, Slot.id == Ballot.slot_id)
        .outerjoin(SlotLink, SlotLink.slot_id == Slot.id)
        .outerjoin(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .where(Objection.public_id == public_id, Ballot.live)
    ).one_or_none()
    if row is None:
        raise NotFound
    values: tuple[Any, ...] = tuple(row)
    objection, poll, decision, slug, code, entry_id, entry = values
    return Held(
        Tx(db.session),
        objection,
        poll,
        decision,
        Life(),
        slug,
        code,
        entry_id,
        entry.household_id if entry is not None else None,
        entry.person_id if entry is not None else None,
    )


def on_roll(actor: Actor, poll: Poll) -> bool:
    """Whether the actor stands on the poll's roll."""
    unit = standings.unit_of(actor, poll.electorate)
    if unit is None:
        return False
    return (
        db.session.execute(
            select(RollEntry.id).where(RollEntry.poll_id == poll.id, standings.UNIT_COLUMNS[poll.electorate] == unit)
        ).first()
        is not None
    )


def checkpoint(held: Held) -> str:
    """The log as it stands now. Nobody can know it before its last entry is made, and anybody can check it after."""
    query = select(LogEntry.body).where(LogEntry.community_id == held.poll.community_id).order_by(LogEntry.seq)
    tree = Tree(body.encode() for body in held.tx.session.scalars(query.execution_options(yield_per=CHUNK)))
    return f"{held.slug} {tree.size} {tree.root().hex()}"


def version_of(held: Held) -> TextVersion:
    """The text that was objected to."""
    return db.session.get_one(TextVersion, held.poll.version_id)
