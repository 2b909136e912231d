"""Many acts at once: commands of services in one transaction, or their rows written by the same functions."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from app.archive import index
from app.ballots import seal
from app.ballots.cast import hold_poll
from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.ballots.put import put_ballot
from app.comments.models import Comment, Talk
from app.core.clock import SECOND, FixedClock
from app.core.events import Event, LogEntry, LogHead, event_hash
from app.core.ids import new_public_id
from app.core.transaction import Tx, transaction
from app.engine.canonical import canon
from app.engine.voting import RULES
from app.people.actor import Actor
from app.projects.queries import find_activity
from app.proposals.models import Proposal, ProposalSupport
from scripts.dataset import words

AT_ONCE = 200
MOST_CONCERNS = 60


class Before(NamedTuple):
    """The ballot that stands in a slot: what is asked of it by the one that replaces it."""

    id: int
    seq: int


def together(clock: FixedClock, acts: Iterable[Callable[[], object]], apart: int = 5 * SECOND) -> None:
    """Do all of it, in order, ``apart`` milliseconds from each other."""
    acts = iter(acts)
    while part := list(islice(acts, AT_ONCE)):
        with transaction() as tx:
            for act in part:
                clock.advance(apart)
                tx = tx.later()
                act()


class Speakers:
    """Residents in turn: nobody speaks so often that they would be asked to wait."""

    def __init__(self, people: Sequence[Actor], dice: random.Random) -> None:
        self._order = list(people)
        dice.shuffle(self._order)
        self._at = 0

    def next(self) -> Actor:
        self._at += 1
        return self._order[self._at % len(self._order)]


class Pen:
    """Writes events and their entries in the log for many acts at once, hashed by the functions that hash each by itself."""

    def __init__(self, tx: Tx, community_id: int) -> None:
        self._tx, self._community_id = tx, community_id
        self._head = tx.session.scalars(select(LogHead).where(LogHead.community_id == community_id)).one()
        self._events: list[dict[str, Any]] = []
        self._entries: list[dict[str, Any]] = []

    def event(
        self, kind: str, at: int, project: int, person: int | None, data: dict[str, Any], public: dict[str, str]
    ) -> None:
        """One thing that happened, in the order of the calls."""
        salt, seq = secrets.token_bytes(16), self._head.size + len(self._entries)
        row = {"community_id": self._community_id, "project_id": project, "kind": kind, "at": at, "person_id": person}
        row |= {"data": data, "salt": salt, "hash": ""}
        hashed = event_hash(Event(**row))
        body = canon({"kind": kind, "event": hashed, **public, "seq": seq, "at": at}).decode()
        self._events.append(row)
        self._entries.append({"community_id": self._community_id, "seq": seq, "body": body})

    def close(self) -> None:
        """Write all of it."""
        self._tx.session.execute(insert(Event), self._events)
        self._tx.session.execute(insert(LogEntry), self._entries)
        self._head.size += len(self._entries)
        self._tx.session.flush()


def talk(clock: FixedClock, speakers: Speakers, dice: random.Random, talks: Sequence[str], n: int) -> None:
    """``n`` comments in some talks, a quarter of them replies. Talks are named by their public ids.

    Rows, events, entries of the log and documents of the search are those that posting each by itself would leave;
    nobody is told of each.
    """
    heads: dict[int, list[int]] = {}
    while n > 0:
        part, n = min(n, AT_ONCE), n - AT_ONCE
        with transaction() as tx:
            there = tx.session.execute(
                select(Talk.id, Talk.community_id, Talk.project_id).where(Talk.public_id.in_(talks)).order_by(Talk.id)
            ).all()
            pen, rows = Pen(tx, there[0].community_id), []
            for _ in range(part):
                clock.advance(10 * SECOND)
                where, speaker, kind, text = (
                    dice.choice(there),
                    speakers.next(),
                    dice.choice(words.KINDS),
                    words.comment(dice),
                )
                above = heads.get(where.id)
                rows.append(
                    {
                        "public_id": new_public_id(),
                        "community_id": where.community_id,
                        "talk_id": where.id,
                        "parent_id": dice.choice(above) if above and dice.random() < 0.25 else None,
                        "kind": kind,
                        "text": text,
                        "person_id": speaker.person_id,
                        "at": clock.now(),
                    }
                )
                named = {"comment": rows[-1]["public_id"]}
                said = {**named, "kind": kind, "text": text}
                pen.event("comment.posted", clock.now(), where.project_id, speaker.person_id, said, named)
            tx.session.execute(insert(Comment), rows)
            pen.close()
            written = [row["public_id"] for row in rows]
            index.renew("comment", written)
            for talk_id, row in tx.session.execute(
                select(Comment.talk_id, Comment.id).where(Comment.public_id.in_(written), Comment.parent_id.is_(None))
            ):
                heads.setdefault(talk_id, []).append(row)


def propose(clock: FixedClock, speakers: Speakers, dice: random.Random, activity: str, n: int) -> list[str]:
    """``n`` proposals of residents, submitted, each with its talk; returns their public ids. Written as talk() writes."""
    found: list[str] = []
    while n > 0:
        part, n = min(n, AT_ONCE), n - AT_ONCE
        with transaction() as tx:
            ref = find_activity(activity, tx.now)
            pen, rows, talks = Pen(tx, ref.community_id), [], []
            where = {"community_id": ref.community_id, "project_id": ref.project_id, "activity_run_id": ref.id}
            for _ in range(part):
                clock.advance(5 * SECOND)
                speaker, public_id = speakers.next(), new_public_id()
                title, text = words.title(dice), words.proposal(dice)
                said = {"person_id": speaker.person_id, "state": "submitted", "title": title, "text": text}
                pin = {"pin_x": dice.randint(50, 950), "pin_y": dice.randint(50, 950)}
                when = {"created_at": clock.now(), "submitted_at": clock.now()}
                rows.append({"public_id": public_id, **where, **said, **pin, **when})
                about = {"subject": f"proposal:{public_id}", "title": title, "owner_id": speaker.person_id}
                href = f"/c/{ref.slug}/proposal/{public_id}"
                talks.append({"public_id": new_public_id(), **where, **about, "href": href, "action": ""})
                named = {"proposal": public_id}
                told = {**named, "title": title, "text": text}
                pen.event("proposal.submitted", clock.now(), ref.project_id, speaker.person_id, told, named)
            tx.session.execute(insert(Proposal), rows)
            tx.session.execute(insert(Talk), talks)
            pen.close()
            written = [row["public_id"] for row in rows]
            index.renew("proposal", written)
            found += written
    return found


def support(dice: random.Random, people: Sequence[Actor], proposals: Sequence[str], most: int) -> None:
    """Up to ``most`` residents support each of some proposals."""
    with transaction() as tx:
        rows = []
        for public_id in proposals:
            row, at = tx.session.execute(
                select(Proposal.id, Proposal.submitted_at).where(Proposal.public_id == public_id)
            ).one()
            for actor in dice.sample(people, min(len(people), dice.randint(0, most))):
                rows.append({"proposal_id": row, "person_id": actor.person_id, "at": at + SECOND})
        if rows:
            tx.session.execute(insert(ProposalSupport), rows)


def cast(clock: FixedClock, poll: str, dice: random.Random, turnout: float, ballots: int) -> int:
    """Ballots of a part of a roll, then changes of mind, until there are ``ballots``; returns how many were written.

    Each is written as a cast writes it, by the same function; nobody is told one by one.
    """
    with transaction() as tx:
        row = hold_poll(tx, poll)
        slots = _slots(tx, row.id)
    mine = [slot for slot in slots if dice.random() < turnout]
    dice.shuffle(mine)
    return _put(clock, poll, dice, [mine[turn % len(mine)] for turn in range(max(ballots, len(mine)))])


def change(clock: FixedClock, poll: str, dice: random.Random, n: int) -> int:
    """``n`` ballots in slots of a poll that have one already."""
    with transaction() as tx:
        row = hold_poll(tx, poll)
        voted = set(tx.session.scalars(select(Ballot.slot_id).where(Ballot.poll_id == row.id, Ballot.live)))
        slots = [slot for slot in _slots(tx, row.id) if slot[0] in voted]
    return _put(clock, poll, dice, [dice.choice(slots) for _ in range(n)])


def _slots(tx: Tx, poll_id: int) -> list[tuple[int, str, int]]:
    query = (
        select(Slot.id, Slot.code, SlotLink.roll_entry_id)
        .join(SlotLink, SlotLink.slot_id == Slot.id)
        .where(Slot.poll_id == poll_id)
        .order_by(SlotLink.roll_entry_id)
    )
    return [(slot, code, entry) for slot, code, entry in tx.session.execute(query)]


def _put(clock: FixedClock, poll: str, dice: random.Random, turns: Sequence[tuple[int, str, int]]) -> int:
    with transaction() as tx:
        row = hold_poll(tx, poll)
        rule, concerns = RULES[row.rule], 0
        live = select(Ballot.id, Ballot.seq, Ballot.slot_id).where(Ballot.poll_id == row.id, Ballot.live)
        there = {ballot.slot_id: Before(ballot.id, ballot.seq) for ballot in tx.session.execute(live)}
        for slot_id, code, _ in turns:
            clock.advance(SECOND)
            said = {"stance": "abstain" if dice.random() < 0.08 else "consent"}
            if concerns < MOST_CONCERNS and dice.random() < 0.05:
                concerns += 1
                said = {"stance": "concern", "concern": dice.choice(words.CONCERNS)}
            choice = rule.read({name: said.get(name, "") for name in FIELDS})
            before = there.get(slot_id)
            put = put_ballot(tx, row, slot_id, code, choice, before)  # type: ignore[arg-type]
            there[slot_id] = Before(put.id, before.seq + 1 if before else 1)
        entries = sorted({entry for _, _, entry in turns})
        for start in range(0, len(entries), 400):
            part = RollEntry.id.in_(entries[start : start + 400])
            tx.session.execute(update(RollEntry).where(part).values(last_person_id=RollEntry.person_id))
        poll_id = row.id
    seal.seal(poll_id)
    return len(turns)


FIELDS = ("stance", "concern", "passage", "kind", "reason", "grounds")


def open_polls() -> list[str]:
    """The polls whose count is still to come."""
    with transaction() as tx:
        return list(tx.session.scalars(select(Poll.public_id).where(Poll.settled_at.is_(None)).order_by(Poll.id)))
