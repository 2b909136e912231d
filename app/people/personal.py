"""What is kept of a person by whoever knows persons: name, household, devices, roles, files, deeds, and who looked."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, or_, select, update

from app.core.database import db
from app.core.events import Event
from app.core.i18n import iso, say
from app.core.media import Media
from app.core.once import OnceKey
from app.core.personal import Erasing, Personal, Rows, Subject, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.access import looks_at
from app.people.actor import ROLE_NAMES
from app.people.models import Device, Household, MoveCode, Person, RingMember, RoleGrant, StaffLink
from app.people.places import (
    Building,
    Community,
    Entrance,
    Owner,
    OwnerPerson,
    RollImport,
    RollRowStaged,
    Unit,
)
from app.people.queries import unit_label
from app.people.unnaming import unname_events, when

LEFT = phrase("Until you leave, or ask that it be erased.")
DESK = phrase("You; the desk of your community, each look noted.")


def _places() -> dict[int | None, str]:
    return dict(db.session.execute(select(Community.id, Community.name)).all())


def address_of(household_id: int | None) -> str:
    """A household's address as people say it here; nothing for those who have none."""
    row = db.session.execute(
        select(Building.label, Entrance.label, Unit.room)
        .select_from(Household)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Household.id == household_id)
    ).one_or_none()
    return unit_label(*row) if row is not None else ""


def _account(of: Subject) -> dict[str, Any]:
    person = db.session.get_one(Person, of.person_id)
    home = db.session.get(Household, of.household_id) if of.household_id is not None else None
    return {
        "person": {
            "id": person.public_id,
            "name": person.name,
            "name_shown_to_everybody": person.shows_name,
            "reminded_of_votes": person.reminders,
            "email": person.email or "",
            "since": iso(person.created_at),
        },
        "household": {
            "id": home.public_id,
            "community": _places()[home.community_id],
            "address": address_of(home.id),
            "since": iso(home.since),
        }
        if home is not None
        else {},
    }


def _forget_account(tx: Tx, of: Erasing) -> None:
    person = tx.session.get_one(Person, of.subject.person_id)
    person.name, person.shows_name, person.reminders = "", False, False
    person.email, person.password, person.household_id = None, None, None
    person.epoch += 1
    person.left_at = person.left_at if person.left_at is not None else of.now
    # The property company's list names the householder: the unit stays on the roll, the name goes.
    if of.subject.household_id is not None and of.subject.name:
        home = tx.session.get_one(Household, of.subject.household_id)
        home.householder = "" if home.householder == of.subject.name else home.householder
        imports = select(RollImport.id).where(RollImport.community_id == home.community_id)
        rows = tx.session.scalars(
            select(RollRowStaged).where(
                RollRowStaged.import_id.in_(imports),
                or_(RollRowStaged.householder == of.subject.name, RollRowStaged.before.is_not(None)),
            )
        )
        for row in rows:
            row.householder = "" if row.householder == of.subject.name else row.householder
            if of.subject.name in (row.before or {}).values():
                row.before = {key: "" if text == of.subject.name else text for key, text in (row.before or {}).items()}
    tx.session.execute(delete(StaffLink).where(StaffLink.person_id == person.id))


def _devices(of: Subject) -> dict[str, Any]:
    return {
        "devices": [
            {
                "label": row.label,
                "paired": iso(row.paired_at),
                "seen": when(row.seen_at),
                "removed": when(row.ended_at),
            }
            for row in own(Device, Device.person_id, of.person_id)
        ]
    }


def _forget_devices(tx: Tx, of: Erasing) -> None:
    mine = select(Device.id).where(Device.person_id == of.subject.person_id)
    quiet = {"synchronize_session": False}
    tx.session.execute(delete(MoveCode).where(MoveCode.device_id.in_(mine)).execution_options(**quiet))
    tx.session.execute(delete(Device).where(Device.person_id == of.subject.person_id).execution_options(**quiet))
    tx.session.execute(
        update(Device)
        .where(Device.ended_by_id == of.subject.person_id)
        .values(ended_by_id=None)
        .execution_options(**quiet)
    )
    unname_events(tx, of, "device.")


