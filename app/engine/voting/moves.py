"""The lawful moves of a decision. Each asks its guards, named in ``ASKED``; nobody goes round them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from app.engine import objections
from app.engine.errors import Closed, Conflict, DomainError, Forbidden, Invalid
from app.engine.phrase import phrase
from app.engine.voting.decision import ENDS, Asking, Case, Round, phase
from app.engine.voting.phase import DAY

AGREEING = 2  # of three inspectors
LEAST_NOTE = 10  # characters that say why a question stays unanswered


def _may_announce(case: Case, ask: Asking) -> None:
    at, last = phase(case, ask.now), case.last
    # What was voted on formally is announced again as a formal vote, and what wasn't isn't.
    again = at == "void" and last is not None and last.formal == ask.formal
    if again or at in (("deadlock",) if ask.formal else ("drafting", "integrating")):
        return
    if at in ("announced", "open"):
        raise Conflict(phrase("A round is under way."))
    if at == "handling":
        raise Conflict(phrase("First it is settled whether the objections stand. Nothing is announced before."))
    if at == "deadlock":
        raise Conflict(phrase("The rounds or the time are used up. Narrow the text, or give it up."))
    raise Conflict(phrase("A round is under way, or has passed already."))


def _changed_text(case: Case, ask: Asking) -> None:
    last = case.last
    if ask.formal or (last is not None and last.voided_at is not None and ask.text == last.text):
        return
    if ask.text in {item.text for item in case.rounds}:
        sentence = phrase("This text was voted on before. A new round needs a changed text.")
        raise Invalid(phrase("This can't be announced yet."), {"text": sentence})


def _answers_given(case: Case, ask: Asking) -> None:
    if phase(case, ask.now) != "integrating":
        return
    waiting = [
        life
        for life in case.lives
        if objections.state_at(life, ask.now) == "qualified" and not objections.answered(life, ask.now)
    ]
    if waiting:
        sentence = phrase(
            "Each objection that stands gets an answer first, and those who raised it 72 hours for their word on it. "
            "Missing: %(n)s.",
            n=len(waiting),
        )
        raise Invalid(phrase("This can't be announced yet."), {"text": sentence})


def _words_kept(case: Case, ask: Asking) -> None:
    last = case.last
    if last is None or phase(case, ask.now) != "integrating":
        return
    lost = [life.words for life in case.lives if life.state in ("resolved", "deferred") and life.words not in ask.words]
    if lost:
        sentence = phrase(
            "These words were promised to somebody who objected, and are missing: “%(words)s”", words=lost[0]
        )
        raise Invalid(phrase("This can't be announced yet."), {"text": sentence})


def _questions_answered(case: Case, ask: Asking) -> None:
    if ask.questions_open and len(ask.noted.strip()) < LEAST_NOTE:
        sentence = phrase(
            "Questions are unanswered: %(n)s. Answer them, or say here why not, in at least %(least)s characters.",
            n=ask.questions_open,
            least=LEAST_NOTE,
        )
        raise Invalid(phrase("This can't be announced yet."), {"unanswered": sentence})


def _somebody_asked(case: Case, ask: Asking) -> None:
    if ask.roll_size < 1:
        sentence = phrase("Nobody is on the roll of this project's scope. Import the roll first.")
        raise Invalid(phrase("This can't be announced yet."), {"text": sentence})


def _closed_without_quorum(case: Case, ask: Asking) -> None:
    last = case.last
    late = last is not None and last.voided_at is None and ask.now >= last.closes_at and not last.quorum_met
    if case.decision.state != "deciding" or not late:
        raise Conflict(phrase("A vote is prolonged only when it closed and too few had taken part."))


def _prolonged_once(case: Case, ask: Asking) -> None:
    last = case.last
    if last is None or last.prolonged_until is not None or last.prolong_days <= 0:
        raise Conflict(phrase("A vote is prolonged once, where its announcement said so."))


def _is_lapsed(case: Case, ask: Asking) -> None:
    if phase(case, ask.now) != "lapsed":
        raise Conflict(phrase("This vote has not lapsed."))


def _is_provisional(case: Case, ask: Asking) -> None:
    if phase(case, ask.now) != "provisional":
        raise Conflict(phrase("Only what passed, with every objection at its end, can be adopted."))


def _notices_over(case: Case, ask: Asking) -> None:
    if ask.notices_open:
        raise Conflict(phrase("The notice of the result comes first: it hangs for all its days."))


def _complaints_answered(case: Case, ask: Asking) -> None:
    if ask.complaints_open:
        raise Conflict(phrase("A complaint is open. It is answered before anything is adopted."))


def _outcome_given(case: Case, ask: Asking) -> None:
    missing = {
        name: phrase("Please fill this in.") for name in ("owner", "tasks", "review") if not ask.outcome.get(name)
    }
    if missing:
        raise Invalid(phrase("Who sees to it, what is to be done, and when it is looked at again: all three."), missing)


def _the_proposers(case: Case, ask: Asking) -> None:
    if not ask.by_proposer:
        raise Forbidden(phrase("Only the proposer withdraws a proposal."))


def _may_withdraw(case: Case, ask: Asking) -> None:
    if phase(case, ask.now) not in ("drafting", "handling", "integrating"):
        raise Conflict(phrase("A proposal is withdrawn while it is written or changed, not while people vote on it."))


def _is_deadlock(case: Case, ask: Asking) -> None:
    if phase(case, ask.now) != "deadlock":
        raise Conflict(phrase("This is for a decision that is stuck, and it is not."))


def _may_give_up(case: Case, ask: Asking) -> None:
    # A formal vote that said no is rejected already: the move only writes it down.
    if case.decision.state != "deciding" or phase(case, ask.now) not in ("deadlock", "rejected"):
        raise Conflict(phrase("Only a decision that is stuck can be given up."))


def _narrowed_once(case: Case, ask: Asking) -> None:
    if case.decision.narrowed_at is not None:
        raise Conflict(phrase("It was narrowed once already. Now it is given up, or voted on formally."))


def _narrowing_named(case: Case, ask: Asking) -> None:
    if not case.decision.terms.narrow:
        raise Conflict(phrase("The policy of this vote knows no smaller text after a deadlock."))


def _formal_named(case: Case, ask: Asking) -> None:
    if ask.formal and not case.decision.terms.formal:
        raise Conflict(phrase("The policy of this vote names no formal vote after a deadlock."))


def _has_result(case: Case, ask: Asking) -> None:
    # While votes on paper are counted, too: what inspectors find there may keep the count from ever ending.
    closed = ("counting", "lapsed", "handling", "integrating", "deadlock", "provisional")
    if case.decision.state in ENDS or phase(case, ask.now) not in closed:
        raise Closed(phrase("A round is found void after its close, before it is adopted."))


def _two_inspectors(case: Case, ask: Asking) -> None:
    if ask.faults < AGREEING:
        raise Forbidden(phrase("Two of the three inspectors have to find the fault."))


def _void_once(case: Case, ask: Asking) -> None:
    if len(case.rounds) > 1 and case.rounds[-2].voided_at is not None:
        raise Conflict(phrase("This round was found void once already; it is not again."))


Guard = Callable[[Case, Asking], None]
GUARDS: dict[str, Guard] = {
    "may announce": _may_announce,
    "changed text": _changed_text,
    "answers given": _answers_given,
    "words kept": _words_kept,
    "questions answered": _questions_answered,
    "somebody asked": _somebody_asked,
    "formal named": _formal_named,
    "closed without quorum": _closed_without_quorum,
    "prolonged once": _prolonged_once,
    "is lapsed": _is_lapsed,
    "is provisional": _is_provisional,
    "notices over": _notices_over,
    "complaints answered": _complaints_answered,
    "outcome given": _outcome_given,
    "the proposer's": _the_proposers,
    "may withdraw": _may_withdraw,
    "is deadlock": _is_deadlock,
    "may give up": _may_give_up,
    "narrowed once": _narrowed_once,
    "narrowing named": _narrowing_named,
    "has a result": _has_result,
    "two inspectors": _two_inspectors,
    "void once": _void_once,
}
ASKED: Mapping[str, tuple[str, ...]] = {
    "announce": (
        *("may announce", "formal named", "somebody asked", "changed text", "answers given", "words kept"),
        "questions answered",
    ),
    "prolong": ("prolonged once", "closed without quorum"),
    "lapse": ("is lapsed",),
    "adopt": ("is provisional", "notices over", "complaints answered", "outcome given"),
    "withdraw": ("the proposer's", "may withdraw"),
    "reject": ("may give up",),
    "narrow": ("narrowing named", "narrowed once", "is deadlock"),
    "void": ("has a result", "two inspectors", "void once"),
}


def require(move: str, case: Case, ask: Asking) -> None:
    """Refuse a move whose guards don't hold, with the first one's sentence."""
    for name in ASKED[move]:
        GUARDS[name](case, ask)


def require_turn(case: Case, ask: Asking) -> None:
    """Refuse an announcement whose turn it is not, before anything else is looked at."""
    GUARDS["may announce"](case, ask)


def is_turn(case: Case, ask: Asking) -> bool:
    """Whether it is the turn of an announcement."""
    try:
        require_turn(case, ask)
    except DomainError:
        return False
    return True


def allowed(move: str, case: Case, ask: Asking) -> bool:
    """Whether a move's guards hold."""
    try:
        require(move, case, ask)
    except DomainError:
        return False
    return True


