"""The manifest of proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.proposals.gates import ANSWERED, CHOSEN, PROPOSALS
from app.proposals.kept import PHOTOS
from app.proposals.queries import STATUSES
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
    return phrase("“%(title)s” was chosen.", title=data["title"])


def _merged(data: Mapping[str, Any]) -> Phrase:
    return phrase("“%(title)s” was merged into “%(into)s”.", title=data["title"], into=data["into"])


proposals = Module(
    name="proposals",
    blueprints=(blueprint,),
    provides=(PROPOSALS, ANSWERED, CHOSEN, PHOTOS),
    messages={
        "proposal.edited": _edited,
        "proposal.answered": _answered,
        "proposal.chosen": _chosen,
        "proposal.merged": _merged,
    },
)
