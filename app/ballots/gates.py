"""What votes tell a step: their kind of activity, and the gates that look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import url_for

from app.ballots import queries
from app.ballots.course import phase_of
from app.ballots.figures import figures, preliminary_says
from app.ballots.holds import Hold, holds_of
from app.ballots.models import Poll
from app.ballots.queries import Round
from app.ballots.record import record
from app.ballots.times import notice_ends
from app.core.i18n import say
from app.core.live import Shown
from app.engine.catalogue import ActivitySpec, GateSpec, SettingSpec
from app.engine.gates import GateResult, Missing
from app.engine.objections import NAMES
from app.engine.phrase import Either, Moment, Phrase, phrase
from app.engine.voting import RULES, Test
from app.engine.voting.arithmetic import quorum_sum
from app.engine.voting.decision import Phase
from app.projects.kinds import ActivityKind, ActivityRef, GateKind, GateRef, Summary

METHOD_RULES = tuple(key for key in RULES if key != "owners_special")  # that one follows from a matter
SPEC = ActivitySpec(
    "ballot",
    ("vote",),
    (
        SettingSpec("rule", "str", required=True, choices=METHOD_RULES),
        SettingSpec("electorate", "str", required=True, choices=("household", "person", "owner")),
        SettingSpec("quorum", "fraction", default="1/2", minimum=1),
        SettingSpec("announce_hours", "int", default=48, minimum=0),
        SettingSpec("open_days", "int", default=7, minimum=1),
        SettingSpec("threshold", "fraction", default="1/2", minimum=1),
        SettingSpec("rounds", "int", default=3, minimum=1),
        SettingSpec("secret", "bool", default=False),
        SettingSpec("paper", "str", default="none", choices=("none", "last", "final")),
        SettingSpec("count_notice_days", "int", default=7, minimum=1),  # of owners' votes: before the final count
        SettingSpec("proxies", "int", default=3, minimum=0),  # mandates that one person may hold
        SettingSpec("quorum_rings", "strs", default=()),  # rings of which a third must take part, where persons vote
        SettingSpec("prolong_days", "int", default=0, minimum=0),
        SettingSpec("handle_days", "int", default=60, minimum=10),
        SettingSpec("narrow", "bool", default=True),
        SettingSpec("formal", "str", default="none", choices=("none", "majority")),  # the vote after a deadlock
    ),
)
COUNTING = phrase("Closed. The votes on paper are being counted; the result is shown when all of them are.")
PAPER_SAYS = {
    "none": phrase("This vote has no paper ballots. Who can’t vote online is helped at the desk."),
    "last": phrase(
        "On paper or online: what a household said last counts; for a sheet of paper, that is when the desk recorded it in "
        "the box. Once the desk knows whose sheet it is, that household can’t vote online any more, unless what it said "
        "online came later. Of two sheets, the later one counts."
    ),
    "final": phrase(
        "On paper or online: a household’s valid sheet of paper counts, whatever it says online, before or after. Once the "
        "desk knows whose sheet it is, that household can’t vote online any more. Of two sheets, the later one counts."
    ),
}
TO_ANNOUNCE = phrase("Write the text to be decided, and announce the vote.")
NOT_YET = phrase("The text to be decided has not been announced yet.")


def standing(item: Round) -> Phrase:
    """How a round stands, in one sentence."""
    if item.phase == "announced":
        return phrase("Announced; the vote opens %(when)s.", when=Moment(item.poll.opens_at))
    if item.phase == "open":
        return turnout(item)
    if item.phase == "counting":
        return COUNTING
    if item.phase == "void" or item.tally is None:
        return phrase("This round was found void.")
    if item.preliminary:
        return phrase(
            "Preliminary count, under notice until %(when)s. %(count)s",
            when=Moment(notice_ends(item.poll)),
            count=preliminary_says(item.tally),
        )
    return item.tally.verdict


def turnout(item: Round) -> Phrase:
    """How many took part, as far as it may be told: rounded down to fives before the close."""
    size, needed = item.poll.roll_size, item.needed
    if item.phase != "open":
        return phrase("%(n)s of %(size)s took part.", n=item.turnout, size=size)
    few = phrase(
        "The vote is open. Fewer than 5 of %(size)s have taken part so far; %(needed)s are needed.",
        size=size,
        needed=needed,
    )
    some = phrase(
        "The vote is open. At least %(n)s of %(size)s have taken part so far; %(needed)s are needed.",
        n=item.turnout,
        size=size,
        needed=needed,
    )
    if isinstance(item.turnout, Shown):  # of a page that is kept: most summaries are written for nobody to read
        return Either(few.msgid, few.values, number=item.turnout, some=some)
    return some if item.turnout else few


def asked(poll: Poll) -> Phrase:
    """Who is asked, in one plain sentence."""
    return asked_preview(poll.electorate, poll.asked_of, poll.roll_size)


def asked_preview(electorate: str, asked_of: Sequence[str], size: int) -> Phrase:
    """Who would be asked: ``asked_of`` names buildings or entrances, none for the whole community."""
    places = "、".join(asked_of)
    if electorate == "owner":
        if places:
            return phrase("The %(n)s owners of %(places)s, counted by heads and by floor area.", n=size, places=places)
        return phrase("All %(n)s owners of the community, counted by heads and by floor area.", n=size)
    if electorate == "household":
        if places:
            return phrase("The %(n)s households of %(places)s; each household has one vote.", n=size, places=places)
        return phrase("All %(n)s households of the community; each has one vote.", n=size)
    if places:
        return phrase(
            "The %(n)s residents of %(places)s who had signed in by the announcement; each has one vote.",
            n=size,
            places=places,
        )
    return phrase("The %(n)s residents who had signed in by the announcement; each has one vote.", n=size)


TESTS = {
    "ring": phrase("Did a third of this ring take part?"),
    "quorum": phrase("Did enough take part?"),
    "objections": phrase("Does an objection stand?"),
    "approval": phrase("Did enough of them say yes?"),
    "quorum_area": phrase("Did enough take part by floor area?"),
    "approval_area": phrase("Did enough of them say yes by floor area?"),
}


def arithmetic(item: Round, test: Test) -> Phrase | None:
    """A test worked out in whole numbers, the way one does it on paper."""
    if test.sum is not None:
        return test.sum
    if test.key != "quorum" or item.tally is None:
        return None
    share = Fraction(item.poll.quorum)
    return quorum_sum(item.tally.cast, item.tally.electorate, share.numerator, share.denominator)


def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
    """How each vote stands."""
    latest = queries.latest_rounds([ref.id for ref in refs], now)
    found = []
    for ref in refs:
        item = latest.get(ref.id)
        if item is None:
            found.append(Summary(NOT_YET))
        elif item.phase == "open":
            found.append(
                Summary(
                    standing(item),
                    phrase("“%(title)s”: say what you think of it", title=item.version.title),
                    phrase("Vote"),
                    item.closes_at,
                    "vote",
                )
            )
        else:
            due = item.poll.opens_at if item.phase == "announced" else None
            found.append(Summary(standing(item), due=due))
    return found


def judge_passed(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when the newest round passed by its rule, and what it decided is adopted."""
    found = _stand(refs, now)
    waiting = [ref.activity for ref in refs if ref.activity and _to_be_adopted(found.get(ref.activity.id))]
    holds = holds_of(waiting, now)
    return [
        _to_adopt(ref, ref.activity, found[ref.activity.id].round, holds[ref.activity.id])
        if ref.activity is not None and ref.activity.id in holds
        else _result(ref, found, lambda item: item.passed)
        for ref in refs
    ]


