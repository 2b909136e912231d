"""A small world of consent, explored whole: three voters, up to three rounds, every order of every move and deadline.

The laws stand here in words of their own, so that a guard that is missing in the engine is noticed. Voters are
interchangeable, so their places are kept in order. "Concern" counts as consent, and a deferral as a resolution: each is
explored as that. An objection gets one answer here; a second one would begin its 72 hours anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from app.engine import objections
from app.engine.errors import DomainError
from app.engine.objections import Life
from app.engine.voting import decision
from app.engine.voting import moves as lawful
from app.engine.voting.decision import ENDS, Asking, Case, Decision, Round, Terms
from app.engine.voting.phase import DAY
from tests.engine.voting.laws import QUORUM, Broken, State, law, law_of_lives, stands_now

WORDS = "promised"
OUTCOME = {"owner": "committee", "tasks": "plant", "review": 1}
# What depends on somebody who may not want to: no state may need it to come to an end.
LONG_AGO = -30 * DAY
NOBODY: tuple[tuple[str, Life | None], ...] = (("-", None),) * 3
UNWILLING = ("withdraw", "reply", "take back")
REASON = "r" * objections.LEAST_REASON


def start(terms: Terms) -> State:
    return State(Case(Decision(terms=terms)), 0)


def lives(seats: tuple[tuple[str, Life | None], ...]) -> tuple[Life, ...]:
    return tuple(life for _, life in seats if life is not None)


def settled(case: Case, now: int, seats: tuple[tuple[str, Life | None], ...]) -> State:
    """The state in its one form: counted, objections dated by the close that holds, times from the announcement."""
    if not case.rounds:
        return State(case, 0, seats)
    last = case.rounds[-1]
    quorum = sum(stance != "-" for stance, _ in seats) >= QUORUM
    # In a formal vote, what is said against it are votes.
    against = sum(stance == "O" for stance, _ in seats)
    failed = last.formal and 2 * against >= sum(stance != "-" for stance, _ in seats)
    last = replace(last, quorum_met=quorum, failed=failed)
    zero = last.announced_at
    now -= zero
    last = replace(
        last,
        announced_at=0,
        opens_at=last.opens_at - zero,
        closes_at=last.closes_at - zero,
        prolonged_until=None if last.prolonged_until is None else last.prolonged_until - zero,
        voided_at=None if last.voided_at is None else 0,
    )
    closed = last.ends_at(now)
    moved = []
    for stance, life in seats:
        if life is not None:
            life = _folded(replace(life, closed_at=closed), now, zero)
        moved.append((stance, life))
    seats = tuple(sorted(moved, key=_order))
    earlier, narrowed = _earlier(case, zero)
    decided = replace(case.decision, narrowed_at=narrowed)
    if narrowed == 0:
        last = replace(last, announced_at=-1)
    return State(Case(decided, (*earlier, replace(last, text="now")), lives(seats)), now, seats)


def _earlier(case: Case, zero: int) -> tuple[tuple[Round, ...], int | None]:
    """The rounds before, as far as they matter: how many are used up, and whether the one before was void."""
    narrowed = case.decision.narrowed_at
    if narrowed is not None:
        narrowed = 0 if case.rounds[-1].announced_at < narrowed or case.decision.state == "drafting" else -2 * DAY
    old = case.rounds[:-1]
    counted = Case(case.decision, old).used if narrowed != 0 else 0
    kept = [Round(-DAY, -DAY, -DAY, "before")] * counted
    if old and old[-1].voided_at is not None:
        kept.append(Round(-DAY, -DAY, -DAY, "before", voided_at=-DAY))
    return tuple(kept), narrowed


def _order(seat: tuple[str, Life | None]) -> tuple[object, ...]:
    stance, life = seat
    if life is None:
        return (stance,)
    return (stance, life.state, life.disagreed_at or -1, life.offered_at or -1, str(life.accepted), life.words)


def _folded(life: Life, now: int, zero: int) -> Life:
    """An objection without what makes no difference any more, so that there are fewer states."""
    if life.state in ("concern", "withdrawn", "resolved", "deferred"):
        return Life(life.state, life.closed_at, words=life.words if life.state in ("resolved", "deferred") else "")
    stands = stands_now(life, now) == "qualified"
    offered = None if life.offered_at is None else life.offered_at - zero
    if offered is not None and (life.accepted is not None or now >= offered + objections.ANSWER):
        offered = LONG_AGO
    return replace(
        life,
        state="qualified" if stands else "raised",
        disagreed_at=None if stands or life.disagreed_at is None else 0,
        offered_at=offered,
    )


def moves(state: State, desk: bool = True) -> Iterator[tuple[str, State]]:
    """Everything that anybody may try, lawful or not; what the engine refuses isn't there."""
    case, now = state.case, state.now
    yield from _clock(state)
    yield from _casts(state)
    yield from _objectors(state, desk)
    text, same = "new", case.rounds[-1].text if case.rounds else "new"

    def told(**values: object) -> Asking:
        return Asking(**{"now": now, "text": text, "words": WORDS, **values})  # type: ignore[arg-type]

    days = 1 if not case.rounds else case.rounds[-1].prolong_days
    times = (now + 2 * DAY, now + 4 * DAY)
    for name, ask in (
        ("announce", told()),
        ("announce the same", told(text=same)),
        ("announce to nobody", told(roll_size=0)),
        ("announce without the words", told(words="")),
        ("announce over questions", told(questions_open=1)),
        ("announce formally", told(formal=True, text=same)),
    ):
        found = _try(lambda ask=ask: lawful.announce(case, ask, times, days))  # type: ignore[misc]
        if found is not None:
            yield name, settled(found, now, NOBODY)
    ready = {"outcome": OUTCOME}
    for name, move, ask in (
        ("adopt", "adopt", told(**ready)),
        ("adopt under notice", "adopt", told(notices_open=1, **ready)),
        ("adopt with a complaint", "adopt", told(complaints_open=1, **ready)),
        ("adopt without owner", "adopt", told(outcome={"tasks": "plant", "review": 1})),
        ("lapse", "lapse", told()),
        ("reject", "reject", told()),
        ("withdraw", "withdraw", told(by_proposer=True)),
        ("withdraw by others", "withdraw", told()),
    ):
        found = _try(lambda ask=ask, move=move: lawful.end(case, ask, move))  # type: ignore[misc, arg-type]
        if found is not None and found != case:
            yield name, State(replace(found, lives=()), now, NOBODY)
    for name, act, ask in (
        ("prolong", lawful.prolong, told()),
        ("void", lawful.void, told(faults=2)),
        ("void by one", lawful.void, told(faults=1)),
        ("narrow", lawful.narrow, told()),
    )[: 4 if case.rounds else 0]:
        found = _try(lambda ask=ask, act=act: act(case, ask))  # type: ignore[misc]
        if found is not None:
            yield name, settled(found, now, state.seats if name == "prolong" else NOBODY)


