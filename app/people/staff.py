"""Commands on staff: invitations, passwords, roles, deputies, leaving."""

from __future__ import annotations

import re
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select, update

from app.core.clock import DAY, MINUTE
from app.core.events import record_event
from app.core.limits import count_try, give_back
from app.core.transaction import Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import ROLES, Actor
from app.people.codes import mac, new_link
from app.people.models import Person, RoleGrant, StaffLink
from app.people.passwords import check_password

LINK_DAYS = 7
HASHER = PasswordHasher()
# A hash takes 64 MB and a seventh of a second: two at once, so that a flood of sign-ins leaves the votes room.
_HASHING = threading.BoundedSemaphore(2)
_NOBODY = HASHER.hash("a password that nobody has")
WRONG = phrase("E-mail or password is wrong.")
# What a facilitator may give in the own community; the rest is the town's.
BY_FACILITATOR = frozenset({"planner", "department", "observer", "inspector"})


def _hash(password: str) -> str:
    wrong = check_password(password)
    if wrong is not None:
        raise Invalid(wrong, {"password": wrong})
    with _HASHING:
        return HASHER.hash(password)


def tidy_email(email: str) -> str:
    """An address as we keep it; Invalid when it can't be one."""
    tidied = email.strip().lower()
    if len(tidied) > 160 or not re.fullmatch(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+", tidied):
        raise Invalid(
            phrase("Check the e-mail address."),
            {"email": phrase("This is not an e-mail address, like li@example.org.")},
        )
    return tidied


def create_admin(email: str, name: str, password: str) -> int:
    """Make the first administrator of the town and return the person's id."""
    hashed, address = _hash(password), tidy_email(email)
    with transaction() as tx:
        person = Person(name=name.strip(), email=address, password=hashed, created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, role="administrator", at=tx.now))
        record_event(tx, "role.granted", community_id=None, person_id=person.id, data={"role": "administrator"})
        return person.id


def sign_in(email: str, password: str, address: str) -> Person:
    """The person with this e-mail and password. An unknown address takes as long as a wrong password."""
    count_try("staff-address", address, most=30, window=15 * MINUTE)
    count_try("staff-account", email.strip().lower(), most=10, window=15 * MINUTE)
    with transaction() as tx:
        person = tx.session.scalar(
            select(Person).where(Person.email == email.strip().lower(), Person.left_at.is_(None))
        )
        kept = person.password if person is not None and person.password else _NOBODY
        person_id = person.id if person is not None and person.password else None
    if not _fits(kept, password) or person_id is None:
        raise Invalid(WRONG, {"password": WRONG})
    give_back("staff-address", address, window=15 * MINUTE)
    give_back("staff-account", email.strip().lower(), window=15 * MINUTE)
    with transaction() as tx:
        return tx.session.get_one(Person, person_id)


def _fits(kept: str, password: str) -> bool:
    with _HASHING:
        try:
            return HASHER.verify(kept, password[:200])
        except (VerifyMismatchError, InvalidHashError):
            return False


def check_again(person_id: int, password: str, address: str) -> None:
    """Take the password of somebody who is signed in already; counted with the sign-ins of the same account."""
    with transaction() as tx:
        person = tx.session.get_one(Person, person_id)
        email, kept = person.email or "", person.password or _NOBODY
    count_try("staff-address", address, most=30, window=15 * MINUTE)
    count_try("staff-account", email, most=10, window=15 * MINUTE)
    if not _fits(kept, password):
        raise Invalid(phrase("This password is wrong."))
    give_back("staff-address", address, window=15 * MINUTE)
    give_back("staff-account", email, window=15 * MINUTE)


def change_password(actor: Actor, password: str) -> None:
    """Give oneself another password; all one's sessions end."""
    hashed = _hash(password)
    with transaction() as tx:
        person = tx.session.get_one(Person, actor.person())
        if person.password is None:
            raise NotFound
        person.password, person.epoch = hashed, person.epoch + 1
        _end_links(tx, person)
        record_event(tx, "password.set", community_id=None, person_id=person.id)


def invite(actor: Actor, *, email: str, name: str, role: str, community_id: int | None) -> str:
    """Invite somebody to the staff, or give a member of it one more role; returns the link's secret, or "" for the latter."""
    _may_give(actor, role, community_id)
    address = tidy_email(email)
    if not name.strip():
        raise Invalid(phrase("The name is missing."), {"name": phrase("Please fill this in.")})
    with transaction() as tx:
        person = tx.session.scalar(select(Person).where(Person.email == address))
        fresh = person is None or (person.password is None and _may_hand_over(tx, actor, person))
        if person is None:
            person = Person(name=name.strip()[:60], email=address, created_at=tx.now)
            tx.session.add(person)
            tx.session.flush()
        person.left_at = None
        _grant(tx, actor.person(), person.id, role, community_id)
        return _link(tx, actor, person, "invite") if fresh else ""


def _may_hand_over(tx: Tx, actor: Actor, person: Person) -> bool:
    """Whoever holds a link holds the account: it goes only to who could have given every role that the account has."""
    grants = tx.session.scalars(
        select(RoleGrant).where(RoleGrant.person_id == person.id, RoleGrant.ended_at.is_(None))
    ).all()
    return actor.is_admin or all(
        grant.role in BY_FACILITATOR and grant.community_id is not None and actor.facilitates(grant.community_id)
        for grant in grants
    )


def _may_give(actor: Actor, role: str, community_id: int | None) -> None:
    if role not in ROLES:
        raise Invalid(phrase("Choose a role."), {"role": phrase("Choose one of the roles.")})
    if community_id is not None and role in BY_FACILITATOR and actor.facilitates(community_id):
        return
    actor.require_admin()
    if (role == "administrator") != (community_id is None):
        raise Invalid(phrase("Choose a role."), {"role": phrase("This role does not belong here.")})


