"""The life of an objection: raised, weighed, and brought to one of its ends."""

from __future__ import annotations

from app.engine.errors import Conflict, Forbidden
from app.engine.phrase import Phrase, phrase

MOVES: dict[str, frozenset[str]] = {
    "raised": frozenset({"qualified", "concern", "withdrawn"}),
    "qualified": frozenset({"resolved", "deferred", "withdrawn"}),
    "concern": frozenset(),
    "withdrawn": frozenset(),
    "resolved": frozenset(),
    "deferred": frozenset(),
}
NAMES: dict[str, Phrase] = {
    "raised": phrase("raised"),
    "qualified": phrase("found to stand"),
    "concern": phrase("found a concern"),
    "withdrawn": phrase("withdrawn by the objector"),
    "resolved": phrase("resolved by a change of the text"),
    "deferred": phrase("deferred, with owner and date"),
}


def ended(state: str) -> bool:
    """Whether an objection has come to an end."""
    return not MOVES[state]


def move(state: str, to: str, *, by_objector: bool, confirmed: bool = False) -> str:
    """The next state. Only the objector withdraws; a resolution needs the objector's word."""
    if to not in MOVES[state]:
        raise Conflict(
            phrase("This objection has come to its end already.")
            if ended(state)
            else phrase("An objection can't go that way.")
        )
    if to == "withdrawn" and not by_objector:
        raise Forbidden(phrase("Only those who raised an objection withdraw it."))
    if to == "resolved" and not (by_objector and confirmed):
        raise Forbidden(phrase("Those who raised the objection confirm that it is resolved."))
    return to
