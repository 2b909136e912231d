"""Outreach: how many households were reached, building by building, and on which way."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, SettingSpec
from app.engine.phrase import Phrase, phrase
from app.registers.shape import Facts, Field, Reach, Register, RegisterGate, Section, Verdict

WAYS = ("screen", "paper", "door")


def reached(facts: Facts) -> dict[str, int]:
    """Households reached in each building, never more than it has."""
    found: dict[str, int] = {}
    for row in facts.of("buildings"):
        label = str(row["building"])
        found[label] = found.get(label, 0) + sum(int(row[way]) for way in WAYS)
    return {label: min(n, facts.buildings.get(label, n)) for label, n in found.items()}


def by_building(facts: Facts) -> list[Reach]:
    """Each building of the project's scope with how many of its households were reached."""
    have = reached(facts)
    return [Reach(label, have.get(label, 0), total) for label, total in facts.buildings.items()]


def outreach_met(facts: Facts) -> Verdict:
    """The share of households is reached, and no building is left out where the method says so."""
    target, all_, have = facts.activity.whole("target_percent"), sum(facts.buildings.values()), reached(facts)
    total = sum(n for label, n in have.items() if label in facts.buildings)
    needed = -(-all_ * target // 100)
    says = phrase(
        "%(n)s of %(all)s households reached; %(target)s%% are asked for, that is %(needed)s.",
        n=total,
        all=all_,
        target=target,
        needed=needed,
    )
    missing: list[Phrase] = []
    if not all_ or total < needed:
        missing.append(phrase("%(n)s more households are to be reached.", n=max(needed - total, 1)))
    if facts.activity.flag("every_building"):
        missing += [
            phrase("Building %(label)s was not reached yet.", label=label)
            for label, n in facts.buildings.items()
            if n and not have.get(label)
        ]
    return Verdict(not missing, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec(
        "outreach",
        ("edit",),
        (
            SettingSpec("target_percent", "int", default=60, minimum=1),
            SettingSpec("every_building", "bool", default=True),
        ),
    ),
    title=phrase("Outreach"),
    ask=phrase("Enter which households were reached"),
    verb=phrase("Enter outreach"),
    sections=(
        Section(
            "buildings",
            phrase("Households reached"),
            phrase("Add a count"),
            (
                Field("building", phrase("Building"), hint=phrase("As on the roll, like 5.")),
                Field("screen", phrase("On the screen"), "count"),
                Field("paper", phrase("On paper"), "count"),
                Field("door", phrase("At the door"), "count"),
                Field("elderly", phrase("Of these, with people over 70"), "count", required=False),
                Field("by", phrase("Who went there")),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("outreach_met", phrase("Outreach target met"), True, outreach_met),),
    by_building=by_building,
)
