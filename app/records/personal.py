"""What records keep of persons: words beside hashes, which can be removed."""

from __future__ import annotations

from app.core.personal import Personal
from app.engine.phrase import phrase

PERSONAL = (
    Personal(
        "records",
        phrase("Words in records"),
        phrase(
            "What was said and proposed, and names that were shown, as a step closed. Hashes hold only their "
            "scrambled fingerprints."
        ),
        phrase("A record shows how a decision came about, and can’t be changed unnoticed."),
        phrase("For good; your words and your name in them are removed when you ask, and every hash still holds."),
        phrase("Everybody."),
        "13(1)(3), 47",
        deeds=("record.published_by_id",),
    ),
)
