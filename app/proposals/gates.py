"""What proposals tell a step: their kind of activity, and the gates that look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.comments.queries import unanswered
from app.engine.catalogue import ActivitySpec, GateSpec, SettingSpec
from app.engine.gates import GateResult, Missing
from app.engine.phrase import phrase, plural_phrase
from app.engine.words import Key, Staff
from app.projects.kinds import ActivityKind, ActivityRef, GateKind, GateRef, Question, Summary
from app.proposals import queries
from app.proposals.queries import Count

SPEC = ActivitySpec(
    "proposals",
    ("propose", "support"),
    (
        SettingSpec("needs_cost", "bool", default=False),
        SettingSpec("photo", "str", default="optional", choices=("optional", "required", "none")),
        SettingSpec("open_days", "int", default=14, minimum=1),
    ),
    timed_by="open_days",
)


def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
    """How many proposals there are, and that one may write one."""
    numbers = queries.numbers(ref.id for ref in refs)
    found = []
    for ref in refs:
        count = numbers.get(ref.id, Count())
        says = plural_phrase("%(n)s proposal so far.", "%(n)s proposals so far.", count.all)
        found.append(
            Summary(
                says,
                ref.activity.title if ref.is_open else None,
                phrase("Propose or support"),
                ref.window.closes_at,
                "support",
            )
        )
    return found


def asks(refs: Sequence[ActivityRef], now: int) -> list[list[Question]]:
    """What was asked about proposals that are still looked at, and has no marked answer."""
    return unanswered(refs, queries.subjects_looked_at(ref.id for ref in refs))


def judge_answered(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when there is a proposal, and every one has an answer."""
    numbers = queries.numbers(ref.activity.id for ref in refs if ref.activity)
    found = []
    for ref in refs:
        count = numbers.get(ref.activity.id, Count()) if ref.activity else Count()
        href = f"{ref.activity.href}?status=open" if ref.activity else None
        if count.all and not count.unanswered:
            says = plural_phrase("The %(n)s proposal has an answer.", "All %(n)s proposals have an answer.", count.all)
            found.append(GateResult(ref.gate.key, ref.gate.kind, True, says))
            continue
        if not count.all:
            missing = Missing(phrase("Collect proposals; write up what people say at the desk."), href)
        else:
            missing = Missing(
                plural_phrase("Answer %(n)s proposal.", "Answer %(n)s proposals.", count.unanswered), href
            )
        says = phrase("Every proposal is answered, with a reason.")
        found.append(GateResult(ref.gate.key, ref.gate.kind, False, says, (missing,), waivable=True))
    return found


def judge_chosen(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when one proposal is chosen."""
    numbers = queries.numbers(ref.activity.id for ref in refs if ref.activity)
    found = []
    for ref in refs:
        met = bool(ref.activity and numbers.get(ref.activity.id, Count()).chosen)
        says = phrase("A topic is chosen.") if met else phrase("One of the proposals is chosen as the topic.")
        href = ref.activity.href if ref.activity else None
        missing = () if met else (Missing(phrase("Open the proposal that is taken up, and choose it."), href),)
        found.append(GateResult(ref.gate.key, ref.gate.kind, met, says, missing, waivable=True))
    return found


def record(ref: ActivityRef, now: int) -> dict[str, Any]:
    """All proposals with support, answer, and which one was chosen; without their authors."""
    rows = queries.submitted([ref.id])[ref.id]
    counts = queries.support_counts(row.id for row in rows)
    return {
        "proposals": [
            {
                "id": Key(row.public_id),
                "title": row.title,
                "text": row.text,
                "cost": row.cost,
                "supports": counts.get(row.id, 0),
                "status": Key(row.status),
                "answer": Staff(row.answer),
                "chosen": row.chosen,
            }
            for row in rows
        ]
    }


PROPOSALS = ActivityKind(
    spec=SPEC,
    title=phrase("Proposals"),
    endpoint="proposals.activity",
    summaries=summaries,
    record=record,
    record_template="proposals/_record.html",
    asks=asks,
)
ANSWERED = GateKind(
    GateSpec("proposals_answered", needs_activity=("proposals",)), phrase("Every proposal answered"), judge_answered
)
CHOSEN = GateKind(GateSpec("topic_chosen", needs_activity=("proposals",)), phrase("A topic chosen"), judge_chosen)
