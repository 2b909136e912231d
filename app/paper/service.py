"""Commands of votes on paper, gathered."""

from __future__ import annotations

from app.paper.correct import may_reopen, reopen
from app.paper.desk import Taken, issue, may_help, name_helper, require_desk, take_in, works_at
from app.paper.entry import Entered, enter
from app.paper.helped import help_cast
from app.paper.sample import compare, fix, throw
from app.paper.scan import attach

__all__ = [
    "Entered",
    "Taken",
    "attach",
    "compare",
    "enter",
    "fix",
    "help_cast",
    "issue",
    "may_help",
    "may_reopen",
    "name_helper",
    "reopen",
    "require_desk",
    "take_in",
    "throw",
    "works_at",
]
