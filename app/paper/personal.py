"""What is kept of those who help at the desk of a vote on paper."""

from __future__ import annotations

from typing import Any

from app.core.i18n import iso
from app.core.personal import Personal, Subject, own
from app.engine.phrase import phrase
from app.paper.models import PaperHelper
from app.people.unnaming import when


def _read(of: Subject) -> dict[str, Any]:
    rows = own(PaperHelper, PaperHelper.person_id, of.person_id)
    return {"helped": [{"from": iso(row.at), "until": when(row.ended_at)} for row in rows]}


PERSONAL = (
    Personal(
        "paper desk",
        phrase("Help at the desk of a vote on paper"),
        phrase("That you helped there, and which sheets you read, with a second person."),
        phrase("Each sheet is read by two, and it must be possible to show that they were two."),
        phrase("As long as the record of the vote; your name is taken off when you ask."),
        phrase("The desk and the inspectors."),
        "13(1)(3)",
        columns=("paper_helper.person_id",),
        deeds=(
            "paper_helper.named_by_id",
            "paper_sheet.issued_by_id",
            "paper_entry.person_id",
            "paper_check.person_id",
        ),
        parts={"helped": phrase("Help at the desk")},
        read=_read,
    ),
)
