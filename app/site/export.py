"""One's own data, to take along: everything that is kept about a person, with their household's own votes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from app.ballots.inspector_models import Inspector
from app.ballots.law_models import CountObjection, Mandate
from app.ballots.models import Ballot, Poll, RollEntry, SlotLink, TextVersion
from app.comments.models import Comment, CommentReport, CommentRevision
from app.core.database import db
from app.core.delivery import Delivery
from app.core.events import Event
from app.core.i18n import iso, say
from app.core.media import Media
from app.core.outbox import Message
from app.engine.canonical import receipt_code
from app.meetings.models import Confirmation, Meeting, Minutes, Presence
from app.notices.models import Complaint
from app.notifications.addresses import address_of as address_of_mail
from app.notifications.queries import words
from app.objections.models import Disagreement, Willing
from app.people.actor import Actor
from app.people.models import AccessLog, Device, Household, Person, RingMember, RoleGrant
from app.people.places import Community, Owner, OwnerPerson
from app.people.security_models import Factor, StaffSession
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.registers.models import RegisterEntry
from app.site.mine import address_of


def export(reader: Actor) -> dict[str, Any]:
    """All that is kept about a person, their household's recorded votes included. Times are written out with their zone."""
    person = db.session.get_one(Person, reader.person())
    places = dict(db.session.execute(select(Community.id, Community.name)).all())
    return {
        "person": {
            "id": person.public_id,
            "name": person.name,
            "name_shown_to_everybody": person.shows_name,
            "reminded_of_votes": person.reminders,
            "email": person.email or "",
            "since": iso(person.created_at),
        },
        "household": _household(reader, places),
        "roles": [
            {
                "role": row.role,
                "where": places.get(row.community_id, "") if row.community_id is not None else "",
                "from": iso(row.at),
                "until": _when(row.ended_at or row.until),
            }
            for row in db.session.scalars(
                select(RoleGrant).where(RoleGrant.person_id == person.id).order_by(RoleGrant.id)
            )
        ],
        "rings": [
            {"ring": row.ring, "where": places[row.community_id], "from": iso(row.at)}
            for row in db.session.scalars(
                select(RingMember).where(RingMember.person_id == person.id).order_by(RingMember.id)
            )
        ],
        "devices": [
            {"label": row.label, "paired": iso(row.paired_at), "removed": _when(row.ended_at)}
            for row in db.session.scalars(select(Device).where(Device.person_id == person.id).order_by(Device.id))
        ],
        "sessions": [
            {"browser": row.label, "from": iso(row.begun_at), "seen": iso(row.seen_at), "ended": _when(row.ended_at)}
            for row in db.session.scalars(
                select(StaffSession).where(StaffSession.person_id == person.id).order_by(StaffSession.id)
            )
        ],
        "second_factors": [
            {"kind": row.kind, "name": row.name, "since": iso(row.added_at), "used": _when(row.used_at)}
            for row in db.session.scalars(select(Factor).where(Factor.person_id == person.id).order_by(Factor.id))
        ],
        "votes": _votes(reader, places),
        "proposals": [
            {
                "title": row.title,
                "text": row.text,
                "state": row.state,
                "status": row.status,
                "answer": row.answer,
                "cost_in_fen": row.cost,
                "at": iso(row.created_at),
            }
            for row in db.session.scalars(select(Proposal).where(Proposal.person_id == person.id).order_by(Proposal.id))
        ],
        "comments": [
            {
                "kind": row.kind,
                "text": row.text,
                "at": iso(row.at),
                "hidden": row.hidden_reason,
                "appeal": row.appeal,
                "appeal_answer": row.appeal_answer,
            }
            for row in db.session.scalars(select(Comment).where(Comment.person_id == person.id).order_by(Comment.id))
        ],
        **_said_elsewhere(person.id),
        "meetings": _meetings(person.id),
        "what_i_did": [
            {"kind": row.kind, "at": iso(row.at), "data": row.data}
            for row in db.session.scalars(select(Event).where(Event.person_id == person.id).order_by(Event.id))
        ],
        "messages": _messages(person.id),
        "mail": _mail(person.id),
        "who_looked": _looks(reader, person),
    }


