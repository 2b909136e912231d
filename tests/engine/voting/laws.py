"""The laws of a consent round, in words of their own: what the exploration holds every move of the engine to."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.objections import HOUR, Life
from app.engine.voting.decision import ENDS, Case
from app.engine.voting.phase import DAY

QUORUM = 2
BOUND = {"raised", "qualified", "resolved", "deferred"}  # what keeps a text from passing as it stands


class Broken(AssertionError):
    """A law was broken."""


@dataclass(frozen=True, slots=True)
class State:
    """A case at an instant, with the stance of each voter (- C A O) and its objection, if any."""

    case: Case
    now: int
    seats: tuple[tuple[str, Life | None], ...] = (("-", None),) * 3


def law_of_lives(name: str, old: Life, now: int) -> None:
    """What may happen to one objection, in this file's own words."""
    close, over = old.closed_at, old.state in ("concern", "withdrawn", "resolved", "deferred")
    doubt = old.closed_at + (48 * HOUR if old.disagreed_at is None else 48 * HOUR + 7 * DAY)
    raised = old.state == "raised" and now < doubt
    stands = old.state == "qualified" or (old.state == "raised" and now >= doubt)
    pending = old.offered_at is not None and old.accepted is None
    lawful = {
        "disagree": raised and close <= now < close + 48 * HOUR,
        "weigh: stands": raised and old.disagreed_at is not None,
        "weigh: concern": raised and old.disagreed_at is not None,
        "offer": stands,
        "reply": stands and pending,
        "settle": stands and pending and now >= (old.offered_at or 0) + 72 * HOUR,
        "take back": not over and now >= close,
    }.get(name, False)
    if not lawful:
        raise Broken(f"{name}: {old} at {now}")


def law(name: str, old: State, new: State) -> None:
    """What every transition must keep, in this file's own words."""
    before, after, now = old.case, new.case, old.now
    if before.decision.state in ENDS:
        raise Broken(f"{name} after the end")
    last = before.rounds[-1] if before.rounds else None
    quorum = sum(stance != "-" for stance, _ in old.seats) >= QUORUM
    closed = last is not None and last.voided_at is None and now >= last.closes_at
    if closed and last is not None and not quorum and last.prolong_days:
        closed = now >= last.closes_at + last.prolong_days * DAY
    if closed and last is not None and last.prolonged_until is not None:
        closed = now >= last.prolonged_until
    states = {stands_now(life, now) for _, life in old.seats if life is not None}
    at_vote = last is not None and last.voided_at is None and not closed and before.decision.state == "deciding"
    if after.decision.state == "adopted":
        fine = closed and quorum and not states & BOUND
        fine = fine and not (last is not None and last.formal and last.failed)
        if not fine or name != "adopt" or before.decision.state != "deciding":
            raise Broken(f"{name} adopts what it may not: {old}")
    if after.decision.state == "withdrawn" and (name != "withdraw" or at_vote):
        raise Broken(f"{name} while people vote, or by others")
    decided = last is not None and (last.voided_at is not None or not quorum or not states & BOUND)
    if after.decision.state == "withdrawn" and decided and before.decision.state == "deciding":
        raise Broken("withdrawn after its result")
    if after.decision.state == "rejected" and not _stuck(before, states, closed, quorum, now):
        raise Broken("given up without need")
    if after.decision.state == "lapsed" and (not closed or quorum):
        raise Broken("lapsed with enough votes, or too early")
    _law_of_rounds(name, before, after, at_vote, states, closed, quorum, now)


def stands_now(life: Life, now: int) -> str:
    since = life.closed_at + 48 * HOUR + (0 if life.disagreed_at is None else 7 * DAY)
    return "qualified" if life.state == "raised" and now >= since else life.state


def _stuck(case: Case, states: set[str], closed: bool, quorum: bool, now: int) -> bool:
    last = case.rounds[-1] if case.rounds else None
    if last is None or not closed or not quorum or case.decision.state != "deciding":
        return False
    if last.formal:
        return last.failed
    spent = case.used >= case.decision.terms.rounds or now >= last.ends_at(now) + case.decision.terms.handle_days * DAY
    return spent and "raised" not in states and bool(states & {"qualified", "resolved", "deferred"})


def _law_of_rounds(
    name: str, before: Case, after: Case, at_vote: bool, states: set[str], closed: bool, quorum: bool, now: int
) -> None:
    last = before.rounds[-1] if before.rounds else None
    if name.startswith("announce"):
        new = after.rounds[-1]
        if at_vote:
            raise Broken("a round within a round")
        if name == "announce to nobody":
            raise Broken("nobody is asked")
        if name == "announce over questions":
            raise Broken("questions are neither answered nor is it noted why not")
        again = last is not None and last.voided_at is not None
        if name == "announce the same" and last is not None and not again:
            raise Broken("the same text again")
        if new.formal and not after.decision.terms.formal:
            raise Broken("a formal vote that no policy names")
        if closed and before.decision.state == "deciding" and not again:
            stuck = _stuck(before, states, closed, quorum, now)
            if new.formal != stuck or "raised" in states or not states & {"qualified", "resolved", "deferred"}:
                raise Broken("announced out of turn")
            if not new.formal and any(_unheard(life, now) for life in before.lives):
                raise Broken("an objection without its answer")
            promised = any(life.state in ("resolved", "deferred") for life in before.lives)
            if not new.formal and promised and name == "announce without the words":
                raise Broken("promised words are missing")
        if after.used > after.decision.terms.rounds:
            raise Broken("more rounds than the policy has")
        return
    if last is None:
        return
    new = after.rounds[-1]
    if new.closes_at - new.opens_at != last.closes_at - last.opens_at:
        raise Broken("times changed after the announcement")
    if name == "prolong" or (new.prolonged_until is None) != (last.prolonged_until is None):
        late = now >= last.closes_at and not quorum and last.voided_at is None and before.decision.state == "deciding"
        if (
            last.prolonged_until is not None
            or new.prolonged_until != new.closes_at + last.prolong_days * DAY
            or not late
        ):
            raise Broken("prolonged twice, too early or without need")
    if name.startswith("void"):
        twice = len(before.rounds) > 1 and before.rounds[-2].voided_at is not None
        if name != "void" or twice or not closed or before.decision.state != "deciding":
            raise Broken("void by one, twice, or before its close")
    narrowed = after.decision.state == "drafting" and before.decision.state != "drafting"
    if narrowed:
        once = before.decision.narrowed_at is None and before.decision.terms.narrow
        if not once or not _stuck(before, states, closed, quorum, now):
            raise Broken("narrowed twice, or without need")


def _unheard(life: Life, now: int) -> bool:
    if stands_now(life, now) != "qualified":
        return False
    return life.offered_at is None or (life.accepted is None and now < life.offered_at + 72 * HOUR)