def _roles(of: Subject) -> dict[str, Any]:
    places = _places()
    return {
        "roles": [
            {
                "role": say(ROLE_NAMES[row.role]) if row.role in ROLE_NAMES else row.role,
                "where": places.get(row.community_id, ""),
                "from": iso(row.at),
                "until": when(row.ended_at or row.until),
            }
            for row in own(RoleGrant, RoleGrant.person_id, of.person_id)
        ],
        "rings": [
            {"ring": row.ring, "where": places[row.community_id], "from": iso(row.at)}
            for row in own(RingMember, RingMember.person_id, of.person_id)
        ],
    }


def _forget_roles(tx: Tx, of: Erasing) -> None:
    tx.session.execute(delete(RingMember).where(RingMember.person_id == of.subject.person_id))


def _owner(of: Subject) -> dict[str, Any]:
    rows = db.session.execute(
        select(Owner.name, OwnerPerson.paper, OwnerPerson.at, OwnerPerson.ended_at)
        .join(Owner, Owner.id == OwnerPerson.owner_id)
        .where(OwnerPerson.person_id == of.person_id)
        .order_by(OwnerPerson.id)
    )
    return {
        "speaks_for": [
            {"owner": name, "paper": paper, "from": iso(at), "until": when(ended)} for name, paper, at, ended in rows
        ]
    }


def _forget_owner(tx: Tx, of: Erasing) -> None:
    tx.session.execute(delete(OwnerPerson).where(OwnerPerson.person_id == of.subject.person_id))


def _files(of: Subject) -> dict[str, Any]:
    return {
        "files": [
            {"id": row.public_id, "kind": row.kind, "name": row.name, "at": iso(row.at)}
            for row in own(Media, Media.person_id, of.person_id)
        ]
    }


def _forget_files(tx: Tx, of: Erasing) -> None:
    tx.session.execute(
        update(Media)
        .where(Media.person_id == of.subject.person_id)
        .values(name="", person_id=of.nobody_id)
        .execution_options(synchronize_session=False)
    )


def _deeds(of: Subject) -> dict[str, Any]:
    return {
        "what_i_did": [
            {"kind": row.kind, "at": iso(row.at), "data": json.dumps(row.data, ensure_ascii=False)}
            for row in own(Event, Event.person_id, of.person_id)
        ]
    }


def _forget_forms(tx: Tx, of: Erasing) -> None:
    mine = OnceKey.scope.endswith(f":{of.subject.person_id}")
    tx.session.execute(delete(OnceKey).where(mine).execution_options(synchronize_session=False))


def _looks(of: Subject) -> dict[str, Any]:
    return {"who_looked": _looked(of)}


def _looked(of: Subject) -> Rows:
    return [
        {"what": say(look.what), "at": iso(look.at), "by": say(look.role), "one_by_one": look.alone}
        for look in looks_at(of)
    ]


