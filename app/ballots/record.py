"""What the outcome record of a step keeps of its votes, and how a stored round is told again from its numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from app.ballots import inspectors, queries, questions, told, weights
from app.ballots.models import Poll
from app.ballots.queries import Round
from app.engine.method import Text
from app.engine.phrase import Phrase
from app.engine.voting import RULES, Box, Policy, Roll
from app.engine.voting.rule import RingTurnout
from app.engine.words import Key
from app.projects.kinds import ActivityRef


def record(ref: ActivityRef, now: int) -> dict[str, Any]:
    """All rounds of a vote for the outcome record: frozen text, rule, counts, tests with numbers, objections."""
    decision = queries.decisions_of([ref.id]).get(ref.id)
    if decision is None:
        return {"rounds": []}
    rounds, noted = [], questions.noted_of(ref.project_id)
    for item in reversed(queries.rounds_of([decision.id], now)[decision.id]):
        poll, tally = item.poll, item.tally
        rounds.append(
            {
                "poll": Key(poll.public_id),
                "attempt": poll.attempt,
                "title": item.version.title,
                "text": item.version.text,
                "text_hash": Key(item.version.text_hash),
                "rule": Key(poll.rule),
                "electorate": Key(poll.electorate),
                "quorum": Key(poll.quorum),
                "threshold": Key(poll.threshold),
                "announced_at": poll.announced_at,
                "opens_at": poll.opens_at,
                "closes_at": item.closes_at,
                "asked_of": [Key(place) for place in poll.asked_of],
                "roll_size": poll.roll_size,
                "roll_root": Key(poll.roll_root),
                **_noted_part(noted.get(poll.public_id)),
                **_added(poll, now),
                "counts": dict(tally.counts) if tally else {},
                "cast": tally.cast if tally else 0,
                "standing": item.standing,
                "passed": item.passed,
                **law_part(item),
                **rings_part(item),
                **inspectors_part(item),
                "concerns": told.concerns_of(poll, now),
                "objections": [
                    {
                        "number": Key(o.code),
                        "state": Key(o.state),
                        **{k: Key(v) if k == "kind" else v for k, v in o.choice.items() if k != "stance"},
                    }
                    for o in told.objections_of(poll, now)
                ],
            }
        )
    return {"rounds": rounds}


Part = Callable[[Poll, int], dict[str, Any]]
RECORD_PARTS: list[Part] = []  # what packages above add to the record of a round


def _noted_part(noted: questions.Noted | None) -> dict[str, Any]:
    return {"unanswered": {"n": noted.n, "why": noted.why}} if noted is not None else {}


def _added(poll: Poll, now: int) -> dict[str, Any]:
    return {key: value for part in RECORD_PARTS for key, value in part(poll, now).items()}


def rings_part(item: Round) -> dict[str, Any]:
    """What a record says of the rings that had to take part; nothing where none had to."""
    if not item.poll.rings or item.tally is None:
        return {}
    rings = weights.rings_of(item.poll)
    return {
        "rings": [
            {
                "zh_Hans": Key(ring.title.zh_Hans),
                "en": Key(ring.title.en),
                "members": ring.members,
                "enough": ring.enough,
            }
            for ring in rings
        ]
    }


def inspectors_part(item: Round) -> dict[str, Any]:
    """Who looked over a round, and the faults that they found; nothing where nobody was named."""
    named = inspectors.inspectors_of(item.poll.id)
    faults = [{"by": row.name, "at": row.found_at, "reason": row.fault} for row in named if row.found_at is not None]
    return {
        **({"inspectors": [row.name for row in named]} if named else {}),
        **({"faults": faults} if faults else {}),
        **({"voided_at": item.poll.voided_at} if item.poll.voided_at is not None else {}),
    }


def law_part(item: Round) -> dict[str, Any]:
    """What a record says of an owners' vote beside the rest; nothing for others."""
    if item.poll.electorate != "owner":
        return {}
    return {
        "areas": dict(item.tally.areas) if item.tally is not None else {},
        "roll_area": item.poll.roll_area,
        "matter": {k: Key(v) if k in ("item", "rule", "formal") else v for k, v in item.poll.matter.items()},
        "final_at": item.poll.final_at,
    }


def retell(stored: dict[str, Any]) -> list[Phrase]:
    """The tests of a recorded round, told again from its numbers: nobody has to believe a stored verdict."""
    threshold = Fraction(stored["threshold"])
    policy = Policy(Fraction(stored["quorum"]), threshold, strict=threshold == Fraction(1, 2))
    rule = RULES[stored["rule"]]
    if not stored["counts"]:
        return []
    withdrawn = sum(stored["counts"][key] for key in rule.objects) - stored["standing"]
    # Records of votes by heads alone, and those from before there were others, have no areas.
    rings = tuple(
        RingTurnout(Text(ring["zh_Hans"], ring["en"]), ring["members"], ring["members"] if ring["enough"] else 0)
        for ring in stored.get("rings", ())
    )
    box = Box(stored["counts"], stored.get("areas", {}))
    roll = Roll(stored["roll_size"], stored.get("roll_area", 0), rings)
    tally = rule.weigh(box, roll, policy, withdrawn)
    return [*(test.says for test in tally.tests), tally.verdict]