@dataclass(frozen=True)
class Stand:
    """Where the decision of a vote stands: its newest round, and its phase."""

    round: Round
    phase: Phase


def _stand(refs: Sequence[GateRef], now: int) -> dict[int, Stand]:
    decisions = queries.decisions_of(ref.activity.id for ref in refs if ref.activity)
    rounds = queries.rounds_of([row.id for row in decisions.values()], now)
    return {
        activity: Stand(rounds[row.id][0], phase_of(row, rounds[row.id], now))
        for activity, row in decisions.items()
        if rounds[row.id]
    }


def _to_be_adopted(stand: Stand | None) -> bool:
    return stand is not None and stand.round.passed and stand.phase != "adopted"


def _to_adopt(ref: GateRef, activity: ActivityRef, item: Round, holds: Sequence[Hold]) -> GateResult:
    """Passed, and not adopted yet: what comes next is whatever holds it back, then the adoption."""
    todo = tuple(Missing(hold.says, hold.activity.href) for hold in holds)
    if not todo:
        href = url_for("ballots.adopt", slug=ref.slug, public_id=activity.public_id)
        todo = (Missing(phrase("It passed. Adopt it now: say who sees to it."), href),)
    return GateResult(ref.gate.key, ref.gate.kind, False, standing(item), todo)