PERSONAL = (
    Personal(
        "account",
        phrase("Your name and your household"),
        phrase(
            "What you want to be called, whether it is shown, your household’s address; of staff an e-mail address "
            "and a password’s fingerprint."
        ),
        phrase("So that your household has its one vote and neighbours know whom they talk with."),
        LEFT,
        phrase(
            "Neighbours see the first character and the building, or your name where you chose so; the desk sees the "
            "address."
        ),
        "13(1)(2), 6",
        columns=("person.household_id",),
        parts={"person": phrase("Person"), "household": phrase("Household")},
        read=_account,
        erase=_forget_account,
    ),
    Personal(
        "roll",
        phrase("From the roll"),
        phrase(
            "Building, entrance, room; floor area and householder where the property company’s list has them. Never public; "
            "the desk sees them."
        ),
        phrase("So that each unit is asked, and has one vote."),
        phrase("As long as the unit is on the roll; the householder’s name until you ask that it goes."),
        DESK,
        "13(1)(3)",
    ),
    Personal(
        "devices",
        phrase("Your devices"),
        phrase(
            "The kind of device, such as “Android”, since when it is paired, and the day on which it was last used."
        ),
        phrase("So that you stay signed in, and recognise a device that isn’t yours."),
        phrase("Until you remove it, and for a while after."),
        phrase("Your household."),
        "13(1)(2)",
        columns=("device.person_id", "device.household_id", "move_code.device_id"),
        deeds=("device.ended_by_id",),
        parts={"devices": phrase("Devices")},
        read=_devices,
        erase=_forget_devices,
    ),
    Personal(
        "codes",
        phrase("Codes and links to sign in with"),
        phrase(
            "The fingerprint of your household’s code and of links for staff, never the code itself; wrong tries, "
            "counted under a scrambled address."
        ),
        phrase("So that nobody else signs in for you."),
        phrase("Until another code is made, and for some days after."),
        phrase("Nobody: they can’t be read."),
        "13(1)(2), 51",
        columns=("household_code.household_id", "staff_link.person_id"),
        deeds=("household_code.issued_by_id", "staff_link.made_by_id"),
        erase=_forget_forms,
    ),
    Personal(
        "roles",
        phrase("Roles and rings"),
        phrase("Which office or ring of the method you have or had, and since when."),
        phrase("So that everybody knows who may do what."),
        phrase("Rings until you leave; an office for as long as what was done in it."),
        phrase("Everybody, of staff; the desk, of residents."),
        "13(1)(2)",
        columns=("role_grant.person_id", "ring_member.person_id"),
        deeds=("role_grant.granted_by_id", "role_grant.deputy_for_id"),
        parts={"roles": phrase("Roles"), "rings": phrase("Rings")},
        read=_roles,
        erase=_forget_roles,
    ),
    Personal(
        "owner",
        phrase("For which owner you speak"),
        phrase("Which owner of a flat you may speak for, by which paper."),
        phrase("An owners’ vote under the Civil Code counts owners."),
        LEFT,
        DESK,
        "13(1)(3)",
        columns=("owner_person.person_id",),
        deeds=("owner_person.entered_by_id", "ownership.entered_by_id", "owner.merged_by_id"),
        parts={"speaks_for": phrase("Owners you speak for")},
        read=_owner,
        erase=_forget_owner,
    ),
    Personal(
        "files",
        phrase("Photos and files you sent"),
        phrase("Photos without hidden data such as the place, and papers you handed in as files."),
        phrase("To show what a proposal or an entry is about."),
        phrase("As long as what they belong to; your name is taken off when you ask."),
        phrase("Whoever sees what they belong to."),
        "13(1)(1)",
        columns=("media.person_id",),
        parts={"files": phrase("Files")},
        read=_files,
        erase=_forget_files,
    ),
    Personal(
        "deeds",
        phrase("What you did here"),
        phrase("For each thing you did: what kind, and when. Votes are not among them."),
        phrase("So that it can be shown how a decision came about."),
        phrase(
            "As long as the community’s log; where nothing is compared with it, your name is taken off when you ask."
        ),
        phrase("You. The public log holds scrambled fingerprints only."),
        "13(1)(3)",
        deeds=("event.person_id", "roll_import.person_id", "removal.person_id"),
        parts={"what_i_did": phrase("What I did")},
        read=_deeds,
    ),
    Personal(
        "looks",
        phrase("Who looked at your data"),
        phrase("When one of the staff opens a page that shows your data or a list with it: in which office, and when."),
        phrase("So that nobody looks without a reason."),
        phrase("A year, and never less than six months."),
        phrase("You: office and day. Inspectors and the town’s administrator: the name too."),
        "51, 55",
        deeds=("access_log.person_id",),
        parts={"who_looked": phrase("Who looked")},
        read=_looks,
    ),
)
