"""Reads of votes. A poll's result is computed the same way everywhere, from live ballots and standing objections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

from sqlalchemy import Row, func, or_, select

from app.ballots.models import Ballot, Batch, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.core.database import db
from app.engine import objections
from app.engine.canonical import ALPHABET, encode32, parse_code
from app.engine.errors import NotFound
from app.engine.voting import RULES, Policy, Rule, Tally
from app.engine.voting.phase import PollTimes, phase
from app.engine.voting.publish import may_publish, rounded
from app.people.actor import Actor
from app.people.places import Community
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun

UNIT_COLUMNS = {"household": RollEntry.household_id, "person": RollEntry.person_id}


def times_of(poll: Poll | Row[Any]) -> PollTimes:
    """The instants of a poll as the engine reads them."""
    return PollTimes(poll.announced_at, poll.opens_at, poll.closes_at, poll.voided_at)


def policy_of(poll: Poll) -> Policy:
    """The frozen policy of a poll. Half is asked as more than half; any other share is enough when it is reached."""
    threshold = Fraction(poll.threshold)
    return Policy(quorum=Fraction(poll.quorum), threshold=threshold, strict=threshold == Fraction(1, 2))


@dataclass(frozen=True)
class Round:
    """A poll with its text, and what may be known of it at ``now``."""

    poll: Poll
    version: TextVersion
    rule: Rule
    phase: str
    cast: int
    tally: Tally | None = None  # only once it is closed
    standing: int = 0

    @property
    def turnout(self) -> int:
        """How many have cast: exact once closed, rounded down to fives before."""
        return self.cast if self.phase in ("closed", "void") else rounded(self.cast)

    @property
    def needed(self) -> int:
        """How many must cast for the quorum."""
        quorum = Fraction(self.poll.quorum)
        return -(-self.poll.roll_size * quorum.numerator // quorum.denominator)

    @property
    def passed(self) -> bool:
        """Closed, not void, and passed by its rule."""
        return self.phase == "closed" and self.tally is not None and self.tally.passed


def rounds_of(decision_ids: Iterable[int], now: int, *, latest_only: bool = False) -> dict[int, list[Round]]:
    """The rounds of some decisions, newest first, with three queries."""
    ids = set(decision_ids)
    query = (
        select(Poll, TextVersion)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .where(Poll.decision_id.in_(ids))
        .order_by(Poll.attempt.desc())
    )
    if latest_only:
        newest = select(func.max(Poll.id)).where(Poll.decision_id.in_(ids)).group_by(Poll.decision_id)
        query = query.where(Poll.id.in_(newest))
    rows = db.session.execute(query).all()
    polls = [poll.id for poll, _ in rows]
    # Once the close has counted ballot by ballot, its count is read: the cost is that of a page, not of a count.
    counts: dict[int, dict[str, int]] = {poll.id: poll.tally["counts"] for poll, _ in rows if poll.tally}
    uncounted = [poll_id for poll_id in polls if poll_id not in counts]
    for poll_id, stance, n in db.session.execute(
        select(Ballot.poll_id, Ballot.stance, func.count())
        .where(Ballot.poll_id.in_(uncounted), Ballot.live)
        .group_by(Ballot.poll_id, Ballot.stance)
    ):
        counts.setdefault(poll_id, {})[stance] = n
    standing = _standing(polls)
    found: dict[int, list[Round]] = {decision_id: [] for decision_id in ids}
    for poll, version in rows:
        found[poll.decision_id].append(_round(poll, version, counts.get(poll.id, {}), standing.get(poll.id, 0), now))
    return found


def _standing(poll_ids: Sequence[int]) -> dict[int, int]:
    states = [state for state in objections.NAMES if not objections.ended(state)]
    query = (
        select(Objection.poll_id, func.count())
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .where(Objection.poll_id.in_(poll_ids), Objection.state.in_(states), Ballot.live)
        .group_by(Objection.poll_id)
    )
    return dict(db.session.execute(query).all())


def _round(poll: Poll, version: TextVersion, found: Mapping[str, int], standing: int, now: int) -> Round:
    rule = RULES[poll.rule]
    at = phase(times_of(poll), now)
    counts = {stance.key: found.get(stance.key, 0) for stance in rule.stances}
    cast = sum(counts.values())
    if not may_publish("headline", mode=poll.mode, closed=at == "closed", counts=counts):
        # Nothing but the number of ballots leaves here before the close.
        return Round(poll, version, rule, at, cast)
    withdrawn = sum(counts[key] for key in rule.objects) - standing
    return Round(
        poll, version, rule, at, cast, rule.weigh(counts, poll.roll_size, policy_of(poll), withdrawn), standing
    )


def decisions_of(activity_ids: Iterable[int]) -> dict[int, Decision]:
    """The decision of each activity that has one."""
    query = select(Decision).where(Decision.activity_run_id.in_(set(activity_ids)))
    return {row.activity_run_id: row for row in db.session.scalars(query)}


def latest_rounds(activity_ids: Iterable[int], now: int) -> dict[int, Round]:
    """The newest round of each activity, with a fixed number of queries."""
    decisions = decisions_of(activity_ids)
    rounds = rounds_of([row.id for row in decisions.values()], now, latest_only=True)
    return {activity: rounds[row.id][0] for activity, row in decisions.items() if rounds[row.id]}


def activity_public_id(decision_id: int) -> str:
    """The public id of a decision's activity."""
    query = select(ActivityRun.public_id).join(Decision, Decision.activity_run_id == ActivityRun.id)
    return db.session.scalars(query.where(Decision.id == decision_id)).one()


