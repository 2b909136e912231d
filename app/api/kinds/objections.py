"""Objections of closed rounds, under numbers without names, with what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import COMMUNITY, ID, PAGE, PROJECT, when
from app.ballots.models import Ballot, Objection, Poll, Slot
from app.ballots.times import close_of, life_of
from app.ballots.told import slot_number
from app.core.database import db
from app.core.web import site_url
from app.engine import objections
from app.engine.phrase import phrase
from app.engine.voting.consent import KINDS
from app.objections.models import Disagreement
from app.people.places import Community
from app.projects.models import Project

COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    Column("poll", "id", phrase("The vote in which it was raised.")),
    Column("number", "text", phrase("The number under which it stands; no name belongs to it.")),
    Column("passage", "text", phrase("The passage of the text that it is about.")),
    Column("kind", "word", phrase("On what ground it stands."), choices=tuple(KINDS)),
    Column("reason", "text", phrase("Its reason.")),
    Column("grounds", "text", phrase("How they know.")),
    Column("state", "word", phrase("What has become of it."), choices=tuple(objections.MOVES)),
    Column("ended_at", "moment", phrase("When it came to its end."), empty=True),
    Column("disagreements", "list", phrase("The reasons of those who disagreed with it.")),
    Column("offered_at", "moment", phrase("When an answer was offered."), empty=True),
    Column("offered_words", "text", phrase("What the answer puts into the text, or does later.")),
    Column("answer", "text", phrase("How this answers it.")),
    Column("deferred", "yes", phrase("Whether the answer is a measure for later.")),
    Column("due_on", "day", phrase("By when the measure is due."), empty=True),
    Column("accepted", "yes", phrase("Whether the answer was accepted, once that was said."), empty=True),
    PAGE,
)


def _select() -> Query:
    # The words of a ballot are public once its round is counted, in mode A only: what may_publish says of "words".
    # The ballot is asked for objection by objection: a join might begin with all ballots of the town.
    counts = select(Ballot.id).where(Ballot.id == Objection.ballot_id, Ballot.live).exists()
    return (
        select(Objection, Poll, Community.slug, Project.public_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .join(Community, Community.id == Poll.community_id)
        .join(Project, Project.id == Poll.project_id)
        .where(Poll.mode == "A", Poll.settled_at.is_not(None), Poll.voided_at.is_(None), counts)
    )


def _ballots(ids: list[int]) -> dict[int, tuple[str, str]]:
    """What some ballots say, and the codes of their slots."""
    query = select(Ballot.id, Ballot.choice, Slot.code).join(Slot, Slot.id == Ballot.slot_id).where(Ballot.id.in_(ids))
    return {ballot_id: (choice, code) for ballot_id, choice, code in db.session.execute(query)}


def _shown(found: Sequence[Any], now: int) -> list[Row]:
    reasons: dict[int, list[str]] = {row[0].id: [] for row in found}
    query = select(Disagreement.objection_id, Disagreement.reason).where(Disagreement.objection_id.in_(reasons))
    for objection_id, reason in db.session.execute(query.order_by(Disagreement.id)):
        reasons[objection_id].append(reason)
    ballots = _ballots([row[0].ballot_id for row in found])
    return [
        {
            "id": row.public_id,
            "community": slug,
            "project": project,
            "poll": poll.public_id,
            "number": slot_number(ballots[row.ballot_id][1]),
            **_said(json.loads(ballots[row.ballot_id][0])),
            "state": objections.state_at(life_of(row, close_of(poll, now)), now),
            "ended_at": when(row.ended_at),
            "disagreements": reasons[row.id],
            "offered_at": when(row.offered_at),
            # What the desk prepares is not shown before it is offered.
            "offered_words": row.words if row.offered_at is not None else "",
            "answer": row.answer if row.offered_at is not None else "",
            "deferred": row.defers and row.offered_at is not None,
            "due_on": (row.due_on or None) if row.offered_at is not None else None,
            "accepted": row.accepted if row.offered_at is not None else None,
            "page": site_url("objections.page", slug=slug, public_id=row.public_id),
        }
        for row, poll, slug, project, *_ in found
    ]


def _said(choice: dict[str, str]) -> Row:
    return {key: choice.get(key, "") for key in ("passage", "kind", "reason", "grounds")}


RESOURCE = Resource(
    key="objections",
    title=phrase("Objections"),
    about=phrase("Objections of closed rounds, without names, and what became of each."),
    columns=COLUMNS,
    select=_select,
    order=(Poll.settled_at, Objection.id),
    community=Poll.community_id,
    year=Poll.settled_at,
    shown=_shown,
    project=Poll.project_id,
    find=Objection.public_id,
)
