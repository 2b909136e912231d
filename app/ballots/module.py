"""The manifest of votes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ballots import end_views as _ends  # noqa: F401 - its routes hang on the blueprint
from app.ballots import inspector_views as _inspectors  # noqa: F401 - likewise
from app.ballots import law_views as _law  # noqa: F401 - its routes hang on the blueprint
from app.ballots import poll_views as _polls  # noqa: F401 - likewise
from app.ballots import voices
from app.ballots.gates import ADOPTED, BALLOT, ENDED, PASSED
from app.ballots.personal import PERSONAL
from app.ballots.presses import presses
from app.ballots.search import DATES, SEARCHABLE
from app.ballots.service import remind_due, review_due, seal_due, settle_due
from app.ballots.views import ballots as blueprint
from app.core.module import Module
from app.engine.phrase import Moment, Phrase, phrase
from app.projects.kinds import Presses, Speaks


def _announced(data: Mapping[str, Any]) -> Phrase:
    if data.get("why") == "formal":
        return phrase(
            "Objections stood in the way of “%(title)s”. Now a majority says whether it holds: from %(opens)s to %(closes)s.",
            title=data["title"],
            opens=Moment(data["opens"]),
            closes=Moment(data["closes"]),
        )
    if data.get("why") == "void":
        return phrase(
            "The vote on “%(title)s” was found void, and is held once more. Please say again: from %(opens)s to %(closes)s.",
            title=data["title"],
            opens=Moment(data["opens"]),
            closes=Moment(data["closes"]),
        )
    if data.get("attempt", 1) > 1:
        return phrase(
            "The text of “%(title)s” was changed. Look at what changed and say again: from %(opens)s to %(closes)s.",
            title=data["title"],
            opens=Moment(data["opens"]),
            closes=Moment(data["closes"]),
        )
    return phrase(
        "A vote is announced: “%(title)s”. It opens %(opens)s and closes %(closes)s.",
        title=data["title"],
        opens=Moment(data["opens"]),
        closes=Moment(data["closes"]),
    )


def _recorded(data: Mapping[str, Any]) -> Phrase:
    if data["whose"] == "person":
        return phrase("Your vote on “%(title)s” was recorded.", title=data["title"])
    if data["whose"] == "owner":
        return phrase(
            "The owner's vote on “%(title)s” was recorded, by %(name)s.", title=data["title"], name=data["name"]
        )
    return phrase(
        "The vote of your household on “%(title)s” was recorded, by %(name)s.", title=data["title"], name=data["name"]
    )


def _changed(data: Mapping[str, Any]) -> Phrase:
    if data["whose"] == "person":
        return phrase("Your vote on “%(title)s” was changed.", title=data["title"])
    if data["whose"] == "owner":
        return phrase(
            "The owner's vote on “%(title)s” was changed, by %(name)s.", title=data["title"], name=data["name"]
        )
    return phrase(
        "The vote of your household on “%(title)s” was changed, by %(name)s. If you did not agree on it, change it "
        "before the close, or ask at the desk.",
        title=data["title"],
        name=data["name"],
    )


def _prolonged(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "Too few have taken part in “%(title)s” so far. It stays open once more, until %(until)s.",
        title=data["title"],
        until=Moment(data["until"]),
    )


def _closed(data: Mapping[str, Any]) -> Phrase:
    if data["passed"]:
        return phrase("“%(title)s” has passed.", title=data["title"])
    return phrase("“%(title)s” has not passed. Look at the result and the objections.", title=data["title"])


def _inspector(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "You are one of the three inspectors of the vote on “%(title)s”. Look here at what you can check, and what you do "
        "when something is wrong.",
        title=data["title"],
    )


def _faulted(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s, an inspector, found a fault in the vote on “%(title)s”. If a second one does, it is void.",
        name=data["name"],
        title=data["title"],
    )


def _voided(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "The vote on “%(title)s” was found void by two of its three inspectors. Look at their reasons; it is held again.",
        title=data["title"],
    )


def _left(data: Mapping[str, Any]) -> Phrase:
    reason = data.get("reason", "")
    why = {
        "drafting": phrase(
            "“%(title)s” was stuck: a smaller text is being written. %(reason)s", title=data["title"], reason=reason
        ),
        "rejected": phrase("“%(title)s” is given up: %(reason)s", title=data["title"], reason=reason),
        "withdrawn": phrase(
            "“%(title)s” was withdrawn by its proposer: %(reason)s", title=data["title"], reason=reason
        ),
    }
    if reason:
        return why[data["state"]]
    said = {
        "drafting": phrase("“%(title)s” was stuck: a smaller text is being written.", title=data["title"]),
        "rejected": phrase("“%(title)s” is given up. Look at the reason.", title=data["title"]),
        "withdrawn": phrase("“%(title)s” was withdrawn by its proposer. Look at the reason.", title=data["title"]),
    }
    return said[data["state"]]


def _review(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "The day has come to look again at “%(title)s”: what became of the concerns that were raised?",
        title=data["title"],
    )


def _adopted(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” is adopted. Look at who sees to it, and when it is looked at again.", title=data["title"]
    )


def _counted(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” is counted. The count is preliminary and under notice: look at it, and object if something in it "
        "is wrong.",
        title=data["title"],
    )


def _count_answered(data: Mapping[str, Any]) -> Phrase:
    if "answer" in data:
        return phrase("Your objection to a count was answered: %(answer)s", answer=data["answer"])
    return phrase("Your objection to a count was answered.")


def _withdrawn(data: Mapping[str, Any]) -> Phrase:
    return phrase("An objection was withdrawn by those who raised it.")


def _disputed(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s said that your household does not agree on its vote on “%(title)s”. Settle it at the desk, on paper, "
        "before the close.",
        title=data["title"],
        name=data["by"],
    )


def _to_desk(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "The household of %(where)s does not agree on its vote on “%(title)s”, and will come to sign on paper.",
        title=data["title"],
        where=data["household"],
    )


def _reminder(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "“%(title)s” closes %(closes)s, and your vote is not in yet.",
        title=data["title"],
        closes=Moment(data["closes"]),
    )


ballots = Module(
    name="ballots",
    blueprints=(blueprint,),
    provides=(BALLOT, PASSED, ENDED, ADOPTED, Presses(presses), Speaks(voices.asked), SEARCHABLE, DATES),
    tick=(settle_due, seal_due, remind_due, review_due),
    messages={
        "poll.announced": _announced,
        "ballot.recorded": _recorded,
        "ballot.changed": _changed,
        "poll.prolonged": _prolonged,
        "poll.closed": _closed,
        "poll.counted": _counted,
        "inspector.named": _inspector,
        "poll.faulted": _faulted,
        "poll.voided": _voided,
        "decision.adopted": _adopted,
        "decision.left": _left,
        "decision.review": _review,
        "count.answered": _count_answered,
        "objection.withdrawn": _withdrawn,
        "household.disputed": _disputed,
        "household.to_desk": _to_desk,
        "poll.reminder": _reminder,
    },
    confirmed=frozenset(
        {
            "ballots.announce",
            "ballots.inspect",
            "ballots.finalise",
            "ballots.adopt",
            "ballots.leave",
            "ballots.authorisation",
            "ballots.revoke_authorisation",
        }
    ),
    unkept=frozenset({"ballots.done", "ballots.mandates_page", "ballots.inspect"}),
    personal=PERSONAL,
)
