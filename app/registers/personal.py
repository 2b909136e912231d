"""What is kept of a person's entries in lists."""

from __future__ import annotations

import json
from typing import Any

from app.core.i18n import iso
from app.core.personal import Erasing, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.unnaming import hand_on, unname_events
from app.registers.models import RegisterEntry


def _read(of: Subject) -> dict[str, Any]:
    return {
        "entries": [
            {
                "list": row.section,
                "data": json.dumps(row.data, ensure_ascii=False),
                "at": iso(row.at),
                "removed": row.removed_reason,
            }
            for row in own(RegisterEntry, RegisterEntry.person_id, of.person_id)
        ]
    }


def _erase(tx: Tx, of: Erasing) -> None:
    hand_on(tx, of, RegisterEntry.person_id)
    unname_events(tx, of, "register.")


PERSONAL = (
    Personal(
        "entries",
        phrase("What you entered in lists"),
        phrase("Entries in a project’s lists, such as acceptances and stewards, and names that stand in them."),
        phrase("The method asks for these lists, and records freeze them."),
        phrase("As long as the project’s record; a name in them is removed when you ask."),
        phrase("Everybody; some fields only those of the community."),
        "13(1)(1)",
        columns=("register_entry.person_id",),
        parts={"entries": phrase("Entries in lists")},
        read=_read,
        erase=_erase,
    ),
)
