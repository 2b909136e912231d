"""Who is told what became of a proposal: its author, its supporters, and those of the proposals that went into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.core.database import db
from app.core.outbox import tell
from app.core.transaction import Tx
from app.projects.kinds import StepEnded
from app.proposals.models import Proposal, ProposalSupport


def spoke(activity_ids: Sequence[int]) -> set[int]:
    """Authors and supporters of what was proposed in these activities; what was withdrawn is left out."""
    where = Proposal.activity_run_id.in_(activity_ids), Proposal.state.in_(("submitted", "merged"))
    supporters = select(ProposalSupport.person_id).join(Proposal, Proposal.id == ProposalSupport.proposal_id)
    return {
        *db.session.scalars(select(Proposal.person_id).where(*where)),
        *db.session.scalars(supporters.where(*where)),
    }


def followers(tx: Tx, proposal: Proposal, but: int | None) -> list[int]:
    """Author and supporters of a proposal, and of those that were merged into it."""
    found, fresh = set(), {proposal.id}
    while fresh:
        found |= fresh
        fresh = set(tx.session.scalars(select(Proposal.id).where(Proposal.merged_into_id.in_(fresh)))) - found
    people = set(tx.session.scalars(select(Proposal.person_id).where(Proposal.id.in_(found))))
    people |= set(tx.session.scalars(select(ProposalSupport.person_id).where(ProposalSupport.proposal_id.in_(found))))
    return sorted(people - {but})


def tell_others(tx: Tx, ended: StepEnded) -> None:
    """When a step closes with a chosen proposal, those of the others are told that it was not theirs, and why."""
    rows: Iterable[Proposal] = tx.session.scalars(
        select(Proposal)
        .where(
            Proposal.activity_run_id.in_([ref.id for ref in ended.activities]),
            Proposal.state == "submitted",
        )
        .order_by(Proposal.id)
    ).all()
    chosen = {row.activity_run_id: row.title for row in rows if row.chosen}
    for row in rows:
        if row.chosen or row.activity_run_id not in chosen:
            continue
        tell(
            tx,
            followers(tx, row, None),
            "proposal.not_chosen",
            community_id=row.community_id,
            project_id=row.project_id,
            data={"title": row.title, "chosen": chosen[row.activity_run_id], "reason": row.answer},
            href=f"/c/{ended.slug}/proposal/{row.public_id}",
            dedupe=f"not chosen:{row.public_id}",
        )
