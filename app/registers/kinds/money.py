"""Money: what it costs, and where the money comes from. Recorded here, never collected."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec
from app.engine.phrase import Money, phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict

SOURCES = {
    "grant": phrase("Grant"),
    "repair_fund": phrase("Repair fund"),
    "common_income": phrase("Common income"),
    "self_raised": phrase("Self-raised"),
    "crowdfunded": phrase("Crowdfunded"),
    "donation": phrase("Donation"),
}
STATES = {"received": phrase("received"), "promised": phrase("promised in writing"), "asked": phrase("asked for")}


def sums(facts: Facts) -> tuple[int, int, int]:
    """Costs, money that is sure (received or promised in writing), and money asked for, in fen."""
    costs = sum(int(row["amount"]) for row in facts.of("costs"))
    sure = sum(int(row["amount"]) for row in facts.of("sources") if row["state"] in ("received", "promised"))
    asked = sum(int(row["amount"]) for row in facts.of("sources") if row["state"] == "asked")
    return costs, sure, asked


def funded_in_full(facts: Facts) -> Verdict:
    """The sure money covers the costs, to the fen."""
    costs, sure, _ = sums(facts)
    says = phrase(
        "It costs %(costs)s; %(sure)s is received or promised in writing.", costs=Money(costs), sure=Money(sure)
    )
    missing = []
    if not costs:
        missing.append(phrase("Enter what it costs."))
    elif sure < costs:
        missing.append(phrase("%(gap)s is still missing.", gap=Money(costs - sure)))
    return Verdict(not missing, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec("money", ("edit",)),
    title=phrase("Costs and money"),
    ask=phrase("Enter costs and where the money comes from"),
    verb=phrase("Enter money"),
    sections=(
        Section(
            "costs",
            phrase("Costs"),
            phrase("Add a cost"),
            (
                Field("what", phrase("What for")),
                Field("amount", phrase("Amount in yuan"), "money"),
                Field("basis", phrase("According to"), hint=phrase("An offer, a price list, an estimate.")),
            ),
            document=True,
        ),
        Section(
            "sources",
            phrase("Where the money comes from"),
            phrase("Add a source"),
            (
                Field("kind", phrase("Kind"), "choice", choices=SOURCES),
                Field("from", phrase("From whom")),
                Field("amount", phrase("Amount in yuan"), "money"),
                Field("state", phrase("How sure it is"), "choice", choices=STATES),
            ),
            document=True,
        ),
    ),
    gates=(RegisterGate("funded_in_full", phrase("Funded in full"), False, funded_in_full),),
)
