"""Delivery: milestones with their days, what residents saw on the site, and changes to the plan."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict


def milestones_done(facts: Facts) -> Verdict:
    """Every milestone is done, and no material change stands."""
    rows = facts.of("milestones")
    done = [row for row in rows if row.get("done")]
    says = phrase("%(done)s of %(n)s milestones are done.", done=len(done), n=len(rows))
    missing = [phrase("“%(what)s” is not done yet.", what=row["what"]) for row in rows if not row.get("done")]
    if not rows:
        missing.append(phrase("Enter the milestones."))
    missing += [
        phrase("“%(what)s” changes the plan: send the project back to where the plan is fixed.", what=row["what"])
        for row in facts.of("changes")
        if row["material"] == "yes"
    ]
    return Verdict(not missing, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec("milestones", ("edit", "supervise")),
    title=phrase("Milestones"),
    ask=phrase("Enter how far the works are"),
    verb=phrase("Enter progress"),
    sections=(
        Section(
            "milestones",
            phrase("Milestones"),
            phrase("Add a milestone"),
            (
                Field("what", phrase("What")),
                Field("due", phrase("Planned for"), "day"),
                Field("done", phrase("Done on"), "day", required=False),
                Field("by", phrase("Who does it")),
                Field("seen_by", phrase("Which residents looked at it"), required=False),
            ),
            document=True,
        ),
        Section(
            "changes",
            phrase("Changes to the plan"),
            phrase("Add a change"),
            (
                Field("what", phrase("What is to be different")),
                Field("why", phrase("Why"), "prose"),
                Field(
                    "material",
                    phrase("Does it change what was decided?"),
                    "choice",
                    choices={"no": phrase("No, a detail"), "yes": phrase("Yes, materially")},
                ),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("milestones_done", phrase("Milestones done"), True, milestones_done),),
)