def _try(act: object) -> Case | None:
    try:
        return act()  # type: ignore[operator, no-any-return]
    except DomainError:
        return None


def _clock(state: State) -> Iterator[tuple[str, State]]:
    """Wait for the next deadline of all."""
    case, now = state.case, state.now
    if case.decision.state != "deciding":
        return
    last = case.rounds[-1]
    closed = last.ends_at(now)
    instants = {last.opens_at, last.closes_at, closed, closed + case.decision.terms.handle_days * DAY}
    for life in case.lives:
        instants |= {closed + objections.DISAGREE, closed + objections.DISAGREE + objections.PANEL}
        if life.offered_at is not None:
            instants.add(life.offered_at + objections.ANSWER)
    later = [at for at in instants if at > now]
    if later and last.voided_at is None:
        yield "wait", settled(case, min(later), state.seats)


def _casts(state: State) -> Iterator[tuple[str, State]]:
    case, now = state.case, state.now
    if decision.phase(case, now) != "open":
        return
    if now >= case.rounds[-1].closes_at and case.rounds[-1].prolonged_until is None:
        found = _try(lambda: lawful.prolong(case, Asking(now)))
        if found is None:
            raise Broken("open after its close, without a prolongation")
        case = found
    formal = case.rounds[-1].formal
    for place, (stance, _) in enumerate(state.seats):
        for other in "CAO":
            if other != stance:
                life = Life() if other == "O" and not formal else None
                seats = (*state.seats[:place], (other, life), *state.seats[place + 1 :])
                yield "cast", settled(case, now, seats)


def _objectors(state: State, desk: bool) -> Iterator[tuple[str, State]]:
    now = state.now
    if state.case.decision.state != "deciding" or state.case.rounds[-1].voided_at is not None:
        return
    for place, (stance, life) in enumerate(state.seats):
        if life is None or life in [other for _, other in state.seats[:place]]:
            continue
        for name, act in _lives(life, now, desk):
            try:
                new = act()  # type: ignore[operator]
            except DomainError:
                continue
            law_of_lives(name, life, now)
            if new != life:
                seats = (*state.seats[:place], (stance, new), *state.seats[place + 1 :])
                yield name, settled(state.case, now, seats)


def _lives(life: Life, now: int, desk: bool) -> Iterator[tuple[str, object]]:
    if desk:
        yield from _panel(life, now)
    if life.offered_at is None:
        yield "offer", lambda: objections.offer(life, now, WORDS)
    for word in (True, False):
        yield "reply", lambda word=word: objections.reply(life, now, word, by_objector=True)
        yield "settle", lambda word=word: objections.settle(life, now, word)
    yield "reply by others", lambda: objections.reply(life, now, True, by_objector=False)
    yield "take back", lambda: objections.withdraw(life, now, by_objector=True)
    yield "take back by others", lambda: objections.withdraw(life, now, by_objector=False)


def _panel(life: Life, now: int) -> Iterator[tuple[str, object]]:
    yield "disagree", lambda: objections.disagree(life, now, REASON)
    yield "weigh: stands", lambda: objections.weigh(life, now, True)
    yield "weigh: concern", lambda: objections.weigh(life, now, False)


def explore(terms: Terms, desk: bool = True) -> dict[State, list[tuple[str, State]]]:
    """Every state that can be reached, with its moves; Broken at the first law that is. ``desk``: with panels."""
    first = start(terms)
    found: dict[State, list[tuple[str, State]]] = {}
    known, waiting = {first}, deque([first])
    while waiting:
        state = waiting.popleft()
        found[state] = list(moves(state, desk))
        for name, new in found[state]:
            try:
                law(name, state, new)
            except Broken as broken:
                raise Broken(f"{broken}: {name} from {state} to {new}") from None
            if new not in known:
                known.add(new)
                waiting.append(new)
    return found


def stranded(found: dict[State, list[tuple[str, State]]]) -> list[State]:
    """States from which no end is reached without the proposer's withdrawal, or the word of those who object."""
    into: dict[State, list[State]] = {}
    for state, ways in found.items():
        for name, new in ways:
            if name not in UNWILLING:
                into.setdefault(new, []).append(state)
    good = {state for state in found if state.case.decision.state in ENDS and state.case.decision.state != "withdrawn"}
    waiting = deque(good)
    while waiting:
        for state in into.get(waiting.popleft(), ()):
            if state not in good:
                good.add(state)
                waiting.append(state)
    return [state for state in found if state not in good and state.case.decision.state not in ENDS]
