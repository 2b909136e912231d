"""Who of the staff looked at whose data: written down once a request, never changed, forgotten only when its time is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event, or_, select
from sqlalchemy.orm import Mapper

from app.core.database import Base, db
from app.core.personal import Subject
from app.core.transaction import transaction
from app.engine.errors import Frozen
from app.engine.phrase import Phrase, phrase
from app.people.actor import ROLE_NAMES, Actor
from app.people.models import AccessLog, Household, Person, RoleGrant
from app.people.places import Building, Entrance, Unit
from app.people.queries import unit_label

# The page that is being answered, for the row; the web sets it, commands have none.
ROUTE: ContextVar[str] = ContextVar("qiding.route", default="")

HOUSEHOLD, PERSON, LIST = "household", "person", "list"
# What can be looked at: a kind stands in the row, its sentence is for whoever reads the list.
KINDS: Mapping[str, Phrase] = {
    "desk": phrase("searched the households at the desk"),
    "household": phrase("opened the page of a household"),
    "code": phrase("made a new code for a household"),
    "slips": phrase("printed slips with new codes"),
    "roll": phrase("looked at the roll"),
    "members": phrase("looked at the list of people and rings"),
    "owners": phrase("opened the list of owners"),
    "owner": phrase("looked at an owner"),
    "not voted": phrase("opened the list of who has not voted"),
    "rows with area": phrase("opened the votes with floor area"),
    "mandates": phrase("looked at the mandates of a vote"),
    "paper.sheet": phrase("looked at whose a sheet of paper is"),
    "file": phrase("opened a file that only the desk sees, such as the picture of a sheet of paper"),
    "paper.print": phrase("printed sheets with addresses"),
    "register": phrase("took a list along as a file"),
    "attendance": phrase("looked at who came to a meeting"),
    "deliveries": phrase("looked at whether e-mail arrived"),
    "erasure": phrase("looked somebody up to erase their data"),
}


# The pages of staff that show somebody's data, and what is written down when one does. A test walks all pages.
SHOWN_BY: Mapping[str, str] = {
    "people.desk_page": "desk",
    "people.issue_code": "code",
    "people.move_out": "household",
    "people.issue_codes": "slips",
    "people.roll_import": "roll",
    "people.owners": "owners",
    "people.owner": "owner",
    "people.merge_owners": "owners",
    "projects.rings": "members",
    "ballots.mandates_page": "mandates",
    "proof.missing": "not voted",
    "proof.identified": "rows with area",
    "paper.sheet": "paper.sheet",
    "paper.printed": "paper.print",
    "paper.printed_pdf": "paper.print",
    "meetings.people": "attendance",
    "meetings.signed": "attendance",
    "meetings.sign_in_sheet": "attendance",
    "notifications.deliveries": "deliveries",
    "office.register_xlsx": "register",
    "office.register_csv": "register",
    "privacy.erase_for": "erasure",
    "site.file": "file",
}


@dataclass(frozen=True)
class Look:
    """One look at a person's data, as the person sees it. ``alone``: at them or their household, not at a list."""

    what: Phrase
    role: Phrase
    at: int
    alone: bool


def note_access(
    actor: Actor, community_id: int | None, what: str, subject: str = "", note: str = "", *, whose: str = LIST
) -> None:
    """Write down that one of the staff looked at somebody's data; ``subject`` is whose, or which list."""
    if what not in KINDS:
        raise ValueError(f"{what} is no kind of look: say in app/people/access.py what it is")
    with transaction() as tx:
        tx.session.add(
            AccessLog(
                community_id=community_id,
                person_id=actor.person(),
                what=what,
                whose=whose,
                subject=subject[:60],
                route=ROUTE.get()[:60],
                note=note,
                at=tx.now,
            )
        )


def looks_at(of: Subject, most: int = 200) -> list[Look]:
    """Who looked at a person, their household, or a list of their community; the newest first."""
    mine = [of.public_id]
    if of.household_id is not None:
        mine.append(db.session.get_one(Household, of.household_id).public_id)
    lists = (AccessLog.community_id == of.community_id) & (AccessLog.whose == LIST)
    rows = db.session.execute(
        select(AccessLog)
        .where(or_(AccessLog.subject.in_(mine), lists), AccessLog.person_id != of.person_id)
        .order_by(AccessLog.id.desc())
        .limit(most)
    ).scalars()
    found = list(rows)
    roles = roles_of({row.person_id for row in found})
    unknown = phrase("Staff")
    return [
        Look(
            KINDS.get(row.what, phrase("looked at data")),
            roles.get((row.person_id, row.community_id), roles.get((row.person_id, None), unknown)),
            row.at,
            row.whose != LIST,
        )
        for row in found
    ]


def roles_of(person_ids: set[int]) -> dict[tuple[int, int | None], Phrase]:
    """The office in which some persons act, by person and community."""
    query = select(RoleGrant.person_id, RoleGrant.community_id, RoleGrant.role).where(
        RoleGrant.person_id.in_(person_ids)
    )
    return {
        (person_id, community_id): ROLE_NAMES[role]
        for person_id, community_id, role in db.session.execute(query.order_by(RoleGrant.id))
    }


@dataclass(frozen=True)
class Filter:
    """What of the list is asked for; nothing asked for is everything."""

    what: str = ""
    who: str = ""


def page_of_looks(community_id: int | None, wanted: Filter, page: int, size: int) -> tuple[list[tuple[Any, str]], bool]:
    """One page of looks in a community, or in the whole town, newest first, with names; and whether there are more."""
    query = select(AccessLog, Person.name).join(Person, Person.id == AccessLog.person_id)
    if community_id is not None:
        query = query.where(AccessLog.community_id == community_id)
    if wanted.what:
        query = query.where(AccessLog.what == wanted.what)
    if wanted.who:
        query = query.where(Person.name == wanted.who)
    query = query.order_by(AccessLog.id.desc()).offset((page - 1) * size).limit(size + 1)
    rows = [(row, name) for row, name in db.session.execute(query)]
    return rows[:size], len(rows) > size


def labels_of(rows: Iterable[AccessLog]) -> dict[str, str]:
    """The addresses of the households in some looks, by their public ids."""
    ids = {row.subject for row in rows if row.whose == HOUSEHOLD}
    query = (
        select(Household.public_id, Building.label, Entrance.label, Unit.room)
        .join(Unit, Unit.id == Household.unit_id)
        .join(Entrance, Entrance.id == Unit.entrance_id)
        .join(Building, Building.id == Entrance.building_id)
        .where(Household.public_id.in_(ids))
    )
    return {public_id: unit_label(*place) for public_id, *place in db.session.execute(query)}


def _never(_mapper: Mapper[Any], _connection: Connection, _row: Base) -> None:
    raise Frozen(phrase("Who looked at whose data was written down, and stays as it is."))


event.listen(AccessLog, "before_update", _never)
event.listen(AccessLog, "before_delete", _never)