def judge_objections(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when the newest round is closed and no objection of it stands."""
    found = _stand(refs, now)
    return [_result(ref, found, lambda item: item.phase == "closed" and item.standing == 0) for ref in refs]


def _result(ref: GateRef, found: dict[int, Stand], holds: Callable[[Round], bool]) -> GateResult:
    stand = found.get(ref.activity.id) if ref.activity else None
    if stand is None or ref.activity is None:
        missing = Missing(TO_ANNOUNCE, ref.activity.href if ref.activity else None)
        return GateResult(ref.gate.key, ref.gate.kind, False, NOT_YET, (missing,))
    item = stand.round
    if holds(item):
        says = item.tally.verdict if item.tally else NOT_YET
        if ref.gate.kind == "objections_ended":
            says = phrase("No objection stands.")
        return GateResult(ref.gate.key, ref.gate.kind, True, says)
    return GateResult(ref.gate.key, ref.gate.kind, False, standing(item), (_next(ref.activity, stand),))


# What comes next for a vote that has not passed, by the phase of its decision.
NEXT: dict[str, Phrase] = {
    "drafting": TO_ANNOUNCE,
    "counting": phrase("Finish the count of the paper ballots."),
    "void": phrase("The round was found void. Announce it once more."),
    "lapsed": phrase("Too few took part, and the vote has lapsed: send the project back, or end it with its reason."),
    "handling": phrase("See to each objection at the desk, change the text, and announce it again."),
    "integrating": phrase("Change the text and announce it again, or send the project back."),
    "deadlock": phrase(
        "The rounds or the time are used up. Choose a way out: a smaller text, another vote, or an end."
    ),
    "rejected": phrase("It was given up: send the project back, or end it with its reason."),
    "withdrawn": phrase("It was withdrawn: send the project back, or end it with its reason."),
}


def _next(activity: ActivityRef, stand: Stand) -> Missing:
    item, phase = stand.round, stand.phase
    if phase in ("announced", "open"):
        return Missing(phrase("Wait for the close: %(when)s.", when=Moment(item.closes_at)))
    if item.preliminary:
        todo = phrase("The count is preliminary. Answer what is objected to it, and make it final.")
        return Missing(todo, activity.href)
    if phase == "handling" or (phase == "integrating" and item.standing):
        return Missing(NEXT["handling"], url_for("objections.desk", slug=activity.slug))
    return Missing(NEXT.get(phase, standing(item)), activity.href)


def state_name(state: str) -> str:
    """The state of an objection in the reader's language."""
    return say(NAMES[state])


BALLOT = ActivityKind(
    spec=SPEC,
    title=phrase("Vote"),
    endpoint="ballots.activity",
    summaries=summaries,
    record=record,
    record_template="ballots/_record.html",
    own_times=True,
    answered=queries.cast_in,
    figures=figures,
)
PASSED = GateKind(
    GateSpec("ballot_passed", waivable=False, needs_activity=("ballot",)), phrase("The vote passed"), judge_passed
)
ENDED = GateKind(
    GateSpec("objections_ended", waivable=False, needs_activity=("ballot",)),
    phrase("Every objection came to an end"),
    judge_objections,
)
ADOPTED = GateKind(
    GateSpec("convention_adopted", waivable=False, needs_activity=("ballot",)),
    phrase("The convention is adopted"),
    judge_passed,
)
