"""What a voting rule is: a value that reads ballots and weighs them. Integers and fractions only, never floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from app.engine.errors import Invalid
from app.engine.method import Text
from app.engine.phrase import Phrase, phrase

Choice = Mapping[str, str]
MOST_TEXT = 2000


@dataclass(frozen=True)
class Stance:
    """One answer a ballot may give: its name, what it means, and how it is drawn (yes, con, obj, abs)."""

    key: str
    title: Phrase
    means: Phrase
    style: str


@dataclass(frozen=True)
class Policy:
    """What is fixed at the announcement beside the rule.

    ``quorum`` is the share of the electorate that must cast; ``threshold`` the share of the cast that must agree;
    ``strict`` asks for more than the threshold, otherwise reaching it is enough.
    """

    quorum: Fraction
    threshold: Fraction = Fraction(1, 2)
    strict: bool = True


@dataclass(frozen=True)
class Vote:
    """One live ballot; ``area`` is what stands behind it, in 0.01 m², where a rule weighs floor area."""

    slot: str
    choice: Choice
    area: int = 0


@dataclass(frozen=True)
class Box:
    """What lies in the box: for each stance, how many gave it, and the floor area behind them in 0.01 m²."""

    counts: Mapping[str, int]
    areas: Mapping[str, int] = field(default_factory=dict)

    def area(self, stance: str) -> int:
        """The floor area behind a stance."""
        return self.areas.get(stance, 0)


@dataclass(frozen=True)
class RingTurnout:
    """A ring of persons of which a third must take part: its members at the freeze, and how many of them cast."""

    title: Text
    members: int
    cast: int

    @property
    def enough(self) -> bool:
        """Whether a third have cast, in whole numbers; a ring without members asks for nobody."""
        return 3 * self.cast >= self.members


@dataclass(frozen=True)
class Roll:
    """All who are asked: how many heads, their floor area in 0.01 m², and the rings that must take part."""

    heads: int
    area: int = 0
    rings: tuple[RingTurnout, ...] = ()


@dataclass(frozen=True)
class Test:
    """One condition with its numbers filled in: ``left`` against ``right``, and whether it holds.

    ``sum`` works it out in whole numbers, the way one does it on paper.
    """

    key: str
    holds: bool
    left: int
    right: int
    says: Phrase
    sum: Phrase | None = None


@dataclass(frozen=True)
class Tally:
    """The count of a poll and what follows from it, explained. Areas are there where the rule weighs them."""

    counts: Mapping[str, int]
    cast: int
    electorate: int
    tests: tuple[Test, ...]
    passed: bool
    quorum_met: bool
    verdict: Phrase
    areas: Mapping[str, int] = field(default_factory=dict)
    area_cast: int = 0
    area_all: int = 0


@dataclass(frozen=True)
class Rule:
    """A voting rule: its stances, how a ballot is read, and how ballots are weighed.

    ``source`` says where the rule comes from; ``fixed`` holds the shares where no policy sets them but the law.
    ``by_area`` says that floor area is weighed beside heads.
    """

    key: str
    title: Phrase
    says: Phrase
    source: Phrase
    stances: tuple[Stance, ...]
    read: Callable[[Mapping[str, object]], dict[str, str]]
    weighs: Callable[[Box, Roll, Policy, int], Tally]
    objects: frozenset[str] = frozenset()
    fixed: Policy | None = None
    by_area: bool = False

    def weigh(self, box: Box | Mapping[str, int], roll: Roll | int, policy: Policy, withdrawn: int) -> Tally:
        """Weigh a box against a roll; where heads alone are weighed, counts and a number of heads are enough."""
        box = box if isinstance(box, Box) else Box(box)
        roll = roll if isinstance(roll, Roll) else Roll(roll)
        return _with_rings(self.weighs(box, roll, self.fixed or policy, withdrawn), roll.rings)

    def tally(self, votes: Sequence[Vote], electorate: Roll | int, policy: Policy, withdrawn: int = 0) -> Tally:
        """Count and weigh live ballots; ``withdrawn`` of the objections among them were ended by those who raised them."""
        return self.weigh(fill(self.stances, votes), electorate, policy, withdrawn)

    def stance(self, key: str) -> Stance:
        """The stance with this key."""
        return next(item for item in self.stances if item.key == key)


def _with_rings(tally: Tally, rings: tuple[RingTurnout, ...]) -> Tally:
    """The tally with a test for each ring that must take part. How many of a ring cast is not told: it may be few."""
    if not rings:
        return tally
    tests = tuple(Test("ring", ring.enough, int(ring.enough), 1, _ring_says(ring)) for ring in rings)
    tally = replace(tally, tests=(tally.tests[0], *tests, *tally.tests[1:]))
    if all(ring.enough for ring in rings):
        return tally
    return replace(tally, passed=False, quorum_met=False, verdict=phrase("Not decided: too few took part."))


def _ring_says(ring: RingTurnout) -> Phrase:
    if ring.enough:
        return phrase("%(ring)s (%(members)s): at least a third took part.", ring=ring.title, members=ring.members)
    return phrase("%(ring)s (%(members)s): fewer than a third took part.", ring=ring.title, members=ring.members)


def by_heads(
    weigh: Callable[[Mapping[str, int], int, Policy, int], Tally],
) -> Callable[[Box, Roll, Policy, int], Tally]:
    """A rule that weighs heads alone."""
    return lambda box, roll, policy, withdrawn: weigh(box.counts, roll.heads, policy, withdrawn)


def fill(stances: Sequence[Stance], votes: Sequence[Vote]) -> Box:
    """The box with these ballots; ValueError for one that this rule can't have accepted, or two of one slot."""
    counts = {stance.key: 0 for stance in stances}
    areas = dict(counts)
    slots: set[str] = set()
    for vote in votes:
        if vote.slot in slots:
            raise ValueError("two live ballots of one slot")
        slots.add(vote.slot)
        stance = vote.choice.get("stance")
        if stance not in counts:
            raise ValueError(f"no such stance: {stance}")
        counts[stance] += 1
        areas[stance] += vote.area
    return Box(counts, areas)


def quorum_test(cast: int, electorate: int, quorum: Fraction) -> Test:
    """Whether enough of the electorate have cast, in whole numbers; one at least, whatever the share."""
    left, right = cast * quorum.denominator, electorate * quorum.numerator
    needed = max(-(-right // quorum.denominator), 1)
    holds = electorate > 0 and cast >= needed
    says = phrase(
        "%(cast)s of %(electorate)s took part; %(share)s asks for at least %(needed)s.",
        cast=cast,
        electorate=electorate,
        share=f"{quorum.numerator}/{quorum.denominator}",
        needed=needed,
    )
    return Test("quorum", holds, left, right, says)


def read_stance(stances: Sequence[Stance], raw: Mapping[str, object]) -> str:
    """The stance that was chosen; Invalid when none, or one that isn't offered."""
    chosen = raw.get("stance")
    if not isinstance(chosen, str) or chosen not in {stance.key for stance in stances}:
        sentence = phrase("Choose one of these.")
        raise Invalid(sentence, {"stance": sentence})
    return chosen


def read_text(raw: Mapping[str, object], name: str) -> str:
    """A text of a ballot, trimmed; "" when there is none."""
    value = raw.get(name)
    return value.strip() if isinstance(value, str) else ""
