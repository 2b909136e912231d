"""Commands of votes, gathered: draft and announce, cast, withdraw an objection, settle."""

from __future__ import annotations

from app.ballots.announce import announce
from app.ballots.cast import Receipt, cast, needs_agreement, try_choice
from app.ballots.close import settle, settle_due, withdraw_objection
from app.ballots.course import may_announce, may_draft
from app.ballots.dispute import dispute
from app.ballots.draft import save_draft
from app.ballots.ends import leave, review, review_due
from app.ballots.inspectors import find_fault
from app.ballots.outcome import adopt
from app.ballots.remind import remind_due
from app.ballots.rolls import Unit, asked_of, electorate
from app.ballots.seal import seal, seal_due

__all__ = [
    "Receipt",
    "Unit",
    "announce",
    "asked_of",
    "cast",
    "adopt",
    "dispute",
    "find_fault",
    "leave",
    "review",
    "review_due",
    "electorate",
    "may_announce",
    "may_draft",
    "needs_agreement",
    "remind_due",
    "save_draft",
    "seal",
    "seal_due",
    "settle",
    "settle_due",
    "try_choice",
    "withdraw_objection",
]