def _grant(
    tx: Tx,
    by: int,
    person_id: int,
    role: str,
    community_id: int | None,
    *,
    until: int | None = None,
    deputy_for: int | None = None,
) -> None:
    place = RoleGrant.community_id.is_(None) if community_id is None else RoleGrant.community_id == community_id
    known = tx.session.scalar(
        select(RoleGrant).where(
            RoleGrant.person_id == person_id, place, RoleGrant.role == role, RoleGrant.ended_at.is_(None)
        )
    )
    if known is not None and until is None:
        known.until = None
        return
    tx.session.add(
        RoleGrant(
            person_id=person_id,
            community_id=community_id,
            role=role,
            granted_by_id=by,
            deputy_for_id=deputy_for,
            at=tx.now,
            until=until,
        )
    )
    record_event(
        tx,
        "role.granted",
        community_id=community_id,
        person_id=by,
        data={"role": role, "to": person_id, "until": until},
    )


def _link(tx: Tx, actor: Actor, person: Person, purpose: str) -> str:
    secret = new_link()
    _end_links(tx, person)
    tx.session.add(
        StaffLink(
            person_id=person.id,
            purpose=purpose,
            mac=mac("staff", secret),
            made_by_id=actor.person(),
            at=tx.now,
            expires_at=tx.now + LINK_DAYS * DAY,
        )
    )
    return secret


def _end_links(tx: Tx, person: Person) -> None:
    tx.session.execute(
        update(StaffLink).where(StaffLink.person_id == person.id, StaffLink.used_at.is_(None)).values(used_at=tx.now)
    )


def new_password_link(actor: Actor, person_public_id: str) -> str:
    """A link by which a member of the staff sets a new password; made by the town's administrator."""
    actor.require_admin()
    with transaction() as tx:
        return _link(tx, actor, _staff(tx, person_public_id), "reset")


def _staff(tx: Tx, public_id: str) -> Person:
    person = tx.session.scalar(select(Person).where(Person.public_id == public_id, Person.email.is_not(None)))
    if person is None:
        raise NotFound
    return person


def link_owner(secret: str) -> str:
    """The name of the person a link is for; NotFound once it is used or has expired."""
    with transaction() as tx:
        return _open_link(tx, secret)[1].name


def _open_link(tx: Tx, secret: str) -> tuple[StaffLink, Person]:
    row = tx.session.scalar(select(StaffLink).where(StaffLink.mac == mac("staff", secret)).with_for_update())
    if row is None or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFound(phrase("This link was used or is too old. Ask for a new one."))
    return row, tx.session.get_one(Person, row.person_id)


def accept(secret: str, password: str) -> Person:
    """Set the password that a link was made for; all earlier sessions of the person end."""
    hashed = _hash(password)
    with transaction() as tx:
        row, person = _open_link(tx, secret)
        row.used_at = tx.now
        person.password, person.epoch, person.left_at = hashed, person.epoch + 1, None
        record_event(tx, "password.set", community_id=None, person_id=person.id)
        return person


def end_role(actor: Actor, grant_id: int) -> None:
    """End one role; the last administrator and oneself as the only facilitator stay."""
    with transaction() as tx:
        grant = tx.session.get(RoleGrant, grant_id)
        if grant is None or grant.ended_at is not None:
            raise NotFound
        _may_give(actor, grant.role, grant.community_id)
        _refuse_last(tx, grant)
        grant.ended_at = tx.now
        record_event(
            tx,
            "role.ended",
            community_id=grant.community_id,
            person_id=actor.person(),
            data={"role": grant.role, "of": grant.person_id},
        )


def _refuse_last(tx: Tx, grant: RoleGrant) -> None:
    if grant.role != "administrator":
        return
    # All are held, so that of two who end each other at this moment the second one sees what the first one did.
    standing = tx.session.execute(
        select(RoleGrant.id, RoleGrant.person_id)
        .where(RoleGrant.role == "administrator", RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update(key_share=True)
    ).all()
    if all(person_id == grant.person_id for _, person_id in standing):
        raise Conflict(phrase("The town would be without an administrator. Name another one first."))


def name_of(person_public_id: str) -> str:
    """The name of a member of the staff."""
    with transaction() as tx:
        return _staff(tx, person_public_id).name


def leave(actor: Actor, person_public_id: str) -> None:
    """End all roles and sessions of a member of the staff who leaves."""
    actor.require_admin()
    with transaction() as tx:
        person = _staff(tx, person_public_id)
        for grant in tx.session.scalars(
            select(RoleGrant).where(RoleGrant.person_id == person.id, RoleGrant.ended_at.is_(None))
        ).all():
            _refuse_last(tx, grant)
            grant.ended_at = tx.now
        person.left_at, person.epoch, person.password = tx.now, person.epoch + 1, None
        _end_links(tx, person)
        record_event(tx, "staff.left", community_id=None, person_id=actor.person(), data={"person": person.public_id})


def deputise(actor: Actor, community_id: int, person_public_id: str, until: int) -> None:
    """Let a member of the staff stand in as facilitator of one's community until an instant, at most 90 days away."""
    mine = actor.require_facilitator(community_id)
    with transaction() as tx:
        if not tx.now < until <= tx.now + 90 * DAY:
            wrong = phrase("Choose a day within the next 90 days.")
            raise Invalid(wrong, {"until": wrong})
        person = _staff(tx, person_public_id)
        if person.id == mine:
            raise Conflict(phrase("One can't be one's own deputy."))
        _grant(tx, mine, person.id, "facilitator", community_id, until=until, deputy_for=mine)
