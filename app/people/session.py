"""Who is signed in on this request: a device of a household, or a member of the staff."""

from __future__ import annotations

from functools import cached_property

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import or_, select

from app.core.clock import HOUR, now
from app.core.database import db
from app.core.web import SignInNeeded
from app.people.actor import NOBODY, RESIDENTS_RING, RING_OF_ROLE, Actor
from app.people.models import Device, Household, Person, RingMember, RoleGrant

STAFF_SESSION = 12 * HOUR


class CurrentUser(UserMixin):  # type: ignore[misc]
    """The person behind this request. Rights are read once, when first asked for."""

    def __init__(self, session_id: str, person: Person, device: Device | None, household: Household | None) -> None:
        self.session_id = session_id
        self.person_id, self.public_id, self.shown_name = person.id, person.public_id, person.name
        self.device_id = device.id if device else None
        self.household_id = household.id if household is not None else None
        self.home_id = household.community_id if household is not None else None

    def get_id(self) -> str:
        return self.session_id

    @cached_property
    def actor(self) -> Actor:
        return _actor(self.person_id, self.public_id, self.shown_name, self.household_id, self.home_id, self.device_id)

    @property
    def is_staff(self) -> bool:
        return self.device_id is None

    @property
    def is_admin(self) -> bool:
        return self.is_staff and self.actor.is_admin


def _actor(
    person_id: int, public_id: str, name: str, household_id: int | None, home_id: int | None, device_id: int | None
) -> Actor:
    grants = db.session.execute(
        select(RoleGrant.community_id, RoleGrant.role).where(
            RoleGrant.person_id == person_id,
            RoleGrant.ended_at.is_(None),
            or_(RoleGrant.until.is_(None), RoleGrant.until > now()),
        )
    )
    roles: dict[int | None, set[str]] = {}
    rings: dict[int, set[str]] = {}
    for community_id, role in grants:
        roles.setdefault(community_id, set()).add(role)
        if community_id is not None and role in RING_OF_ROLE:
            rings.setdefault(community_id, set()).add(RING_OF_ROLE[role])
    for community_id, ring in db.session.execute(
        select(RingMember.community_id, RingMember.ring).where(RingMember.person_id == person_id)
    ):
        rings.setdefault(community_id, set()).add(ring)
    if home_id is not None:
        rings.setdefault(home_id, set()).add(RESIDENTS_RING)
    return Actor(
        person_id=person_id,
        public_id=public_id,
        name=name,
        household_id=household_id,
        home_id=home_id,
        device_id=device_id,
        roles={key: frozenset(value) for key, value in roles.items()},
        rings={key: frozenset(value) for key, value in rings.items()},
    )


def actor_of(person_id: int) -> Actor:
    """A person as an actor, for commands given outside a request: tests and the demonstration."""
    row = db.session.execute(
        select(Person, Household)
        .outerjoin(Household, (Household.id == Person.household_id) & Household.ended_at.is_(None))
        .where(Person.id == person_id)
    ).one()
    person: Person = row[0]
    household: Household | None = row[1]
    return _actor(
        person.id,
        person.public_id,
        person.name,
        household.id if household else None,
        household.community_id if household else None,
        None,
    )


def init_sessions(app: Flask) -> None:
    """Hang sign-in on ``app``."""
    manager = LoginManager(app)
    manager.session_protection = None  # a phone's address and browser change; devices are revoked by row instead
    manager.user_loader(load_user)


def load_user(session_id: str) -> CurrentUser | None:
    """The user of a session, unless what it stands on has ended. The page of an error asks the database for nobody."""
    if g.get("broken"):
        return None
    kind, _, rest = session_id.partition(":")
    if kind == "device":
        row = db.session.execute(
            select(Device, Person, Household)
            .join(Person, Person.id == Device.person_id)
            .join(Household, Household.id == Device.household_id)
            .where(Device.public_id == rest, Device.ended_at.is_(None), Household.ended_at.is_(None))
        ).one_or_none()
        return CurrentUser(session_id, row[1], row[0], row[2]) if row and row[1].left_at is None else None
    if kind == "staff":
        public_id, _, epoch = rest.partition(":")
        if now() - int(session.get("at", 0)) > STAFF_SESSION:
            return None
        person = db.session.scalar(select(Person).where(Person.public_id == public_id, Person.left_at.is_(None)))
        if person is None or str(person.epoch) != epoch or person.password is None:
            return None
        return CurrentUser(session_id, person, None, None)
    return None


def begin_device(device: Device, person: Person, household: Household) -> None:
    """Sign a paired device in, in a fresh session."""
    _begin(CurrentUser(f"device:{device.public_id}", person, device, household))


def begin_staff(person: Person) -> None:
    """Sign a member of the staff in, in a fresh session."""
    _begin(CurrentUser(f"staff:{person.public_id}:{person.epoch}", person, None, None))


def _begin(user: CurrentUser) -> None:
    session.clear()
    session.permanent = True
    session["at"] = now()
    login_user(user)


def end() -> None:
    """Sign out here."""
    logout_user()
    session.clear()


def actor() -> Actor:
    """Who reads or acts in this request; NOBODY when nobody is signed in."""
    if not current_user.is_authenticated:
        return NOBODY
    found: Actor = current_user.actor
    return found


def signed_in() -> Actor:
    """Who acts; asks a stranger to sign in."""
    found = actor()
    if not found.known:
        raise SignInNeeded
    return found
