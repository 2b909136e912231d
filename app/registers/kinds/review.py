"""The review: on which day, and where, people meet again and look at how it went."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict


def review_dated(facts: Facts) -> Verdict:
    """A review lies ahead."""
    days = sorted(str(row["day"]) for row in facts.of("reviews"))
    ahead = [day for day in days if day > facts.today.isoformat()]
    if ahead:
        return Verdict(True, phrase("The first review is on %(day)s.", day=ahead[0]))
    return Verdict(
        False,
        phrase("A day is set on which people meet again and review it."),
        (phrase("Set the day and place of the first review."),),
    )


REGISTER = Register(
    spec=ActivitySpec("review", ("edit",)),
    title=phrase("Review"),
    ask=phrase("Set the day of the first review"),
    verb=phrase("Set the review"),
    sections=(
        Section(
            "reviews",
            phrase("Reviews"),
            phrase("Add a review"),
            (
                Field("day", phrase("Day"), "day"),
                Field("place", phrase("Place")),
                Field("about", phrase("What will be looked at"), "prose"),
            ),
        ),
    ),
    gates=(RegisterGate("review_dated", phrase("Review dated"), True, review_dated),),
)
