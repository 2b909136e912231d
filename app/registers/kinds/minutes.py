"""Minutes of a meeting or a walk: who came, what was said, the minority's view, and who confirms it."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, SettingSpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict

KINDS = {
    "hearing": phrase("Hearing"),
    "coordination": phrase("Coordination meeting"),
    "review": phrase("Review meeting"),
    "walk": phrase("Site walk"),
    "workshop": phrase("Workshop"),
}


def minutes_confirmed(facts: Facts) -> Verdict:
    """A meeting with enough people has minutes that enough of those present confirmed."""
    least, confirmers = facts.activity.whole("least_present"), facts.activity.whole("confirmers")
    present = max((int(row["present"]) for row in facts.of("meeting")), default=0)
    confirmed = len({str(row["name"]).strip() for row in facts.of("confirmations")})
    says = phrase(
        "%(present)s were there (at least %(least)s), %(confirmed)s confirmed the minutes (at least %(confirmers)s).",
        present=present,
        least=least,
        confirmed=confirmed,
        confirmers=confirmers,
    )
    missing = []
    if not facts.of("meeting"):
        missing.append(phrase("Enter the minutes."))
    elif present < least:
        missing.append(phrase("Too few were there: meet again."))
    if confirmed < confirmers:
        missing.append(phrase("Have %(n)s more of those present confirm the minutes.", n=confirmers - confirmed))
    return Verdict(not missing, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec(
        "minutes",
        ("edit",),
        (
            SettingSpec("least_present", "int", default=5, minimum=1),
            SettingSpec("confirmers", "int", default=3, minimum=1),
        ),
    ),
    title=phrase("Minutes"),
    ask=phrase("Enter the minutes and who confirms them"),
    verb=phrase("Enter minutes"),
    sections=(
        Section(
            "meeting",
            phrase("Meeting"),
            phrase("Add a meeting"),
            (
                Field("kind", phrase("Kind of meeting"), "choice", choices=KINDS),
                Field("day", phrase("Day"), "day"),
                Field("place", phrase("Place")),
                Field("present", phrase("How many were there"), "count"),
                Field("who", phrase("Who was there, by ring")),
                Field("points", phrase("What was said"), "prose"),
                Field("minority", phrase("What the minority said"), "prose", required=False),
                Field("decisions", phrase("What was agreed: who does what, by when"), "prose"),
            ),
            document=True,
        ),
        Section(
            "confirmations",
            phrase("Confirmed by"),
            phrase("Add a confirmation"),
            (
                Field("name", phrase("Name of one who was there")),
                Field(
                    "how", phrase("How it was confirmed"), hint=phrase("Signed on the sheet, by message, in person.")
                ),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("minutes_confirmed", phrase("Minutes confirmed"), True, minutes_confirmed),),
)