def announce(case: Case, ask: Asking, times: tuple[int, int], prolong_days: int = 0) -> Case:
    """Announce a round, or the formal vote after a deadlock: all stances on the text before end with it."""
    require("announce", case, ask)
    new = Round(ask.now, *times, text=ask.text, prolong_days=prolong_days, formal=ask.formal)
    return Case(replace(case.decision, state="deciding"), (*case.rounds, new))


def prolong(case: Case, ask: Asking) -> Case:
    """Prolong once, by the announced days."""
    require("prolong", case, ask)
    last = case.rounds[-1]
    return _with_last(case, replace(last, prolonged_until=last.closes_at + last.prolong_days * DAY))


def void(case: Case, ask: Asking) -> Case:
    """The newest round is void by the word of two inspectors."""
    require("void", case, ask)
    return _with_last(case, replace(case.rounds[-1], voided_at=ask.now))


def narrow(case: Case, ask: Asking) -> Case:
    """Out of a deadlock: back to drafting, with a smaller scope or as a trial, once."""
    require("narrow", case, ask)
    return replace(case, decision=replace(case.decision, state="drafting", narrowed_at=ask.now))


def end(case: Case, ask: Asking, move: Literal["adopt", "lapse", "reject", "withdraw"]) -> Case:
    """One of the ends."""
    require(move, case, ask)
    states = {"adopt": "adopted", "lapse": "lapsed", "reject": "rejected", "withdraw": "withdrawn"}
    return replace(case, decision=replace(case.decision, state=states[move]))


def _with_last(case: Case, last: Round) -> Case:
    return replace(case, rounds=(*case.rounds[:-1], last))
