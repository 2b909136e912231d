"""A decision's course: stored facts, and one function that says in which phase it is.

Stored are the decision's state, the instants of its rounds, and the lives of the objections of its newest round. The
rest is computed each time. The lawful moves stand in ``moves``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.engine import objections
from app.engine.objections import Life
from app.engine.phrase import Phrase, phrase
from app.engine.voting.phase import DAY, close_that_holds

Phase = Literal[
    "drafting",
    "announced",
    "open",
    "counting",
    "lapsed",
    "handling",
    "integrating",
    "deadlock",
    "provisional",
    "void",
    "adopted",
    "rejected",
    "withdrawn",
]
ENDS = frozenset({"adopted", "rejected", "lapsed", "withdrawn"})

PHASES: dict[str, Phrase] = {
    "drafting": phrase("The text is being written"),
    "announced": phrase("Announced"),
    "open": phrase("The vote is open"),
    "counting": phrase("The count is not final yet"),
    "lapsed": phrase("Lapsed: too few took part"),
    "handling": phrase("Objections are being weighed"),
    "integrating": phrase("The text is being changed"),
    "deadlock": phrase("Stuck: an objection stands, and the rounds or the time are used up"),
    "provisional": phrase("Passed, to be adopted after the notice"),
    "void": phrase("The round was found void"),
    "adopted": phrase("Adopted"),
    "rejected": phrase("Given up"),
    "withdrawn": phrase("Withdrawn by the proposer"),
}


@dataclass(frozen=True)
class Terms:
    """What the policy fixed at the first announcement: rounds, days to answer objections, what follows a deadlock."""

    rounds: int = 3
    handle_days: int = 60
    narrow: bool = True
    formal: bool = False


@dataclass(frozen=True)
class Decision:
    """The stored facts of a decision."""

    state: str = "drafting"
    narrowed_at: int | None = None
    terms: Terms = Terms()


@dataclass(frozen=True)
class Round:
    """The stored facts of one attempt. ``quorum_met`` is as counted now; ``failed`` a count that says no.

    ``prolong_days`` and ``prolonged_until`` are those of its poll; ``formal`` marks the separate vote after a deadlock;
    ``counted`` is not yet true while votes on paper are read, or a count hangs under notice.
    """

    announced_at: int
    opens_at: int
    closes_at: int
    text: str
    quorum_met: bool = False
    failed: bool = False
    prolong_days: int = 0
    prolonged_until: int | None = None
    voided_at: int | None = None
    formal: bool = False
    counted: bool = True

    def ends_at(self, now: int) -> int:
        """The close that holds."""
        return close_that_holds(
            self.closes_at, self.prolong_days, self.prolonged_until, quorum_met=self.quorum_met, now=now
        )


@dataclass(frozen=True)
class Case:
    """A decision, its rounds, oldest first, and the objections of the newest one."""

    decision: Decision
    rounds: tuple[Round, ...] = ()
    lives: tuple[Life, ...] = ()

    @property
    def last(self) -> Round | None:
        return self.rounds[-1] if self.rounds else None

    @property
    def used(self) -> int:
        """How many rounds are used up: those not void, since the text was narrowed. A formal vote is no round."""
        since = self.decision.narrowed_at
        counted = (item for item in self.rounds if item.voided_at is None and not item.formal)
        return sum(1 for item in counted if since is None or item.announced_at >= since)


def phase(case: Case, now: int) -> Phase:
    """Where a decision stands at ``now``."""
    decision, last = case.decision, case.last
    if decision.state in ENDS:
        return decision.state  # type: ignore[return-value]
    if last is None or decision.state == "drafting":
        return "drafting"
    if last.voided_at is not None:
        return "void"
    if now < last.opens_at:
        return "announced"
    closes_at = last.ends_at(now)
    if now < closes_at:
        return "open"
    if not last.counted:
        return "counting"
    if not last.quorum_met:
        return "lapsed"
    if last.formal:
        return "rejected" if last.failed else "provisional"
    states = {objections.state_at(life, now) for life in case.lives}
    if "raised" in states:
        return "handling"
    # One resolved or deferred has changed the text: its words are promised, and only a new round can keep that.
    if last.failed or states & {"qualified", "resolved", "deferred"}:
        spent = case.used >= decision.terms.rounds or now >= closes_at + decision.terms.handle_days * DAY
        return "deadlock" if spent else "integrating"
    return "provisional"


@dataclass(frozen=True)
class Asking:
    """Who wants what: what a guard may look at beside the case."""

    now: int
    text: str = ""
    roll_size: int = 1
    by_proposer: bool = False
    words: str = ""  # the text to be announced, in full
    faults: int = 0  # inspectors who found a fault that could have changed the result
    notices_open: int = 0
    complaints_open: int = 0
    outcome: Mapping[str, object] = field(default_factory=dict)
    formal: bool = False
    questions_open: int = 0  # asked in the step, and not answered
    noted: str = ""  # why they are not
