"""Owners deciding together: Civil Code art. 278, by heads and by floor area, both of them, in whole numbers.

Owners with at least two thirds of the floor area and at least two thirds of the heads take part. An ordinary matter
needs more than half of those, a special one at least three quarters, of heads and of area again. An abstention takes
part and weighs like a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from app.engine.phrase import Phrase, phrase
from app.engine.voting.arithmetic import approval_sum, figure, quorum_sum
from app.engine.voting.majority import STANCES, read
from app.engine.voting.rule import Box, Policy, Roll, Rule, Tally, Test

ORDINARY = Policy(Fraction(2, 3), Fraction(1, 2), strict=True)
SPECIAL = Policy(Fraction(2, 3), Fraction(3, 4), strict=False)


def weigh(box: Box, roll: Roll, policy: Policy, withdrawn: int) -> Tally:
    """Four tests: participation and approval, each by heads and by floor area. All of them must hold."""
    counts = dict(box.counts)
    areas = {stance: box.area(stance) for stance in counts}
    part, area_part = sum(counts.values()), sum(areas.values())
    tests = (
        took_part("quorum", part, roll.heads, policy.quorum),
        took_part("quorum_area", area_part, roll.area, policy.quorum, area=True),
        agreed("approval", counts["yes"], part, policy),
        agreed("approval_area", areas["yes"], area_part, policy, area=True),
    )
    quorum = tests[0].holds and tests[1].holds
    enough = tests[2].holds and tests[3].holds
    if not quorum:
        verdict = phrase("Not decided: too few took part, by heads or by floor area.")
    elif enough:
        verdict = phrase("Passed: enough took part, and enough of them said yes, by heads and by floor area.")
    else:
        verdict = phrase("Not passed: too few said yes, by heads or by floor area.")
    return Tally(counts, part, roll.heads, tests, quorum and enough, quorum, verdict, areas, area_part, roll.area)


def took_part(key: str, part: int, of: int, share: Fraction, *, area: bool = False) -> Test:
    """Whether at least this share of the roll took part; never of nothing."""
    num, den = share.numerator, share.denominator
    needed = max(-(-of * num // den), 1)
    values = {
        "part": figure(part, area=area),
        "all": figure(of, area=area),
        "share": f"{num}/{den}",
        "needed": figure(needed, area=area),
    }
    if area:
        says = phrase("Owners with %(part)s of %(all)s took part; at least %(share)s is needed, %(needed)s.", **values)
    else:
        says = phrase("%(part)s of %(all)s owners took part; at least %(share)s is needed, %(needed)s.", **values)
    holds = of > 0 and part >= needed
    return Test(key, holds, part * den, of * num, says, quorum_sum(part, of, num, den, area=area))


def agreed(key: str, yes: int, part: int, policy: Policy, *, area: bool = False) -> Test:
    """Whether enough of those who took part said yes: more than the share where it is strict, else at least it."""
    num, den = policy.threshold.numerator, policy.threshold.denominator
    needed = part * num // den + 1 if policy.strict else max(-(-part * num // den), 1)
    values = {
        "yes": figure(yes, area=area),
        "part": figure(part, area=area),
        "share": f"{num}/{den}",
        "needed": figure(needed, area=area),
    }
    if area and policy.strict:
        says = phrase(
            "%(yes)s of the %(part)s that took part say yes; more than %(share)s is needed, at least %(needed)s.",
            **values,
        )
    elif area:
        says = phrase(
            "%(yes)s of the %(part)s that took part say yes; at least %(share)s is needed, %(needed)s.", **values
        )
    elif policy.strict:
        says = phrase(
            "%(yes)s of %(part)s owners who took part say yes; more than %(share)s is needed, at least %(needed)s.",
            **values,
        )
    else:
        says = phrase(
            "%(yes)s of %(part)s owners who took part say yes; at least %(share)s is needed, %(needed)s.", **values
        )
    worked = approval_sum(yes, part, num, den, strict=policy.strict, area=area)
    return Test(key, yes >= needed, yes * den, part * num, says, worked)


RULE = Rule(
    key="owners",
    title=phrase("Double majority of owners, ordinary matter"),
    says=phrase(
        "Owners with at least 2/3 of the heads and 2/3 of the floor area must take part. It passes when more than half "
        "of them say yes, by heads and by floor area. A tie fails; an abstention weighs like a no."
    ),
    source=phrase("Civil Code, article 278: matters that owners decide together."),
    stances=STANCES,
    read=read,
    weighs=weigh,
    fixed=ORDINARY,
    by_area=True,
)
SPECIAL_RULE = Rule(
    key="owners_special",
    title=phrase("Double majority of owners, special matter"),
    says=phrase(
        "Owners with at least 2/3 of the heads and 2/3 of the floor area must take part. It passes when at least 3/4 "
        "of them say yes, by heads and by floor area. An abstention weighs like a no."
    ),
    source=phrase("Civil Code, article 278: raising repair funds, rebuilding, or another use of common parts."),
    stances=STANCES,
    read=read,
    weighs=weigh,
    fixed=SPECIAL,
    by_area=True,
)


@dataclass(frozen=True)
class Item:
    """A matter that owners decide together: its place in art. 278, its name, and the rule that follows from it."""

    key: str
    number: int
    title: Phrase
    rule: str


# The items of Civil Code art. 278 (1), in its order. (6) to (8) are decided by the special majority.
ITEMS: Mapping[str, Item] = {
    item.key: item
    for item in (
        Item("assembly_rules", 1, phrase("The rules of procedure of the owners' assembly"), "owners"),
        Item("convention", 2, phrase("The owners' convention"), "owners"),
        Item("committee", 3, phrase("Electing the owners' committee, or replacing members of it"), "owners"),
        Item("manager", 4, phrase("Hiring or dismissing the property company or another manager"), "owners"),
        Item("use_funds", 5, phrase("Using the repair funds of the building"), "owners"),
        Item("raise_funds", 6, phrase("Raising repair funds for the building"), "owners_special"),
        Item("rebuild", 7, phrase("Altering or rebuilding the building and what belongs to it"), "owners_special"),
        Item(
            "common_parts",
            8,
            phrase("Another use of common parts, or a business run on them"),
            "owners_special",
        ),
        Item("other", 9, phrase("Another important matter of common ownership and management"), "owners"),
    )
}
