"""Permits: which are needed, and which were given; or why none is needed."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict

STATES = {
    "given": phrase("given"),
    "not_needed": phrase("not needed"),
    "asked": phrase("asked for"),
    "refused": phrase("refused"),
}


def permits_noted(facts: Facts) -> Verdict:
    """Every permit is given, or not needed, with its number or the reason."""
    rows = facts.of("permits")
    open_ = [row for row in rows if row["state"] in ("asked", "refused")]
    says = phrase("%(n)s permits are noted, %(open)s of them not given.", n=len(rows), open=len(open_))
    if not rows:
        return Verdict(False, says, (phrase("Note the permits, or that none is needed and why."),))
    missing = tuple(phrase("“%(what)s” is %(state)s.", what=row["what"], state=STATES[row["state"]]) for row in open_)
    return Verdict(not missing, says, missing)


REGISTER = Register(
    spec=ActivitySpec("permits", ("edit",)),
    title=phrase("Permits"),
    ask=phrase("Note permits, or why none is needed"),
    verb=phrase("Note permits"),
    sections=(
        Section(
            "permits",
            phrase("Permits"),
            phrase("Add a permit"),
            (
                Field("what", phrase("What for")),
                Field("state", phrase("State"), "choice", choices=STATES),
                Field("authority", phrase("Which authority, or who says that none is needed")),
                Field("number", phrase("Number of the document, or the reason")),
                Field("day", phrase("Day"), "day"),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("permits_noted", phrase("Permits noted"), True, permits_noted),),
)