@dataclass(frozen=True)
class PollPage:
    """A poll with its place, and all rounds of its decision, newest first."""

    round: Round
    rounds: Sequence[Round]
    decision: Decision
    community: Community

    @property
    def later(self) -> Round | None:
        """The newest round, when it isn't this one."""
        newest = self.rounds[0]
        return None if newest.poll.id == self.round.poll.id else newest

    @property
    def before(self) -> Round | None:
        """The round before this one, None for the first."""
        return next((item for item in self.rounds if item.poll.attempt == self.round.poll.attempt - 1), None)


def find_poll(public_id: str, slug: str, now: int) -> PollPage:
    """A poll by its public id; NotFound when it isn't in the community named."""
    row = db.session.execute(
        select(Poll, Decision, Community)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(Community, Community.id == Poll.community_id)
        .where(Poll.public_id == public_id, Community.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound
    poll, decision, community = row
    rounds = rounds_of([decision.id], now)[decision.id]
    found = next(item for item in rounds if item.poll.id == poll.id)
    return PollPage(found, rounds, decision, community)


@dataclass(frozen=True)
class Standing:
    """A voter's own place in a poll: the roll entry, the slot's code, and the live ballot with its choice.

    There is no slot where votes are unlinked, and none any more where the links were deleted after the outcome.
    """

    entry: RollEntry
    slot: Slot | None
    ballot: Ballot | None
    choice: Mapping[str, str] = field(default_factory=dict)
    objection: Objection | None = None

    @property
    def cast(self) -> bool:
        """Whether a vote of this unit is in the box, as far as that is still known."""
        return self.ballot is not None or self.entry.voted

    def may_dispute(self, item: Round) -> bool:
        """Whether one may say that one's household does not agree: while it is open, and something was cast."""
        whole = self.entry.household_id is not None and self.entry.disputed_at is None
        return item.phase == "open" and whole and self.ballot is not None

    def may_withdraw(self, item: Round) -> bool:
        """Whether there is an objection of one's own that stands after the close."""
        return item.phase == "closed" and self.objection is not None and not objections.ended(self.objection.state)


def unit_of(actor: Actor, electorate: str) -> int | None:
    """The key of an actor's unit on a roll of this electorate; None for those who can have none."""
    return actor.household_id if electorate == "household" else actor.person_id


def standing_of(actor: Actor, poll: Poll) -> Standing | None:
    """The actor's place on the frozen roll, None when not on it."""
    unit = unit_of(actor, poll.electorate)
    if unit is None:
        return None
    row = db.session.execute(
        select(RollEntry, Slot, Ballot, Objection)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Slot, Slot.id == SlotLink.slot_id)
        .outerjoin(Ballot, (Ballot.slot_id == Slot.id) & Ballot.live)
        .outerjoin(Objection, Objection.ballot_id == Ballot.id)
        .where(RollEntry.poll_id == poll.id, UNIT_COLUMNS[poll.electorate] == unit)
    ).one_or_none()
    if row is None:
        return None
    entry, slot, ballot, objection = cast("tuple[RollEntry, Slot | None, Ballot | None, Objection | None]", tuple(row))
    return Standing(entry, slot, ballot, json.loads(ballot.choice) if ballot is not None else {}, objection)


def cast_in(refs: Sequence[ActivityRef], reader: Actor) -> set[int]:
    """The activities in whose newest round the reader's household, or the reader, has a ballot in the box."""
    units = [RollEntry.person_id == reader.person_id]
    if reader.household_id is not None:
        units.append(RollEntry.household_id == reader.household_id)
    newest = (
        select(Poll.decision_id, func.max(Poll.attempt).label("attempt")).group_by(Poll.decision_id).subquery("newest")
    )
    query = (
        select(Decision.activity_run_id)
        .join(Poll, Poll.decision_id == Decision.id)
        .join(newest, (newest.c.decision_id == Poll.decision_id) & (newest.c.attempt == Poll.attempt))
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(Decision.activity_run_id.in_([ref.id for ref in refs]), or_(*units))
        .where(or_(Ballot.id.is_not(None), RollEntry.voted))
    )
    return set(db.session.scalars(query))


@dataclass(frozen=True)
class ShownObjection:
    """An objection as everybody may read it after the close: under its slot's number."""

    public_id: str
    code: str
    choice: Mapping[str, str]
    state: str
    ended_at: int | None


def slot_number(code: str) -> str:
    """A slot's code as people read it: its first forty bits as XXXX-XXXX."""
    number = encode32(int(code[:10], 16), 8)
    return f"{number[:4]}-{number[4:]}"


def _may_tell_words(poll: Poll, now: int) -> bool:
    closed = phase(times_of(poll), now) == "closed"
    return may_publish("words", mode=poll.mode, closed=closed, counts={})


def objections_of(poll: Poll, now: int) -> list[ShownObjection]:
    """The objections of a closed poll by number; none before the close."""
    if not _may_tell_words(poll, now):
        return []
    query = (
        select(Objection, Ballot.choice, Slot.code)
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .join(Slot, Slot.id == Ballot.slot_id)
        .where(Objection.poll_id == poll.id, Ballot.live)
        .order_by(Slot.code)
    )
    return [
        ShownObjection(row.public_id, slot_number(code), json.loads(choice), row.state, row.ended_at)
        for row, choice, code in db.session.execute(query)
    ]


def concerns_of(poll: Poll, now: int, *, first: int = 0, most: int | None = None) -> list[str]:
    """The concerns of a closed poll, in the order of their words, so that they tell nothing of time; a part of them."""
    if not _may_tell_words(poll, now):
        return []
    query = select(Ballot.choice).where(Ballot.poll_id == poll.id, Ballot.live, Ballot.stance == "concern")
    query = query.order_by(Ballot.choice, Ballot.id).offset(first).limit(most)
    return [json.loads(choice)["text"] for choice in db.session.scalars(query)]


def sealed_of(poll: Poll) -> int | None:
    """How many ballots of a poll that is being counted are sealed so far; None where its count is stored."""
    if poll.settled_at is not None:
        return None
    return db.session.scalar(select(func.coalesce(func.sum(Batch.size), 0)).where(Batch.poll_id == poll.id)) or 0


def find_receipt(poll: Poll, typed: str) -> str:
    """What became of the ballot with this receipt code: "counts", "replaced", or "unknown". Never its content."""
    code = parse_code(typed[:60])
    if code is None:
        return "unknown"
    number = 0
    for char in code.replace("-", ""):
        number = number * 32 + ALPHABET.index(char)
    found = db.session.scalar(
        # A range, which the index of the commitments answers; "g" comes after all hexadecimal digits.
        select(Ballot.live).where(
            Ballot.poll_id == poll.id, Ballot.commitment >= f"{number:015x}", Ballot.commitment < f"{number:015x}g"
        )
    )
    if found is None:
        return "unknown"
    return "counts" if found else "replaced"


def polls_for(actor: Actor, now: int) -> list[tuple[Poll, str, str, bool | None]]:
    """Polls on whose roll a person stands, soonest close first: poll, title, slug, whether a vote of theirs is in.

    None where nobody can tell any more: the links were deleted after the outcome.
    """
    if not actor.known:
        return []
    units = [RollEntry.person_id == actor.person_id]
    if actor.household_id is not None:
        units.append(RollEntry.household_id == actor.household_id)
    query = (
        select(Poll, TextVersion.title, Community.slug, Ballot.id.is_not(None), RollEntry.voted)
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Community, Community.id == Poll.community_id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(units[0] if len(units) == 1 else units[0] | units[1])
        .order_by((Poll.closes_at < now), Poll.closes_at.desc())
        .limit(20)
    )
    return [
        (poll, title, slug, None if poll.links_deleted_at is not None else bool(ballot or voted))
        for poll, title, slug, ballot, voted in db.session.execute(query)
    ]
