"""Proposals in the archive's search."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Select, and_, func, select

from app.core.database import db
from app.engine.phrase import phrase
from app.projects.models import ActivityRun, StepRunRow
from app.projects.published import Document, Searchable, Unlisted, own_id
from app.proposals.models import Proposal
from app.proposals.queries import visible

ABOUT = "proposal:"  # how the subject of a talk about a proposal begins


def _findable() -> list[ColumnElement[bool]]:
    return [visible(), Proposal.state != "withdrawn"]


def shown() -> Select[str]:
    """What was sent and not withdrawn: one that was is still read by its address, but no longer found."""
    return select(Proposal.public_id).where(*_findable())


def about_withdrawn(subject: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a talk is about a proposal that was withdrawn."""
    public_id = func.substr(subject, len(ABOUT) + 1)
    gone = select(Proposal.id).where(Proposal.public_id == public_id, Proposal.state == "withdrawn")
    return and_(func.substr(subject, 1, len(ABOUT)) == ABOUT, gone.exists())


def documents(public_ids: Collection[str] | None) -> Iterator[Document]:
    """Proposals as documents, with the answer that each was given."""
    query = (
        select(Proposal, StepRunRow.step)
        .join(ActivityRun, ActivityRun.id == Proposal.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(*_findable())
        .order_by(Proposal.id)
    )
    if public_ids is not None:
        query = query.where(Proposal.public_id.in_(public_ids))
    for proposal, step in db.session.execute(query):
        yield Document(
            public_id=proposal.public_id,
            target=proposal.public_id,
            community_id=proposal.community_id,
            project_id=proposal.project_id,
            step=step,
            title=proposal.title,
            text="\n".join([proposal.text, proposal.answer]),
            at=proposal.submitted_at or proposal.created_at,
        )


SEARCHABLE = Searchable(
    kind="proposal",
    title=phrase("Proposals"),
    one=phrase("Proposal"),
    endpoint="proposals.show",
    shown=shown,
    documents=documents,
    watches={Proposal: own_id},
)
UNLISTED = Unlisted(about_withdrawn)
