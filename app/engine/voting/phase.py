"""The clock of a poll: computed each time from its three instants, never stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from app.engine.errors import Invalid
from app.engine.phrase import Moment, Phrase, phrase

HOUR = 3_600_000
DAY = 24 * HOUR
LONGEST = 60 * DAY


@dataclass(frozen=True)
class PollTimes:
    """When a poll was announced, opens and closes; ``voided_at`` when inspectors found a fault that counts.

    ``closes_at`` is the close that holds: the announced one, or that of the prolongation (see :func:`close_that_holds`).
    """

    announced_at: int
    opens_at: int
    closes_at: int
    voided_at: int | None = None


def close_that_holds(
    closes_at: int, prolong_days: int, prolonged_until: int | None, *, quorum_met: bool, now: int
) -> int:
    """The close of a poll: as announced, or prolonged once when quorum was missed at that instant.

    Before the prolongation is written nobody can have cast after ``closes_at``: who wants to writes it first. So the
    number of ballots read now is the one that stood at the close.
    """
    if prolonged_until is not None:
        return prolonged_until
    if now >= closes_at and prolong_days > 0 and not quorum_met:
        return closes_at + prolong_days * DAY
    return closes_at


def phase(times: PollTimes, now: int) -> Literal["announced", "open", "closed", "void"]:
    """Where a poll stands at ``now``: opens_at ≤ now < closes_at is open."""
    if times.voided_at is not None:
        return "void"
    if now < times.opens_at:
        return "announced"
    return "open" if now < times.closes_at else "closed"


def accepts_ballots(times: PollTimes, now: int) -> bool:
    """Whether a ballot is taken at ``now``."""
    return phase(times, now) == "open"


def check_announcement(
    times: PollTimes, *, announce_hours: int, text: str, text_hash: str, earlier: Collection[str], roll_size: int
) -> None:
    """Refuse an announcement that is too short, too late, without text, electorate, or with a text voted on before."""
    wrong: dict[str, Phrase] = {}
    earliest = times.announced_at + announce_hours * HOUR
    if times.opens_at < earliest:
        wrong["opens"] = phrase(
            "People need %(hours)s hours to read it: open at %(when)s at the earliest.",
            hours=announce_hours,
            when=Moment(earliest),
        )
    if times.closes_at < times.opens_at + DAY:
        wrong["closes"] = phrase("A vote is open for a day at least.")
    elif times.closes_at > times.opens_at + LONGEST:
        wrong["closes"] = phrase("A vote is open for 60 days at most.")
    if not text.strip():
        wrong["text"] = phrase("The text to be decided is missing.")
    elif text_hash in earlier:
        wrong["text"] = phrase("This text was voted on before. A new round needs a changed text.")
    if roll_size < 1:
        wrong["text"] = phrase("Nobody is on the roll of this project's scope. Import the roll first.")
    if wrong:
        raise Invalid(phrase("This can't be announced yet."), wrong)
