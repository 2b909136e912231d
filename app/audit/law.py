"""What a vote of owners rests on, against the log: matters, authorisations, mandates, objections to a count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.audit.finding import Wrong
from app.audit.log import Log
from app.audit.told import agree, done_by, ended_by, name_of, paired
from app.ballots.law_models import Authorisation, CountObjection, Mandate, Matter
from app.ballots.models import Decision, Poll, RollEntry
from app.core.database import db
from app.core.media import Media
from app.people.models import Person

Doer, Ender = aliased(Person), aliased(Person)


def check_law(community_id: int, log: Log) -> None:
    """Check what owners' votes of a community rest on."""
    _check_matters(community_id, log)
    _check_authorisations(community_id, log)
    _check_mandates(community_id, log)
    _check_count_objections(community_id, log)


def _check_matters(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(Matter.__table__, Decision.public_id.label("decision"), Doer.public_id.label("doer"))
        .join(Decision, Decision.id == Matter.decision_id)
        .join(Doer, Doer.id == Matter.classified_by_id)
        .where(Matter.community_id == community_id)
        .order_by(Matter.id)
    ).all()
    newest = log.newest(["matter.classified"], "decision")
    for row, told in paired("matter", rows, newest, lambda row: str(row.decision), "decision_id"):
        wanted = {"item": told.body.get("item"), "reason": told.event.data.get("reason"), "at": told.event.at}
        agree("matter", row, told, wanted)
        done_by("matter", row, "classified_by_id", row.doer, told)


def _check_authorisations(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(Authorisation.__table__, Doer.public_id.label("doer"), Ender.public_id.label("ender"), Media.sha256)
        .join(Doer, Doer.id == Authorisation.entered_by_id)
        .outerjoin(Ender, Ender.id == Authorisation.revoked_by_id)
        .outerjoin(Media, Media.public_id == Authorisation.scan)
        .where(Authorisation.community_id == community_id)
        .order_by(Authorisation.id)
    ).all()
    revoked = log.by("authorisation.revoked", "authorisation")
    entered = log.by("authorisation.entered", "authorisation")
    for row, told in paired("authorisation", rows, entered, name_of):
        data = told.event.data
        agree("authorisation", row, told, {name: data.get(name) for name in ("authority", "number", "date")})
        agree("authorisation", row, told, {"at": told.event.at})
        done_by("authorisation", row, "entered_by_id", row.doer, told)
        _check_scan("authorisation", row, told.body.get("scan"))
        end = revoked.pop(row.public_id, None)
        words = {"revoked_reason": end.event.data.get("reason") if end is not None else ""}
        ended_by("authorisation", row, end, "revoked_at", "revoked_by_id", row.ender, **words)
    _none_left("authorisation", revoked)


def _check_scan(table: str, row: Any, sha256: str | None) -> None:
    """Whether a row still names the file whose hash the log holds; entries of before may hold none."""
    if sha256 is not None and (row.sha256 or "") != sha256:
        raise Wrong(table, name_of(row), "scan", "expected the file whose hash the log holds")


def _none_left(table: str, told: dict[str, Any]) -> None:
    for name in told:
        raise Wrong(table, name, "public_id", "expected a row that the log tells of; it is gone")


def _check_mandates(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(
            Mandate.__table__,
            *(Poll.public_id.label("poll"), RollEntry.unit_key),
            *(Doer.public_id.label("doer"), Ender.public_id.label("ender"), Media.sha256),
        )
        .join(Poll, Poll.id == Mandate.poll_id)
        .join(RollEntry, RollEntry.id == Mandate.roll_entry_id)
        .join(Doer, Doer.id == Mandate.entered_by_id)
        .outerjoin(Ender, Ender.id == Mandate.revoked_by_id)
        .outerjoin(Media, Media.public_id == Mandate.scan)
        .where(Mandate.community_id == community_id)
        .order_by(Mandate.id)
    ).all()
    recorded, revoked = log.by("mandate.recorded", "mandate"), log.by("mandate.revoked", "mandate")
    for row, told in paired("mandate", rows, recorded, name_of):
        data = told.event.data
        if row.poll != told.body.get("poll"):
            raise Wrong("mandate", row.public_id, "poll_id", "expected the poll that the log names")
        if row.unit_key != data.get("entry"):
            raise Wrong("mandate", row.public_id, "roll_entry_id", "expected the owner whom its event names")
        agree("mandate", row, told, {"holder_id": data.get("holder"), "paper": data.get("paper"), "at": told.event.at})
        done_by("mandate", row, "entered_by_id", row.doer, told)
        _check_scan("mandate", row, told.body.get("scan"))
        ended_by("mandate", row, revoked.pop(row.public_id, None), "revoked_at", "revoked_by_id", row.ender)
    _none_left("mandate", revoked)


def _check_count_objections(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(
            CountObjection.__table__,
            *(Poll.public_id.label("poll"), Doer.public_id.label("doer"), Ender.public_id.label("ender")),
        )
        .join(Poll, Poll.id == CountObjection.poll_id)
        .join(Doer, Doer.id == CountObjection.person_id)
        .outerjoin(Ender, Ender.id == CountObjection.answered_by_id)
        .where(CountObjection.community_id == community_id)
        .order_by(CountObjection.id)
    ).all()
    raised, answered = log.by("count.objected", "objection"), log.by("count.answered", "objection")
    for row, told in paired("count_objection", rows, raised, name_of):
        if row.poll != told.body.get("poll"):
            raise Wrong("count_objection", row.public_id, "poll_id", "expected the poll that the log names")
        agree("count_objection", row, told, {"reason": told.event.data.get("reason"), "at": told.event.at})
        done_by("count_objection", row, "person_id", row.doer, told)
        end = answered.pop(row.public_id, None)
        words = {"answer": end.event.data.get("answer") if end is not None else ""}
        ended_by("count_objection", row, end, "answered_at", "answered_by_id", row.ender, **words)
    _none_left("count_objection", answered)
