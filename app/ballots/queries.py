"""Reads of votes. A poll's result is computed the same way everywhere, from live ballots and standing objections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select

from app.ballots import voices, waits, weights
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, SlotLink, TextVersion
from app.ballots.times import LIVED, life_of, times_of
from app.core.database import db
from app.core.live import live, live_counts, settled
from app.engine.errors import NotFound
from app.engine.objections import Life
from app.engine.voting import RULES, Box, Policy, Rule, Tally
from app.engine.voting.phase import phase
from app.engine.voting.publish import ROUNDED_TO, may_publish, rounded
from app.people.actor import Actor
from app.people.places import Community
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun


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
    standing: int = 0  # objections that stand in this text's way
    closes_at: int = 0  # the close that holds
    lives: tuple[Life, ...] = ()  # of its objections, once it is closed
    taking: bool = False  # before its announced close: nothing but the number of ballots is known

    @property
    def turnout(self) -> int:
        """How many have cast: exact once closed, rounded down to fives before."""
        return self.cast if self.phase in ("closed", "void") else rounded(self.cast)

    @property
    def needed(self) -> int:
        """How many must cast for the quorum; of owners, by heads."""
        quorum = Fraction(self.poll.quorum)
        return -(-self.poll.roll_size * quorum.numerator // quorum.denominator)

    @property
    def carried(self) -> bool:
        """Closed, not void, and enough by its rule, though a count under notice may not be final yet."""
        return self.phase == "closed" and self.tally is not None and self.tally.passed

    @property
    def preliminary(self) -> bool:
        """Closed, while its count is under notice: it may still be objected to, and is not final."""
        return self.phase == "closed" and "notice_days" in self.poll.matter and self.poll.final_at is None

    @property
    def passed(self) -> bool:
        """Closed, not void, passed by its rule, and the count final where it has to be."""
        return self.carried and not self.preliminary


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
    # Once the close has counted ballot by ballot, its count is read: the cost is that of a page, not of a count.
    # A count under notice is counted anew each time: until it is final, a wrongly entered paper may be set right.
    counts: dict[int, dict[str, int]] = {
        poll.id: poll.tally["counts"] for poll, _ in rows if poll.tally and "notice_days" not in poll.matter
    }
    taking = {poll.id for poll, _ in rows if _takes_ballots(poll, now)}
    cast = _turnout(taking) if taking else {}
    ended = [poll for poll, _ in rows if poll.id not in taking]
    for poll_id, stance, n in _read_all([poll for poll in ended if poll.id not in counts], _counts):
        counts.setdefault(poll_id, {})[stance] = n
    raised: dict[int, list[Row[Any]]] = {}
    for row in _read_all(ended, _objections):
        raised.setdefault(row.poll_id, []).append(row)
    areas = weights.areas_of([poll for poll in ended if RULES[poll.rule].by_area])
    # The stored tally of a settled poll is its count: nothing is waited for any more.
    open_ends = [poll.id for poll, _ in rows if poll.settled_at is None and poll.closes_at <= now]
    waiting = waits.uncounted(open_ends, now)
    found: dict[int, list[Round]] = {decision_id: [] for decision_id in ids}
    for poll, version in rows:
        if poll.id in taking:
            times = times_of(poll, now)
            at, n = phase(times, now), cast.get(poll.id, 0)
            item = Round(poll, version, RULES[poll.rule], at, n, closes_at=times.closes_at, taking=True)
        else:
            box = Box(counts.get(poll.id, {}), areas.get(poll.id, {}))
            item = _round(poll, version, box, raised.get(poll.id, []), now, poll.id in waiting)
        found[poll.decision_id].append(item)
    return found


def counted(poll: Poll, now: int) -> bool:
    """Whether a poll is closed and its count waits for nothing: only then may anything of it be told."""
    if phase(times_of(poll, now), now) != "closed":
        return False
    return poll.settled_at is not None or not waits.uncounted([poll.id], now)


def _takes_ballots(poll: Poll, now: int) -> bool:
    """Whether a ballot may still come: of such a poll only the turnout is read."""
    if poll.settled_at is not None or poll.voided_at is not None:
        return False
    return now < (poll.prolonged_until or poll.closes_at)


def _turnout(poll_ids: Collection[int]) -> Mapping[int, int]:
    query = select(Ballot.poll_id, func.count()).where(Ballot.poll_id.in_(poll_ids), Ballot.live)
    return live_counts(query.group_by(Ballot.poll_id), TURNOUT, poll_ids, ROUNDED_TO)


TURNOUT = select(func.count()).select_from(Ballot).where(Ballot.poll_id == bindparam("key"), Ballot.live)


def _counts(poll_ids: Sequence[int]) -> Any:
    query = select(Ballot.poll_id, Ballot.stance, func.count()).where(Ballot.poll_id.in_(poll_ids), Ballot.live)
    return query.group_by(Ballot.poll_id, Ballot.stance)


def _objections(poll_ids: Sequence[int]) -> Any:
    return (
        select(Objection.poll_id, *(getattr(Objection, name) for name in LIVED))
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .where(Objection.poll_id.in_(poll_ids), Ballot.live)
    )


def _read_all(polls: Sequence[Poll], query: Callable[[Sequence[int]], Any]) -> Sequence[Any]:
    """The rows of polls that take no ballots any more; where one is not counted yet, a cast may still be under way."""
    if not polls:
        return []
    asked = query([poll.id for poll in polls])
    if any(poll.settled_at is None for poll in polls):
        return live(asked)
    with settled():
        return db.session.execute(asked).all()


def _round(poll: Poll, version: TextVersion, found: Box, raised: Sequence[Row[Any]], now: int, waits_on: bool) -> Round:
    rule = RULES[poll.rule]
    counts = {stance.key: found.counts.get(stance.key, 0) for stance in rule.stances}
    cast = sum(counts.values())
    times = times_of(poll, now, cast)
    at: str = phase(times, now)
    if at == "closed" and waits_on:
        at = "counting"
    if not may_publish("headline", mode=poll.mode, closed=at == "closed", counts=counts):
        # Nothing but the number of ballots leaves here before the close.
        return Round(poll, version, rule, at, cast, closes_at=times.closes_at)
    lives = tuple(life_of(row, times.closes_at) for row in raised)
    standing = sum(1 for life in lives if life.state not in ("withdrawn", "concern"))
    ended = sum(counts[key] for key in rule.objects) - standing
    tally = rule.weigh(Box(counts, found.areas), weights.roll_of(poll), policy_of(poll), ended)
    return Round(poll, version, rule, at, cast, tally, standing, times.closes_at, lives)


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


@lru_cache(maxsize=1000)
def ballot_paper(public_id: str, slug: str) -> tuple[str, str]:
    """The rule and the mode of a poll: as much as a ballot is read by. NotFound when it isn't in the community named.

    Neither ever changes once a poll is announced, so a process asks once.
    """
    found = db.session.execute(
        select(Poll.rule, Poll.mode)
        .join(Community, Community.id == Poll.community_id)
        .where(Poll.public_id == public_id, Community.slug == slug)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found.rule, found.mode


def cast_in(refs: Sequence[ActivityRef], reader: Actor) -> set[int]:
    """The activities in whose newest round the reader's household, or the reader, has a ballot in the box."""
    units = [RollEntry.person_id == reader.person_id]
    if reader.household_id is not None:
        units.append(RollEntry.household_id == reader.household_id)
    units.append(RollEntry.id.in_(voices.ALL_ENTRIES))
    asked = [ref.id for ref in refs]
    newest = (
        select(Poll.decision_id, func.max(Poll.attempt).label("attempt"))
        .join(Decision, Decision.id == Poll.decision_id)
        .where(Decision.activity_run_id.in_(asked))
        .group_by(Poll.decision_id)
        .subquery("newest")
    )
    query = (
        select(Decision.activity_run_id)
        .join(Poll, Poll.decision_id == Decision.id)
        .join(newest, (newest.c.decision_id == Poll.decision_id) & (newest.c.attempt == Poll.attempt))
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(Decision.activity_run_id.in_(asked), or_(*units))
        .where(or_(Ballot.id.is_not(None), RollEntry.voted))
    )
    return set(db.session.scalars(query, voices.values_of(reader)))


