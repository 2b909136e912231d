"""The life of an objection: raised, weighed, answered, and brought to one of its ends. What the clock does needs no job.

Raised at the close of its round, it stands ("qualified") 48 hours later unless somebody disagreed with reasons; then a
panel of three decides. Where no panel decides in time the objector has the benefit of the doubt. One that stands gets an
answer: words of a changed text that mend it, or a deferral with owner, date and measure. The objector says whether it
does; after 72 hours without their word the panel may. Only those who raised it withdraw it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.engine.errors import Closed, Conflict, DomainError, Forbidden, Invalid
from app.engine.phrase import Moment, Phrase, phrase

HOUR = 3_600_000
DISAGREE = 48 * HOUR
ANSWER = 72 * HOUR
PANEL = 7 * 24 * HOUR
LEAST_REASON = 30

MOVES: dict[str, frozenset[str]] = {
    "raised": frozenset({"qualified", "concern", "withdrawn"}),
    "qualified": frozenset({"resolved", "deferred", "withdrawn"}),
    "concern": frozenset(),
    "withdrawn": frozenset(),
    "resolved": frozenset(),
    "deferred": frozenset(),
}
NAMES: dict[str, Phrase] = {
    "raised": phrase("raised"),
    "qualified": phrase("found to stand"),
    "concern": phrase("found a concern"),
    "withdrawn": phrase("withdrawn by the objector"),
    "resolved": phrase("resolved by a change of the text"),
    "deferred": phrase("deferred, with owner and date"),
}


@dataclass(frozen=True)
class Life:
    """The stored facts of one objection; ``closed_at`` is the close of its round.

    ``offered_at`` is when the answer that stands was offered, ``words`` what it puts into the text, ``defers`` whether
    it defers; ``accepted`` is the objector's word on it, or the panel's, None while nobody gave it.
    """

    state: str = "raised"
    closed_at: int = 0
    disagreed_at: int | None = None
    offered_at: int | None = None
    words: str = ""
    defers: bool = False
    accepted: bool | None = None


def ended(state: str) -> bool:
    """Whether an objection has come to an end."""
    return not MOVES[state]


def state_at(life: Life, now: int) -> str:
    """Where an objection stands at ``now``: as stored, or qualified since its deadline passed."""
    since = qualified_since(life)
    return "qualified" if life.state == "raised" and since is not None and now >= since else life.state


def qualified_since(life: Life) -> int | None:
    """When the clock lets a raised objection stand; None for one that isn't raised any more."""
    if life.state != "raised":
        return None
    return life.closed_at + DISAGREE + (PANEL if life.disagreed_at is not None else 0)


def deadline(life: Life) -> int | None:
    """When the clock moves an objection on: it stands from then, or the objectors' time for their word is over."""
    if life.state == "qualified":
        return life.offered_at + ANSWER if life.offered_at is not None and life.accepted is None else None
    return qualified_since(life)


def answered(life: Life, now: int) -> bool:
    """Whether the objector has had their say on an answer: they gave it, or had their 72 hours."""
    return life.offered_at is not None and (life.accepted is not None or now >= life.offered_at + ANSWER)


def _the_objectors(life: Life, now: int, by_objector: bool) -> None:
    if not by_objector:
        raise Forbidden(phrase("Only those who raised an objection may do this."))


def _going_on(life: Life, now: int, _: bool) -> None:
    if ended(life.state):
        raise Conflict(phrase("This objection has come to its end already."))


def _after_close(life: Life, now: int, _: bool) -> None:
    if now < life.closed_at:
        raise Conflict(phrase("The vote is still open: change your vote, and the objection is withdrawn with it."))


def _in_doubt(life: Life, now: int, _: bool) -> None:
    if state_at(life, now) != "raised":
        raise Closed(phrase("It is settled already whether this objection stands."))


def _in_time(life: Life, now: int, _: bool) -> None:
    if now >= life.closed_at + DISAGREE:
        raise Closed(
            phrase("Disagreement could be voiced until %(when)s.", when=Moment(life.closed_at + DISAGREE)),
        )