def _when(at: int | None) -> str:
    return iso(at) if at is not None else ""


def _household(reader: Actor, places: dict[int, str]) -> dict[str, Any]:
    if reader.household_id is None:
        return {}
    row = db.session.get_one(Household, reader.household_id)
    return {
        "id": row.public_id,
        "community": places[row.community_id],
        "address": address_of(row.id),
        "since": iso(row.since),
    }


def _votes(reader: Actor, places: dict[int, str]) -> list[dict[str, Any]]:
    own = [RollEntry.person_id == reader.person_id]
    if reader.household_id is not None:
        own.append(RollEntry.household_id == reader.household_id)
    rows: Sequence[tuple[Poll, str, Ballot | None, bool]] = db.session.execute(
        select(Poll, TextVersion.title, Ballot, RollEntry.voted)
        .join(RollEntry, RollEntry.poll_id == Poll.id)
        .outerjoin(SlotLink, SlotLink.roll_entry_id == RollEntry.id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .outerjoin(Ballot, (Ballot.slot_id == SlotLink.slot_id) & Ballot.live)
        .where(or_(*own))
        .order_by(Poll.id)
    ).all()
    return [
        {
            "vote": poll.public_id,
            "title": title,
            "where": places[poll.community_id],
            "closes": iso(poll.closes_at),
            "recorded": json.loads(ballot.choice) if ballot is not None else {},
            "code": receipt_code(bytes.fromhex(ballot.commitment)) if ballot is not None else "",
            "in_the_box": None if poll.links_deleted_at is not None else ballot is not None or voted,
            "link_deleted": _when(poll.links_deleted_at),
        }
        for poll, title, ballot, voted in rows
    ]


def _said_elsewhere(person_id: int) -> dict[str, Any]:
    """What one supported, reported, complained of, entered in lists and sent as files."""
    session = db.session
    earlier = session.scalars(
        select(ProposalRevision)
        .join(Proposal, Proposal.id == ProposalRevision.proposal_id)
        .where(Proposal.person_id == person_id)
        .order_by(ProposalRevision.id)
    )
    edited = session.scalars(
        select(CommentRevision)
        .join(Comment, Comment.id == CommentRevision.comment_id)
        .where(Comment.person_id == person_id)
        .order_by(CommentRevision.id)
    )
    supports = session.execute(
        select(Proposal.title, ProposalSupport.at)
        .join(ProposalSupport, ProposalSupport.proposal_id == Proposal.id)
        .where(ProposalSupport.person_id == person_id)
        .order_by(ProposalSupport.id)
    )
    reports = session.scalars(
        select(CommentReport).where(CommentReport.person_id == person_id).order_by(CommentReport.id)
    )
    by_code = Complaint.household_id.in_(select(Person.household_id).where(Person.id == person_id))  # its household's
    complaints = session.scalars(
        select(Complaint).where(or_(Complaint.person_id == person_id, by_code)).order_by(Complaint.id)
    )
    entries = session.scalars(
        select(RegisterEntry).where(RegisterEntry.person_id == person_id).order_by(RegisterEntry.id)
    )
    speaks = session.execute(
        select(Owner.name, OwnerPerson.paper, OwnerPerson.at, OwnerPerson.ended_at)
        .join(Owner, Owner.id == OwnerPerson.owner_id)
        .where(OwnerPerson.person_id == person_id)
        .order_by(OwnerPerson.id)
    )
    mandates = session.execute(
        select(RollEntry.label, Mandate.paper, Mandate.at, Mandate.revoked_at)
        .join(RollEntry, RollEntry.id == Mandate.roll_entry_id)
        .where(Mandate.holder_id == person_id)
        .order_by(Mandate.id)
    )
    objected = session.scalars(
        select(CountObjection).where(CountObjection.person_id == person_id).order_by(CountObjection.id)
    )
    disagreed = session.scalars(
        select(Disagreement).where(Disagreement.person_id == person_id).order_by(Disagreement.id)
    )
    willing = session.scalars(select(Willing).where(Willing.person_id == person_id).order_by(Willing.id))
    inspected = session.scalars(select(Inspector).where(Inspector.person_id == person_id).order_by(Inspector.id))
    files = session.scalars(select(Media).where(Media.person_id == person_id).order_by(Media.id))
    return {
        "proposals_before": [{"title": row.title, "text": row.text, "until": iso(row.at)} for row in earlier],
        "comments_before": [{"text": row.text, "until": iso(row.at)} for row in edited],
        "supports": [{"title": title, "at": iso(at)} for title, at in supports],
        "reports": [{"reason": row.reason, "at": iso(row.at)} for row in reports],
        "complaints": [{"text": row.text, "at": iso(row.at), "answer": row.answer} for row in complaints],
        "entries": [
            {"list": row.section, "data": row.data, "at": iso(row.at), "removed": row.removed_reason} for row in entries
        ],
        "speaks_for": [
            {"owner": name, "paper": paper, "from": iso(at), "until": _when(ended)} for name, paper, at, ended in speaks
        ],
        "mandates": [
            {"for": label, "paper": paper, "from": iso(at), "until": _when(ended)}
            for label, paper, at, ended in mandates
        ],
        "count_objections": [{"reason": row.reason, "at": iso(row.at), "answer": row.answer} for row in objected],
        "inspected": [
            {"named": iso(row.named_at), "fault": row.fault, "found": _when(row.found_at)} for row in inspected
        ],
        "disagreements": [{"reason": row.reason, "at": iso(row.at)} for row in disagreed],
        "panels": [{"willing": iso(row.at)} for row in willing],
        "files": [{"id": row.public_id, "kind": row.kind, "name": row.name, "at": iso(row.at)} for row in files],
    }


def _meetings(person_id: int) -> list[dict[str, Any]]:
    """The meetings that one was at, as one stands on their lists, and whether one confirmed their minutes."""
    given: dict[int, list[int]] = {}
    query = select(Confirmation.presence_id, Minutes.number).join(Minutes, Minutes.id == Confirmation.minutes_id)
    for presence, number in db.session.execute(query.where(Confirmation.person_id == person_id)):
        given.setdefault(presence, []).append(number)
    rows = db.session.execute(
        select(Presence, Meeting.title, Meeting.starts_at)
        .join(Meeting, Meeting.id == Presence.meeting_id)
        .where(Presence.person_id == person_id)
        .order_by(Presence.id)
    )
    return [
        {
            "title": title,
            "at": iso(at),
            "name": row.name,
            "household": row.label,
            "signed": iso(row.at),
            "confirmed_versions": given.get(row.id, []),
        }
        for row, title, at in rows
    ]


def _messages(person_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(select(Message).where(Message.person_id == person_id).order_by(Message.id))
    return [
        {
            "kind": row.kind,
            "at": iso(row.created_at),
            "read": _when(row.read_at),
            "text": say(words(row)),
        }
        for row in rows
    ]


def _mail(person_id: int) -> dict[str, Any]:
    row = address_of_mail(person_id)
    sent = db.session.scalars(select(Delivery).where(Delivery.person_id == person_id).order_by(Delivery.id))
    return {
        "address": row.address if row is not None else "",
        "language": row.language if row is not None else "",
        "how_often": row.choice if row is not None else "",
        "entered": iso(row.asked_at) if row is not None else "",
        "confirmed": _when(row.confirmed_at) if row is not None else "",
        "sent": [
            {"at": iso(item.created_at), "to": item.shown, "state": item.state, "ended": _when(item.ended_at)}
            for item in sent
        ],
    }


def _looks(reader: Actor, person: Person) -> list[dict[str, Any]]:
    subjects = [person.public_id]
    if reader.household_id is not None:
        subjects.append(db.session.get_one(Household, reader.household_id).public_id)
    rows = db.session.execute(
        select(AccessLog.what, AccessLog.at, Person.name)
        .join(Person, Person.id == AccessLog.person_id)
        .where(AccessLog.subject.in_(subjects))
        .order_by(AccessLog.id)
    )
    return [{"what": what, "at": iso(at), "by": name} for what, at, name in rows]
