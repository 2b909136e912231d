"""Who is signed in on this request: a device of a household, or a member of the staff."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import BindParameter, CompoundSelect, bindparam, literal, or_, select, union_all

from app.core.clock import HOUR, now
from app.core.database import db, table_of
from app.core.traces import Reader, Trace
from app.core.web import SignInNeeded
from app.people.actor import NOBODY, RESIDENTS_RING, RING_OF_ROLE, Actor
from app.people.models import Device, Household, Person, RingMember, RoleGrant

STAFF_SESSION = 12 * HOUR


class CurrentUser(UserMixin):  # type: ignore[misc]
    """The person behind this request. Rights are read once, when first asked for."""

    def __init__(
        self,
        session_id: str,
        person_id: int,
        public_id: str,
        name: str,
        device_id: int | None = None,
        household_id: int | None = None,
        home_id: int | None = None,
    ) -> None:
        self.session_id = session_id
        self.person_id, self.public_id, self.shown_name = person_id, public_id, name
        self.device_id, self.household_id, self.home_id = device_id, household_id, home_id

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


_person: BindParameter[int] = bindparam("person")
# Roles and rings together: who reads is asked at each page.
_RIGHTS: CompoundSelect[Any] = union_all(
    select(RoleGrant.community_id, RoleGrant.role, literal("").label("ring")).where(
        RoleGrant.person_id == _person,
        RoleGrant.ended_at.is_(None),
        or_(RoleGrant.until.is_(None), RoleGrant.until > bindparam("now")),
    ),
    select(RingMember.community_id, literal(""), RingMember.ring).where(RingMember.person_id == _person),
)


def _actor(
    person_id: int, public_id: str, name: str, household_id: int | None, home_id: int | None, device_id: int | None
) -> Actor:
    roles: dict[int | None, set[str]] = {}
    rings: dict[int, set[str]] = {}
    for community_id, role, ring in db.session.execute(_RIGHTS, {"person": person_id, "now": int(now())}):
        if ring:
            rings.setdefault(community_id, set()).add(ring)
            continue
        roles.setdefault(community_id, set()).add(role)
        if community_id is not None and role in RING_OF_ROLE:
            rings.setdefault(community_id, set()).add(RING_OF_ROLE[role])
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
    app.extensions["qiding.reader"] = reader
    app.extensions["qiding.watch_reader"] = watch_reader


def reader() -> Reader | None:
    """Who is signed in, for pages that are kept: readers of one kind have the same home, roles and rings."""
    if not current_user.is_authenticated:
        return None
    who: Actor = current_user.actor
    roles = sorted((key or 0, sorted(value)) for key, value in who.roles.items())
    rings = sorted((key, sorted(value)) for key, value in who.rings.items())
    keys = {"person": who.person_id, "household": who.household_id, "device": who.device_id}
    return Reader(
        repr((who.home_id, roles, rings, current_user.is_staff)),
        {name: key for name, key in keys.items() if key is not None},
    )


class _WatchedActor(Actor):
    """Somebody whose page is made to be kept: it knows when it is asked for a name."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("name", "public_id"):
            g.trace.lost = True
        return super().__getattribute__(name)


def watch_reader(trace: Trace) -> None:
    """From now on in this request, who is signed in has keys that tell ``trace`` what they are asked."""
    user: CurrentUser = current_user._get_current_object()
    who = user.actor
    user.actor = _WatchedActor(
        person_id=trace.own("person"),
        public_id=who.public_id,
        name=who.name,
        household_id=trace.own("household"),
        home_id=who.home_id,
        device_id=trace.own("device"),
        roles=who.roles,
        rings=who.rings,
    )


_device, _one, _home = table_of(Device).c, table_of(Person).c, table_of(Household).c
_DEVICE = (
    select(_one.id, _one.public_id, _one.name, _device.id, _home.id, _home.community_id)
    .select_from(table_of(Device))
    .join(table_of(Person), _one.id == _device.person_id)
    .join(table_of(Household), _home.id == _device.household_id)
    .where(
        _device.public_id == bindparam("public_id"),
        _device.ended_at.is_(None),
        _home.ended_at.is_(None),
        _one.left_at.is_(None),
    )
)
_STAFF = select(_one.id, _one.public_id, _one.name, _one.epoch, _one.password.is_not(None)).where(
    _one.public_id == bindparam("public_id"), _one.left_at.is_(None)
)


def load_user(session_id: str) -> CurrentUser | None:
    """The user of a session, unless what it stands on has ended. Read as columns: no object of an older state stays."""
    kind, _, rest = session_id.partition(":")
    if kind == "device":
        row = db.session.execute(_DEVICE, {"public_id": rest}).one_or_none()
        return CurrentUser(session_id, *row) if row else None
    if kind == "staff":
        public_id, _, epoch = rest.partition(":")
        if now() - int(session.get("at", 0)) > STAFF_SESSION:
            return None
        row = db.session.execute(_STAFF, {"public_id": public_id}).one_or_none()
        if row is None or str(row[3]) != epoch or not row[4]:
            return None
        return CurrentUser(session_id, row[0], row[1], row[2])
    return None


def begin_device(device: Device, person: Person, household: Household) -> None:
    """Sign a paired device in, in a fresh session."""
    _begin(
        CurrentUser(
            f"device:{device.public_id}",
            *(person.id, person.public_id, person.name),
            *(device.id, household.id, household.community_id),
        )
    )


def begin_staff(person: Person) -> None:
    """Sign a member of the staff in, in a fresh session."""
    _begin(CurrentUser(f"staff:{person.public_id}:{person.epoch}", person.id, person.public_id, person.name))


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
