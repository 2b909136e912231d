"""A decision's course as the engine reads it: its case from the rows, its phase, and the moves that write an end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app.ballots.models import Decision, Objection, Poll
from app.ballots.queries import Round
from app.ballots.times import quorum_met
from app.core.events import record_event
from app.core.transaction import Tx
from app.engine.voting import RULES, moves
from app.engine.voting.decision import Asking, Case, Phase, Terms, phase
from app.engine.voting.decision import Decision as Facts
from app.engine.voting.decision import Round as RoundFacts


def case_of(decision: Decision, rounds: Sequence[Round]) -> Case:
    """A decision as the engine reads it; ``rounds`` newest first, or the newest alone where only its phase is asked."""
    policy = decision.policy
    terms = Terms(
        rounds=int(policy.get("rounds", 1)),
        handle_days=int(policy.get("handle_days", 60)),
        narrow=policy.get("narrow", "True") == "True",
        formal=policy.get("formal", "none") != "none" and bool(RULES[policy["rule"]].objects),
    )
    return Case(
        Facts(decision.state, decision.narrowed_at, terms),
        tuple(_facts(item) for item in reversed(rounds)),
        rounds[0].lives if rounds else (),
    )


def _facts(item: Round) -> RoundFacts:
    poll, tally = item.poll, item.tally
    return RoundFacts(
        announced_at=poll.announced_at,
        opens_at=poll.opens_at,
        closes_at=poll.closes_at,
        text=item.version.text_hash,
        quorum_met=not item.taking and quorum_met(poll, item.cast),  # asked from the close on
        failed=tally is not None and not item.rule.objects and not tally.passed,
        prolong_days=poll.prolong_days,
        prolonged_until=poll.prolonged_until,
        voided_at=poll.voided_at,
        formal=is_formal(poll),
        counted=item.phase != "counting" and not item.preliminary,
    )


ANSWERED: dict[str, Any] = {
    **{"disagreed_at": None, "offered_at": None, "words": "", "answer": ""},
    **{"defers": False, "owner": "", "due_on": "", "accepted": None},
}


def said_of(row: Objection | Row[Any]) -> dict[str, Any]:
    """What was said about an objection so far, as each of its events binds it. No names of persons."""
    return {name: getattr(row, name) for name, empty in ANSWERED.items() if getattr(row, name) != empty}


def is_formal(poll: Poll) -> bool:
    """Whether a poll is the separate vote by majority after a deadlock."""
    return bool(poll.matter.get("formal"))


def phase_of(decision: Decision, rounds: Sequence[Round], now: int) -> Phase:
    """The phase of a decision."""
    return phase(case_of(decision, rounds), now)


def may_draft(decision: Decision | None, rounds: Sequence[Round], now: int) -> bool:
    """Whether a text may be written: before all rounds, and while objections to the last one are handled."""
    if decision is None:
        return True
    if rounds and is_formal(rounds[0].poll):
        return False  # its text is that of the round before it
    return phase_of(decision, rounds, now) in ("drafting", "handling", "integrating", "void")


def may_announce(decision: Decision, rounds: Sequence[Round], now: int, *, formal: bool = False) -> bool:
    """Whether it is the turn of an announcement; what it asks for besides is judged with it."""
    case = case_of(decision, rounds)
    if formal and not case.decision.terms.formal:
        return False
    return moves.is_turn(case, Asking(now, formal=formal))


def write_state(
    tx: Tx, decision: Decision, state: str, *, at: int, person_id: int | None = None, reason: str = ""
) -> None:
    """Write down where a decision has come to; ``at`` is its deadline where the clock brought it there."""
    decision.state, decision.state_at = state, at
    record_event(
        tx,
        "decision.moved",
        community_id=decision.community_id,
        project_id=decision.project_id,
        person_id=person_id,
        data={"decision": decision.public_id, "state": state, "reason": reason} if reason else {},
        public={"decision": decision.public_id, "state": state, "when": at},
    )
