"""What is kept of a person's proposals and supports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from app.core.database import db
from app.core.i18n import iso
from app.core.media import Media, let_go
from app.core.personal import Erasing, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.unnaming import hand_on, unname_events
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport


def _earlier(person_id: int) -> list[ProposalRevision]:
    query = select(ProposalRevision).join(Proposal, Proposal.id == ProposalRevision.proposal_id)
    return list(db.session.scalars(query.where(Proposal.person_id == person_id).order_by(ProposalRevision.id)))


def _read(of: Subject) -> dict[str, Any]:
    supports = db.session.execute(
        select(Proposal.title, ProposalSupport.at)
        .join(ProposalSupport, ProposalSupport.proposal_id == Proposal.id)
        .where(ProposalSupport.person_id == of.person_id)
        .order_by(ProposalSupport.id)
    )
    return {
        "proposals": [
            {
                "title": row.title,
                "text": row.text,
                "state": row.state,
                "status": row.status,
                "answer": row.answer,
                "cost_in_fen": row.cost,
                "at": iso(row.created_at),
            }
            for row in own(Proposal, Proposal.person_id, of.person_id)
        ],
        "proposals_before": [
            {"title": row.title, "text": row.text, "until": iso(row.at)} for row in _earlier(of.person_id)
        ],
        "supports": [{"title": title, "at": iso(at)} for title, at in supports],
    }


def _erase(tx: Tx, of: Erasing) -> None:
    mine = Proposal.person_id == of.subject.person_id
    # A draft was never sent: nobody else has seen it.
    drafts = select(Proposal.id).where(mine, Proposal.state == "draft")
    tx.session.execute(
        delete(ProposalRevision)
        .where(ProposalRevision.proposal_id.in_(drafts))
        .execution_options(synchronize_session=False)
    )
    for row in tx.session.scalars(select(Proposal).where(mine, Proposal.state == "draft")):
        tx.session.delete(row)
    if of.words:
        _drop_photos(tx, of)
    tx.session.flush()
    for column in (Proposal.person_id, ProposalSupport.person_id):
        hand_on(tx, of, column)
    unname_events(tx, of, "proposal.")


def _drop_photos(tx: Tx, of: Erasing) -> None:
    """The pictures of one's proposals go with their words."""
    for row in tx.session.scalars(
        select(Proposal).where(Proposal.person_id == of.subject.person_id, Proposal.photo != "")
    ):
        photo = tx.session.scalar(
            select(Media).where(Media.public_id == row.photo, Media.person_id == of.subject.person_id)
        )
        row.photo = ""
        if photo is not None:
            hashes = [photo.sha256, photo.small_sha256 or ""]
            tx.session.delete(photo)
            tx.session.flush()
            for sha256 in filter(None, hashes):
                let_go(tx, sha256)


def _texts(of: Subject) -> list[str]:
    rows = [*own(Proposal, Proposal.person_id, of.person_id), *_earlier(of.person_id)]
    return [text for row in rows for text in (row.title, row.text)]


PERSONAL = (
    Personal(
        "proposals",
        phrase("What you proposed and supported"),
        phrase("Proposals, drafts, what they said before you edited them, and which proposals you support."),
        phrase("So that the project is made from what neighbours propose, and support can be counted."),
        phrase("As long as the project’s record. You can have your name taken off, and the words removed too."),
        phrase("Everybody, without your name unless you show it; drafts only you; supports as a number."),
        "13(1)(1)",
        columns=("proposal.person_id", "proposal_support.person_id"),
        deeds=("proposal.answered_by_id",),
        parts={
            "proposals": phrase("Proposals"),
            "proposals_before": phrase("Proposals before you edited them"),
            "supports": phrase("Proposals you support"),
        },
        read=_read,
        erase=_erase,
        texts=_texts,
    ),
)
