"""Many acts at once: each is a command of its service, a hundred of them in one transaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import insert, select, update

from app.ballots import seal
from app.ballots.cast import hold_poll
from app.ballots.models import Ballot, Poll, RollEntry, Slot, SlotLink
from app.ballots.put import put_ballot
from app.comments import service as comments
from app.core.clock import MINUTE, SECOND, FixedClock
from app.core.transaction import Tx, transaction
from app.engine.voting import RULES
from app.people.actor import Actor
from app.proposals.models import Proposal, ProposalSupport
from scripts.dataset import words

AT_ONCE = 100
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


def talk(clock: FixedClock, speakers: Speakers, dice: random.Random, talks: Sequence[str], n: int) -> None:
    """``n`` comments in some talks, a quarter of them replies. Talks are named by their public ids."""
    heads: dict[str, list[str]] = {}

    def post() -> None:
        where = dice.choice(talks)
        above = heads.setdefault(where, [])
        parent = dice.choice(above) if above and dice.random() < 0.25 else None
        said = comments.post(speakers.next(), where, dice.choice(words.KINDS), words.comment(dice), parent=parent)
        if parent is None:
            above.append(said)

    together(clock, (post for _ in range(n)), apart=MINUTE // 6)


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