def polls_for(actor: Actor, now: int) -> list[tuple[Poll, str, str, bool | None]]:
    """Polls on whose roll a person stands, soonest close first: poll, title, slug, whether a vote of theirs is in.

    None where nobody can tell any more: the links were deleted after the outcome.
    """
    if not actor.known:
        return []
    units = [RollEntry.person_id == actor.person_id]
    if actor.household_id is not None:
        units.append(RollEntry.household_id == actor.household_id)
    units.append(RollEntry.id.in_(voices.ALL_ENTRIES))
    query = (
        select(Poll, TextVersion.title, Community.slug, Ballot.id.is_not(None), RollEntry.voted)
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Community, Community.id == Poll.community_id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(or_(*units))
        .order_by((Poll.closes_at < now), Poll.closes_at.desc())
        .limit(20)
    )
    return [
        (poll, title, slug, None if poll.links_deleted_at is not None else bool(ballot or voted))
        for poll, title, slug, ballot, voted in db.session.execute(query, voices.values_of(actor))
    ]


def round_of(poll: Poll, now: int) -> Round:
    """A poll as a round of its decision."""
    return next(item for item in rounds_of([poll.decision_id], now)[poll.decision_id] if item.poll.id == poll.id)


def result_href(poll: Poll) -> str:
    """The address of a poll's result."""
    slug = db.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()
    return f"/c/{slug}/poll/{poll.public_id}/result"
