"""Acceptance: residents look at the finished work and say whether it is what was decided."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, SettingSpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict

RESULTS = {
    "accepted": phrase("Accepted"),
    "mended": phrase("Accepted after mending"),
    "defects": phrase("Not accepted: defects"),
}


def accepted(facts: Facts) -> Verdict:
    """Enough residents have accepted, and none reports defects that are still there."""
    least, rows = facts.activity.whole("least_residents"), facts.of("acceptances")
    good = len({str(row["name"]).strip() for row in rows if row["result"] != "defects"})
    defects = [row for row in rows if row["result"] == "defects"]
    says = phrase("%(n)s residents have accepted it; at least %(least)s are asked for.", n=good, least=least)
    missing = [
        # Without the name: it is for members, and this stands on the project's page for everybody.
        phrase("A resident found defects: %(text)s", text=row["remarks"] or "–")
        for row in defects
    ]
    if good < least:
        missing.append(phrase("%(n)s more residents are to accept it.", n=least - good))
    return Verdict(not missing, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec("acceptance", ("edit",), (SettingSpec("least_residents", "int", default=3, minimum=1),)),
    title=phrase("Acceptance"),
    ask=phrase("Look at the work and say whether you accept it"),
    verb=phrase("Enter acceptance"),
    sections=(
        Section(
            "acceptances",
            phrase("Acceptance"),
            phrase("Add an acceptance"),
            (
                Field("name", phrase("Name of the resident"), members=True),
                Field("day", phrase("Day"), "day"),
                Field("result", phrase("Result"), "choice", choices=RESULTS),
                Field("remarks", phrase("Remarks"), "prose", required=False),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("accepted", phrase("Accepted by residents"), True, accepted),),
)