def _disagreed(life: Life, now: int, _: bool) -> None:
    if life.disagreed_at is None:
        raise Conflict(phrase("Nobody has disagreed: the clock decides, and no panel is needed."))


def _stands(life: Life, now: int, _: bool) -> None:
    if state_at(life, now) != "qualified":
        raise Conflict(phrase("An answer is for an objection that stands."))


def _offered(life: Life, now: int, _: bool) -> None:
    if life.offered_at is None or life.accepted is not None:
        raise Conflict(phrase("No answer waits for a word on it."))


def _silent(life: Life, now: int, _: bool) -> None:
    if life.offered_at is not None and now < life.offered_at + ANSWER:
        raise Closed(
            phrase("Until %(when)s the word is with the objector.", when=Moment(life.offered_at + ANSWER)),
        )


Guard = Callable[[Life, int, bool], None]
GUARDS: dict[str, Guard] = {
    "the objector's": _the_objectors,
    "going on": _going_on,
    "after the close": _after_close,
    "in doubt": _in_doubt,
    "in time": _in_time,
    "disagreed": _disagreed,
    "stands": _stands,
    "offered": _offered,
    "silent": _silent,
}
ASKED: Mapping[str, tuple[str, ...]] = {
    "disagree": ("after the close", "in time", "in doubt"),
    "weigh": ("in doubt", "disagreed"),
    "offer": ("stands",),
    "reply": ("the objector's", "stands", "offered"),
    "settle": ("stands", "offered", "silent"),
    "withdraw": ("the objector's", "going on", "after the close"),
}


def require(move: str, life: Life, now: int, by_objector: bool = False) -> None:
    """Refuse a move whose guards don't hold."""
    for name in ASKED[move]:
        GUARDS[name](life, now, by_objector)


def allowed(move: str, life: Life, now: int, by_objector: bool = False) -> bool:
    """Whether a move's guards hold."""
    try:
        require(move, life, now, by_objector)
    except DomainError:
        return False
    return True


def disagree(life: Life, now: int, reason: str) -> Life:
    """Somebody says, with reasons, that an objection doesn't stand: a panel decides now."""
    require("disagree", life, now)
    require_reason(reason)
    return replace(life, disagreed_at=life.disagreed_at if life.disagreed_at is not None else now)


def weigh(life: Life, now: int, stands: bool) -> Life:
    """The panel's verdict on an objection that somebody disagreed with."""
    require("weigh", life, now)
    return replace(life, state="qualified" if stands else "concern")


def offer(life: Life, now: int, words: str, *, defers: bool = False) -> Life:
    """Offer an answer; a newer one takes the place of the one before, and the 72 hours begin anew."""
    require("offer", life, now)
    return replace(life, state="qualified", offered_at=now, words=words, defers=defers, accepted=None)


def reply(life: Life, now: int, accepts: bool, *, by_objector: bool) -> Life:
    """The objector's word on the answer: it does, or it doesn't."""
    require("reply", life, now, by_objector)
    return _settled(life, accepts)


def settle(life: Life, now: int, accepts: bool) -> Life:
    """The panel's word on the answer, after the objector's 72 hours."""
    require("settle", life, now)
    return _settled(life, accepts)


def withdraw(life: Life, now: int, *, by_objector: bool) -> Life:
    """Those who raised it withdraw it, any time before its end."""
    require("withdraw", life, now, by_objector)
    return replace(life, state="withdrawn")


def _settled(life: Life, accepts: bool) -> Life:
    ends = "deferred" if life.defers else "resolved"
    return replace(life, state=ends if accepts else "qualified", accepted=accepts)


def require_reason(reason: str) -> None:
    """Refuse a word without reasons."""
    if len(reason.strip()) < LEAST_REASON:
        sentence = phrase(
            "Give your reasons: at least %(least)s characters, so far %(n)s.",
            least=LEAST_REASON,
            n=len(reason.strip()),
        )
        raise Invalid(sentence, {"reason": sentence})


def verdict(votes: Sequence[bool]) -> bool | None:
    """What a panel of three says: two of one mind decide; None while there are no two."""
    yes = sum(votes)
    return True if yes >= 2 else False if len(votes) - yes >= 2 else None
