"""Stewards: who keeps the place, with which duty, on which days."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, SettingSpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict


def stewards_named(facts: Facts) -> Verdict:
    """Enough different people keep the place."""
    least = facts.activity.whole("least")
    names = {str(row["name"]).strip() for row in facts.of("stewards")}
    says = phrase("%(n)s stewards are named; at least %(least)s are asked for.", n=len(names), least=least)
    short = least - len(names)
    return Verdict(short <= 0, says, (phrase("Name %(n)s more stewards.", n=short),) if short > 0 else ())


REGISTER = Register(
    spec=ActivitySpec("stewards", ("edit",), (SettingSpec("least", "int", default=2, minimum=1),)),
    title=phrase("Stewards and duties"),
    ask=phrase("Enter who keeps the place"),
    verb=phrase("Enter stewards"),
    sections=(
        Section(
            "stewards",
            phrase("Stewards"),
            phrase("Add a steward"),
            (
                Field("name", phrase("Name")),
                Field("duty", phrase("Duty")),
                Field("when", phrase("When")),
                Field("contact", phrase("How to reach them"), required=False, members=True),
            ),
        ),
    ),
    gates=(RegisterGate("stewards_named", phrase("Stewards named"), True, stewards_named),),
)
