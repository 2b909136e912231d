"""Who is signed in on this request: a device of a household, or a member of the staff."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import BindParameter, CompoundSelect, bindparam, func, literal, or_, select, union_all
from sqlalchemy.exc import DBAPIError

from app.config import Config
from app.core.clock import DAY, HOUR, MINUTE, now
from app.core.database import db, table_of
from app.core.web import SignInNeeded
from app.people import factors, staff_sessions
from app.people.access import ROUTE
from app.people.actor import NOBODY, RESIDENTS_RING, RING_OF_ROLE, Actor
from app.people.devices import note_seen
from app.people.models import Device, Household, Person, RingMember, RoleGrant
from app.people.security_models import StaffSession

log = logging.getLogger(__name__)
SURE = 10 * MINUTE  # for so long nobody is asked again who they are


Rights = Sequence[tuple[Any, str, str]]  # a community, or None for the town; a role; a ring


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
        *,
        seen_at: int = 0,
        browser_id: str = "",
        sure_at: int = 0,
        rights: Rights | None = None,
    ) -> None:
        self.session_id, self.rights = session_id, rights
        self._actor: Actor | None = None
        self._owes: bool | None = None
        self.person_id, self.public_id, self.shown_name = person_id, public_id, name
        self.device_id, self.household_id, self.home_id = device_id, household_id, home_id
        self.seen_at, self.browser_id, self.sure_at = seen_at, browser_id, sure_at

    def get_id(self) -> str:
        return self.session_id

    @property
    def actor(self) -> Actor:
        if self._actor is None:
            rights = _rights_of(self.person_id) if self.rights is None else self.rights
            names = self.person_id, self.public_id, self.shown_name
            self._actor = _actor(*names, self.household_id, self.home_id, self.device_id, rights)
        return self._actor

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self._actor = actor

    @property
    def is_staff(self) -> bool:
        return self.device_id is None

    @property
    def is_admin(self) -> bool:
        return self.is_staff and self.actor.is_admin

    @property
    def is_sure(self) -> bool:
        """Whether this member of the staff has shown lately who they are."""
        return self.is_staff and 0 <= now() - self.sure_at <= SURE

    @property
    def owes_factor(self) -> bool:
        """Whether the settings ask this person for a second factor that isn't set up."""
        if self._owes is None:
            self._owes = self._read_owes()
        return self._owes

    def _read_owes(self) -> bool:
        config: Config = current_app.config["QIDING"]
        if not self.is_staff or config.second_factor != "required" or not factors.must_have(self.actor):
            return False
        return not factors.factors_of(self.person_id)


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


def _rights_of(person_id: int) -> Rights:
    return [tuple(row) for row in db.session.execute(_RIGHTS, {"person": person_id, "now": int(now())})]


def _actor(
    person_id: int,
    public_id: str,
    name: str,
    household_id: int | None,
    home_id: int | None,
    device_id: int | None,
    rights: Rights,
) -> Actor:
    roles: dict[int | None, set[str]] = {}
    rings: dict[int, set[str]] = {}
    for community_id, role, ring in rights:
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
        _rights_of(person.id),
    )


def init_sessions(app: Flask) -> None:
    """Hang sign-in on ``app``."""
    manager = LoginManager(app)
    manager.session_protection = None  # a phone's address and browser change; devices are revoked by row instead
    manager.user_loader(load_user)
    app.before_request(_name_route)
    app.teardown_request(_forget_route)


def init_notes(app: Flask) -> None:
    """Note that sessions and devices are in use. To be called before pages are kept: what comes first here is done last, and
    the note of one's first visit of a day may not be why one's page is made for nobody else."""
    app.after_request(_note_seen)
    app.after_request(_note_day)


def _name_route() -> None:
    ROUTE.set(request.endpoint or "")


def _forget_route(_error: BaseException | None) -> None:
    ROUTE.set("")


def _note_day(response: Response) -> Response:
    """Write down once a day that a device is in use, so that those nobody uses any more can be forgotten.

    When it looks at a page, not when it sends a form: in a closing hour each form is somebody's first, and waits long enough.
    """
    user = g.get("_login_user")
    if request.method != "GET":
        return response
    if isinstance(user, CurrentUser) and user.device_id is not None and now() - user.seen_at >= DAY:
        try:
            note_seen(user.device_id)
        except DBAPIError:  # a database that only reads: the page itself was made, and is worth more
            db.session.rollback()
    return response


