"""What is kept of a person's votes. A roll that was frozen stays: who was asked is part of the proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import or_, select, update

from app.ballots.inspector_models import Inspector
from app.ballots.law_models import CountObjection, Mandate
from app.ballots.models import Ballot, Poll, RollEntry, SlotLink, TextVersion
from app.config import Config
from app.core.clock import DAY
from app.core.database import db
from app.core.i18n import iso
from app.core.personal import Erasing, Held, Personal, Subject, own
from app.core.transaction import Tx
from app.engine.canonical import receipt_code
from app.engine.phrase import phrase
from app.people.places import Community
from app.people.unnaming import when


def _mine(of: Subject) -> Any:
    own_entry = RollEntry.person_id == of.person_id
    if of.household_id is None:
        return own_entry
    return or_(own_entry, RollEntry.household_id == of.household_id)


def _votes(of: Subject) -> dict[str, Any]:
    places = dict(db.session.execute(select(Community.id, Community.name)).all())
    rows: Sequence[Any] = db.session.execute(
        select(Poll, TextVersion.title, Ballot, RollEntry)
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(_mine(of))
        .order_by(Poll.id)
    ).all()
    return {
        "votes": [
            {
                "vote": poll.public_id,
                "title": title,
                "where": places[poll.community_id],
                "closes": iso(poll.closes_at),
                "recorded": _recorded(of, ballot, entry),
                "code": receipt_code(bytes.fromhex(ballot.commitment)) if ballot is not None else "",
                "in_the_box": None if poll.links_deleted_at is not None else ballot is not None or entry.voted,
                "link_deleted": when(poll.links_deleted_at),
            }
            for poll, title, ballot, entry in rows
        ]
    }


def _recorded(of: Subject, ballot: Ballot | None, entry: RollEntry) -> dict[str, Any]:
    """What the household's vote says; its words only to whom they are: another of the household may have written them."""
    if ballot is None:
        return {}
    said: dict[str, Any] = json.loads(ballot.choice)
    if entry.person_id == of.person_id or entry.last_person_id == of.person_id:
        return said
    return {"stance": ballot.stance, "said_by": "another of the household"}


def _forget_votes(tx: Tx, of: Erasing) -> None:
    tx.session.execute(
        update(RollEntry)
        .where(RollEntry.last_person_id == of.subject.person_id)
        .values(last_person_id=None)
        .execution_options(synchronize_session=False)
    )


def _held_votes(of: Subject, now: int) -> list[Held]:
    """Rolls on which somebody stands whose votes are under way, or must be kept by law."""
    rows = db.session.execute(
        select(TextVersion.title, Poll)
        .join(Poll, Poll.version_id == TextVersion.id)
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .where(_mine(of), Poll.links_deleted_at.is_(None), Poll.mode != "C", Poll.voided_at.is_(None))
        .order_by(Poll.id)
    ).all()
    config: Config = current_app.config["QIDING"]
    found = []
    for title, poll in rows:
        if poll.mode == "B":
            begins = poll.final_at if poll.final_at is not None else max(now, poll.closes_at)
            found.append(
                Held(
                    phrase("the vote on “%(title)s”, by roll", title=title),
                    phrase("An owners’ vote may be contested; the law wants it to be shown who cast which vote."),
                    begins + config.evidence_days * DAY,
                )
            )
        elif poll.settled_at is None:
            found.append(
                Held(
                    phrase("the vote on “%(title)s”, under its number", title=title),
                    phrase("It is under way: what was cast counts. The link is deleted when its outcome is final."),
                    poll.closes_at,
                )
            )
    return found


def _law(of: Subject) -> dict[str, Any]:
    mandates = db.session.execute(
        select(RollEntry.label, Mandate.paper, Mandate.at, Mandate.revoked_at)
        .join(RollEntry, RollEntry.id == Mandate.roll_entry_id)
        .where(Mandate.holder_id == of.person_id)
        .order_by(Mandate.id)
    )
    return {
        "mandates": [
            {"for": label, "paper": paper, "from": iso(at), "until": when(ended)}
            for label, paper, at, ended in mandates
        ],
        "count_objections": [
            {"reason": row.reason, "at": iso(row.at), "answer": row.answer}
            for row in own(CountObjection, CountObjection.person_id, of.person_id)
        ],
        "inspected": [
            {"named": iso(row.named_at), "fault": row.fault, "found": when(row.found_at)}
            for row in own(Inspector, Inspector.person_id, of.person_id)
        ],
    }


def _held_law(of: Subject, _now: int) -> list[Held]:
    found = []
    for model, column, what in (
        (Mandate, Mandate.holder_id, phrase("mandates that you held, by number, without your name")),
        (CountObjection, CountObjection.person_id, phrase("objections to a count, without your name")),
        (Inspector, Inspector.person_id, phrase("your name as one of three inspectors of a vote")),
    ):
        if own(model, column, of.person_id):
            found.append(
                Held(what, phrase("It is part of the proof of a vote, which is compared with the log word for word."))
            )
    return found


PERSONAL = (
    Personal(
        "votes",
        phrase("Votes on whose roll you stand"),
        phrase(
            "That you or your household was asked; under a random number what was cast, until the link is deleted; of "
            "unlinked votes only that it was cast."
        ),
        phrase("So that each unit has one vote, can change it, and everybody can count again."),
        phrase(
            "The link: until the outcome is final; of owners’ votes until they can’t be contested any more. The roll: "
            "as long as the record of the vote."
        ),
        phrase(
            "You and your household; of votes under the law, those on the roll see rows without address. Who has not "
            "voted yet: facilitators, noted."
        ),
        "13(1)(3), Civil Code 278",
        columns=(
            "roll_entry.person_id",
            "roll_entry.household_id",
            "roll_entry.last_person_id",
            "roll_voice.household_id",
        ),
        deeds=("roll_entry.entered_by_id", "poll.announced_by_id", "decision.proposer_id", "decision_outcome.by_id"),
        parts={"votes": phrase("Votes")},
        read=_votes,
        erase=_forget_votes,
        held=_held_votes,
    ),
    Personal(
        "vote offices",
        phrase("Mandates, inspections, objections to a count"),
        phrase("For whom you cast by a written mandate, which votes you inspected, and what you objected to a count."),
        phrase("The law and the method want it to be shown who acted in a vote."),
        phrase("As long as the record of the vote."),
        phrase("You; the desk; inspectors’ names stand at the vote."),
        "13(1)(3), Civil Code 278, 280",
        columns=("mandate.holder_id", "count_objection.person_id", "poll_inspector.person_id"),
        deeds=(
            "mandate.entered_by_id",
            "mandate.revoked_by_id",
            "matter.classified_by_id",
            "authorisation.entered_by_id",
            "authorisation.revoked_by_id",
            "count_objection.answered_by_id",
        ),
        parts={
            "mandates": phrase("Mandates"),
            "count_objections": phrase("Objections to a count"),
            "inspected": phrase("Votes you inspected"),
        },
        read=_law,
        held=_held_law,
    ),
)
