"""The manifest of proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.module import Module
from app.core.removals import Holds
from app.engine.phrase import Phrase, phrase
from app.projects.kinds import OnStepClosed, Speaks
from app.proposals import outcomes
from app.proposals.gates import ANSWERED, CHOSEN, PROPOSALS
from app.proposals.kept import PHOTOS
from app.proposals.models import Proposal, ProposalRevision
from app.proposals.personal import PERSONAL
from app.proposals.queries import STATUSES
from app.proposals.search import SEARCHABLE, UNLISTED
from app.proposals.views import proposals as blueprint


def _edited(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s”, which you support, was changed by its author.", title=data["title"])


def _answered(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” was answered: %(status)s. %(reason)s",
        title=data["title"],
        status=STATUSES[data["status"]],
        reason=data["reason"],
    )


def _chosen(data: Mapping[str, Any]) -> Phrase:
    if data.get("reason"):
        return phrase("“%(title)s” was chosen: %(reason)s", title=data["title"], reason=data["reason"])
    return phrase("“%(title)s” was chosen.", title=data["title"])


def _not_chosen(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” was not chosen; “%(chosen)s” goes on. The answer to yours was: %(reason)s",
        title=data["title"],
        chosen=data["chosen"],
        reason=data["reason"],
    )


def _merged(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” was merged into “%(into)s”.", title=data["title"], into=data["into"])


TITLE, TEXT = phrase("Title"), phrase("Text")
HELD = Holds(
    Proposal,
    {"title": TITLE, "text": TEXT, "answer": phrase("Answer")},
    Proposal.project_id,
    kind="proposal",
    title=phrase("A proposal"),
    href=lambda slug, row: f"/c/{slug}/proposal/{row.public_id}",
    events=frozenset({"proposal.submitted", "proposal.edited", "proposal.answered"}),
)
REVISIONS = Holds(
    ProposalRevision,
    {"title": TITLE, "text": TEXT},
    select(Proposal.project_id).where(Proposal.id == ProposalRevision.proposal_id).scalar_subquery(),
    of=Proposal,
    by="proposal_id",
)

proposals = Module(
    name="proposals",
    blueprints=(blueprint,),
    provides=(
        *(PROPOSALS, ANSWERED, CHOSEN, SEARCHABLE, UNLISTED, PHOTOS),
        *(Speaks(outcomes.spoke, follows=True), OnStepClosed(outcomes.tell_others)),
    ),
    messages={
        "proposal.edited": _edited,
        "proposal.answered": _answered,
        "proposal.chosen": _chosen,
        "proposal.not_chosen": _not_chosen,
        "proposal.merged": _merged,
    },
    holds=(HELD, REVISIONS),
    personal=PERSONAL,
)
