"""The manifest of votes on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ballots.joins import end_with_links
from app.ballots.record import RECORD_PARTS
from app.ballots.waits import before_count, wait_for
from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.paper import desk_views as _desk  # noqa: F401 - its routes hang on the blueprint
from app.paper import queries
from app.paper.forget import forget
from app.paper.kept import ACCOUNTS
from app.paper.personal import PERSONAL
from app.paper.seal import seal, seal_due
from app.paper.views import paper as blueprint

wait_for(queries.unresolved)
before_count(seal)
end_with_links(forget)
if queries.record_part not in RECORD_PARTS:
    RECORD_PARTS.append(queries.record_part)


# No message names the sheet: it stays when all else that leads from a household to its sheet is gone.
def _boxed(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your household’s sheet of paper on “%(title)s” is in the box. Voting online is closed for you now. If it isn’t "
        "yours, ask at the desk before the close.",
        title=data["title"],
    )


def _counted(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Your household’s sheet of paper on “%(title)s” was entered by two persons, and counts.", title=data["title"]
    )


def _overtaken(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "A sheet of paper of your household on “%(title)s” was read. Your household said something later, and that counts.",
        title=data["title"],
    )


def _invalid(data: Mapping[str, Any]) -> Phrase:
    if not data.get("open", True):
        return phrase(
            "Your household’s sheet of paper on “%(title)s” is not valid: two persons couldn’t tell what it says. If "
            "something else of your household was recorded, that counts.",
            title=data["title"],
        )
    return phrase(
        "Your household’s sheet of paper on “%(title)s” is not valid: two persons couldn’t tell what it says. What you "
        "said online stands; until the close you can vote online, or ask at the desk for another sheet.",
        title=data["title"],
    )


def _helped(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s cast the vote on “%(title)s” for your household, on its word. If you did not agree on it, change it "
        "before the close, or ask at the desk.",
        name=data["name"],
        title=data["title"],
    )


paper = Module(
    name="paper",
    blueprints=(blueprint,),
    provides=(ACCOUNTS,),
    tick=(seal_due,),
    messages={
        "paper.boxed": _boxed,
        "paper.counted": _counted,
        "paper.overtaken": _overtaken,
        "paper.invalid": _invalid,
        "ballot.helped": _helped,
    },
    unkept=frozenset({"paper.entry", "paper.helped", "paper.slip", "paper.sheet"}),
    personal=PERSONAL,
)