_device, _one, _home, _browser = (table_of(model).c for model in (Device, Person, Household, StaffSession))
_grant, _ring = table_of(RoleGrant).c, table_of(RingMember).c
# With the rights at once: a resident's page, and a cast, begin with this one statement.
_DEVICE = (
    select(
        *(_one.id, _one.public_id, _one.name, _device.id, _home.id, _home.community_id),
        func.coalesce(_device.seen_at, _device.paired_at).label("seen_at"),
        *(_grant.community_id, _grant.role, _ring.community_id, _ring.ring),
    )
    .select_from(table_of(Device))
    .join(table_of(Person), _one.id == _device.person_id)
    .join(table_of(Household), _home.id == _device.household_id)
    .outerjoin(
        table_of(RoleGrant),
        (_grant.person_id == _one.id)
        & _grant.ended_at.is_(None)
        & (_grant.until.is_(None) | (_grant.until > bindparam("now"))),
    )
    .outerjoin(table_of(RingMember), _ring.person_id == _one.id)
    .where(
        _device.public_id == bindparam("public_id"),
        _device.ended_at.is_(None),
        _home.ended_at.is_(None),
        _one.left_at.is_(None),
    )
)
_STAFF = (
    select(
        *(_one.id, _one.public_id.label("person"), _one.name, _one.epoch.label("present"), _one.password.is_not(None)),
        *(_browser.public_id, _browser.epoch, _browser.begun_at, _browser.seen_at, _browser.sure_at),
    )
    .select_from(table_of(StaffSession))
    .join(table_of(Person), _one.id == _browser.person_id)
    .where(_browser.public_id == bindparam("public_id"), _browser.ended_at.is_(None), _one.left_at.is_(None))
)


def load_user(session_id: str) -> CurrentUser | None:
    """The user of a session, unless what it stands on has ended. Read as columns: no object of an older state stays.

    The page of an error asks the database for nobody.
    """
    if g.get("broken"):
        return None
    kind, _, rest = session_id.partition(":")
    if kind == "device":
        rows = db.session.execute(_DEVICE, {"public_id": rest, "now": int(now())}).all()
        if not rows:
            return None
        # Each role stands beside each ring: of either, what there is.
        roles = [(row[7], row[8], "") for row in rows if row[8] is not None]
        rings = [(row[9], "", row[10]) for row in rows if row[10] is not None]
        return CurrentUser(session_id, *rows[0][:6], seen_at=rows[0][6], rights=[*roles, *rings])
    if kind == "staff":
        return _staff_user(session_id, rest)
    return None


def _staff_user(session_id: str, public_id: str) -> CurrentUser | None:
    config: Config = current_app.config["QIDING"]
    row = db.session.execute(_STAFF, {"public_id": public_id}).one_or_none()
    if row is None:
        return None
    person_id, person, name, present, has_password, browser, epoch, begun_at, seen_at, sure_at = row
    if epoch != present or not has_password:
        return None
    if now() - begun_at > config.staff_hours * HOUR or now() - seen_at > config.staff_idle * MINUTE:
        return None
    if now() - seen_at >= staff_sessions.SEEN_EVERY:
        g.seen = browser
    return CurrentUser(session_id, person_id, person, name, browser_id=browser, sure_at=sure_at)


def _note_seen(response: Response) -> Response:
    """Note that a session is in use, after the page is made: it is nothing that the page could fail of."""
    public_id = g.pop("seen", None)
    if public_id is not None:
        try:
            staff_sessions.seen(public_id)
        except DBAPIError:
            log.warning("a session that was used could not be noted")
    return response


def begin_device(device: Device, person: Person, household: Household) -> None:
    """Sign a paired device in, in a fresh session."""
    staff_sessions.finish(_held())
    _begin(
        CurrentUser(
            f"device:{device.public_id}",
            *(person.id, person.public_id, person.name),
            *(device.id, household.id, household.community_id),
        )
    )


def begin_staff(person_id: int, label: str) -> None:
    """Sign a member of the staff in, in a fresh session that is a row; the one that this browser had ends."""
    browser = staff_sessions.begin(person_id, label, ending=_held())
    person = db.session.get_one(Person, person_id)
    _begin(
        CurrentUser(
            f"staff:{browser.public_id}",
            *(person.id, person.public_id, person.name),
            browser_id=browser.public_id,
            sure_at=browser.sure_at,
        )
    )


def _begin(user: CurrentUser) -> None:
    session.clear()
    session.permanent = True
    session["at"] = now()
    login_user(user)


def _held() -> str:
    """The row of the session that this browser has as one of the staff's; empty when it has none."""
    return current_user.browser_id if current_user.is_authenticated and current_user.is_staff else ""


def end() -> None:
    """Sign out here."""
    staff_sessions.finish(_held())
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
