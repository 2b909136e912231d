"""What is kept of those who lead projects."""

from __future__ import annotations

from app.core.personal import Personal
from app.engine.phrase import phrase

PERSONAL = (
    Personal(
        "office",
        phrase("What staff do in their office"),
        phrase(
            "Who led a project, opened and closed its steps, waived a gate or signed for it, and published records, "
            "by name and role."
        ),
        phrase("Whoever decides for others answers for it by name."),
        phrase("As long as the record; what was done in an office keeps its name."),
        phrase("Everybody."),
        "13(1)(3)",
        deeds=("project.facilitator_id", "gate_waiver.person_id", "sign_off.person_id"),
    ),
)
