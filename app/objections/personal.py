"""What is kept of a person at the objection desk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from app.ballots.models import Objection, Poll
from app.core.database import db
from app.core.i18n import iso
from app.core.personal import Erasing, Held, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.objections.models import DeskMessage, Disagreement, PanelWord, Seat, Willing


def _said(person_id: int) -> list[PanelWord]:
    query = select(PanelWord).join(Seat, Seat.id == PanelWord.seat_id).where(Seat.person_id == person_id)
    return list(db.session.scalars(query.order_by(PanelWord.id)))


def _read(of: Subject) -> dict[str, Any]:
    return {
        "disagreements": [
            {"reason": row.reason, "at": iso(row.at)} for row in own(Disagreement, Disagreement.person_id, of.person_id)
        ],
        "panels": [
            *({"willing": iso(row.at)} for row in own(Willing, Willing.person_id, of.person_id)),
            *({"yes": row.yes, "reason": row.reason, "at": iso(row.at)} for row in _said(of.person_id)),
        ],
    }


def _erase(tx: Tx, of: Erasing) -> None:
    # Who wrote to the desk by name: the words stay with their objection, the name goes.
    if of.subject.community_id is None or not of.subject.name:
        return
    here = (
        select(Objection.id)
        .join(Poll, Poll.id == Objection.poll_id)
        .where(Poll.community_id == of.subject.community_id)
    )
    tx.session.execute(
        update(DeskMessage)
        .where(DeskMessage.objection_id.in_(here), ~DeskMessage.from_desk, DeskMessage.name == of.subject.name)
        .values(name="")
        .execution_options(synchronize_session=False)
    )


def _held(of: Subject, _now: int) -> list[Held]:
    if not (own(Disagreement, Disagreement.person_id, of.person_id) or own(Seat, Seat.person_id, of.person_id)):
        return []
    return [
        Held(
            phrase("what you said of objections and on panels, without your name"),
            phrase("It is part of the proof of a vote, which is compared with the log word for word."),
        )
    ]


PERSONAL = (
    Personal(
        "objection desk",
        phrase("What you said of objections"),
        phrase("Reasons against an objection, whether you would sit on a panel, and what you said there."),
        phrase("An objection is decided by neighbours drawn by lot, with their reasons."),
        phrase("As long as the record of the vote; your name is taken off when you ask."),
        phrase("Everybody reads the reasons; who sat on a panel stands there."),
        "13(1)(1)",
        columns=("disagreement.person_id", "willing.person_id", "panel_seat.person_id"),
        parts={"disagreements": phrase("Reasons against an objection"), "panels": phrase("Panels")},
        read=_read,
        erase=_erase,
        held=_held,
    ),
)
