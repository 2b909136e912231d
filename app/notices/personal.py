"""What is kept of a person's complaints against notices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from app.core.database import db
from app.core.i18n import iso
from app.core.personal import Erasing, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.notices.models import Complaint
from app.people.unnaming import hand_on, unname_events


def _read(of: Subject) -> dict[str, Any]:
    mine = Complaint.person_id == of.person_id
    if of.household_id is not None:
        mine = or_(mine, Complaint.household_id == of.household_id)  # of its code: no person is known
    rows = db.session.scalars(select(Complaint).where(mine).order_by(Complaint.id))
    return {"complaints": [{"text": row.text, "at": iso(row.at), "answer": row.answer} for row in rows]}


def _erase(tx: Tx, of: Erasing) -> None:
    hand_on(tx, of, Complaint.person_id)
    unname_events(tx, of, "complaint.")


def _texts(of: Subject) -> list[str]:
    return [row.text for row in own(Complaint, Complaint.person_id, of.person_id)]


PERSONAL = (
    Personal(
        "complaints",
        phrase("What you complained of"),
        phrase("Complaints against public notices and their answers; by paper also the name that stands on it."),
        phrase("Each complaint is answered by name, and it must be possible to show that it was."),
        phrase("As long as the notice; your name is taken off when you ask, the words too."),
        phrase("Everybody, without your name; the desk knows from whom it is."),
        "13(1)(3)",
        columns=("complaint.person_id", "complaint.household_id"),
        deeds=("notice.posted_by_id", "notice_proof.entered_by_id"),
        parts={"complaints": phrase("Complaints")},
        read=_read,
        erase=_erase,
        texts=_texts,
    ),
)
