"""Commands on second factors: codes of an authenticator, recovery codes, and what they are asked for."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence

import pyotp
from sqlalchemy import Select, delete, func, select, update

from app.core.clock import DAY, MINUTE, SECOND
from app.core.database import db
from app.core.events import record_event
from app.core.ids import tidy_code
from app.core.limits import count_try, give_back
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.codes import mac, new_code, sealed, unsealed
from app.people.models import Person
from app.people.security_models import Factor, RecoveryCode

STEP = 30 * SECOND
CODES = 10
MOST_FACTORS = 10
WRONG = phrase("This code is not right, or it was used already. Wait for the next one.")
NEED = ("administrator", "facilitator")  # whose roles need a second factor, where the settings say so


def factors_of(person_id: int) -> list[Factor]:
    """The factors that somebody has set up, oldest first."""
    query = select(Factor).where(Factor.person_id == person_id, Factor.confirmed_at.is_not(None)).order_by(Factor.id)
    return list(db.session.scalars(query))


def with_factors(person_ids: Iterable[int]) -> frozenset[int]:
    """Which of these persons have a factor."""
    query = select(Factor.person_id).where(Factor.person_id.in_(set(person_ids)), Factor.confirmed_at.is_not(None))
    return frozenset(db.session.scalars(query))


def codes_left(person_id: int) -> int:
    """How many recovery codes somebody has not used."""
    query = select(func.count()).select_from(RecoveryCode)
    return db.session.scalar(query.where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))) or 0


def must_have(actor: Actor) -> bool:
    """Whether somebody's roles are among those that need a second factor where it is required."""
    return any(role in NEED for roles in actor.roles.values() for role in roles)


def _staff(tx: Tx, actor: Actor) -> Person:
    person = tx.session.get_one(Person, actor.person())
    if actor.device_id is not None or person.password is None:
        raise Forbidden(phrase("Only those who sign in with a password have a second factor."))
    return person


def room_for_one(tx: Tx, actor: Actor) -> Person:
    """The person, locked, if there is room for one more factor."""
    tx.lock(Lock(Person, actor.person()))
    person = _staff(tx, actor)
    count = tx.session.scalar(select(func.count()).select_from(Factor).where(Factor.person_id == person.id)) or 0
    if count >= MOST_FACTORS:
        raise Conflict(phrase("You have ten factors already. Remove one first."))
    return person


def begin_totp(actor: Actor) -> str:
    """A secret for an authenticator, not in force before :func:`confirm_totp`; returns the factor's public id."""
    with transaction() as tx:
        tx.session.execute(delete(Factor).where(Factor.person_id == actor.person(), Factor.confirmed_at.is_(None)))
        person = room_for_one(tx, actor)
        row = Factor(person_id=person.id, kind="totp", secret=sealed(pyotp.random_base32()), added_at=tx.now)
        tx.session.add(row)
        tx.session.flush()
        return row.public_id


def _pending(tx: Tx, actor: Actor, public_id: str) -> Factor:
    row = tx.session.scalar(
        select(Factor).where(
            Factor.public_id == public_id, Factor.person_id == actor.person(), Factor.confirmed_at.is_(None)
        )
    )
    if row is None:
        raise NotFound
    return row


def pending_secret(actor: Actor, public_id: str) -> str:
    """The secret that an authenticator is to be given; never shown again once it is in force."""
    with transaction() as tx:
        found = unsealed(_pending(tx, actor, public_id).secret)
    if found is None:
        raise NotFound
    return found


def totp_uri(secret: str, account: str, issuer: str) -> str:
    """What the square code for an authenticator says."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def _step_of(secret: str, typed: str, at: int, used: int) -> int | None:
    """The step of time, this one or a neighbour, whose unused code was typed."""
    now, clock = at // STEP, pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if step > used and hmac.compare_digest(clock.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def confirm_totp(actor: Actor, public_id: str, typed: str) -> list[str]:
    """Put an authenticator in force by a first code of it; returns recovery codes if there were none."""
    count_second(actor.person())
    with transaction() as tx:
        row = _pending(tx, actor, public_id)
        step = _step_of(unsealed(row.secret) or "", _digits(typed), tx.now, row.counter)
        if step is None:
            raise Invalid(WRONG, {"code": WRONG})
        row.counter, row.confirmed_at = step, tx.now
        codes = added(tx, actor, row)
    give_second_back(actor.person())
    return codes


def added(tx: Tx, actor: Actor, row: Factor) -> list[str]:
    """Record that a factor is in force, tell its person, and make recovery codes if there are none."""
    record_event(
        tx, "factor.added", community_id=None, person_id=row.person_id, data={"kind": row.kind, "id": row.public_id}
    )
    tell(tx, [row.person_id], "factor.added", data={"kind": row.kind}, href="/me/security")
    known = tx.session.scalar(select(RecoveryCode.id).where(RecoveryCode.person_id == actor.person()).limit(1))
    return [] if known else _new_codes(tx, actor)


def _new_codes(tx: Tx, actor: Actor) -> list[str]:
    tx.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == actor.person()))
    codes = [new_code() for _ in range(CODES)]
    tx.session.add_all(
        RecoveryCode(person_id=actor.person(), mac=_code_mac(actor.person(), code), made_at=tx.now) for code in codes
    )
    return codes


def _code_mac(person_id: int, typed: str) -> str:
    return mac("recovery", f"{person_id}\0{tidy_code(typed)}")


def renew_codes(actor: Actor) -> list[str]:
    """Ten new recovery codes; the old ones end."""
    with transaction() as tx:
        person = _staff(tx, actor)
        if tx.session.scalar(_in_force(person.id)) is None:
            raise Conflict(phrase("Set up a second factor first; the codes stand in for it."))
        record_event(tx, "recovery.made", community_id=None, person_id=person.id)
        return _new_codes(tx, actor)


def remove(actor: Actor, public_id: str) -> None:
    """Remove one of one's own factors; with the last one the recovery codes go too."""
    with transaction() as tx:
        row = tx.session.scalar(select(Factor).where(Factor.public_id == public_id, Factor.person_id == actor.person()))
        if row is None:
            raise NotFound
        _forget(tx, [row], row.person_id)
        record_event(
            tx, "factor.removed", community_id=None, person_id=row.person_id, data={"kind": row.kind, "id": public_id}
        )
        tell(tx, [row.person_id], "factor.removed", data={"kind": row.kind}, href="/me/security")


def _forget(tx: Tx, rows: Sequence[Factor], person_id: int) -> None:
    for row in rows:
        tx.session.delete(row)
    tx.session.flush()
    if tx.session.scalar(_in_force(person_id)) is None:
        tx.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def _in_force(person_id: int) -> Select[int]:
    return select(Factor.id).where(Factor.person_id == person_id, Factor.confirmed_at.is_not(None)).limit(1)


def reset(actor: Actor, person_public_id: str) -> None:
    """Take all factors from somebody who has lost them; the town's administrator does it, and the person is told.

    All their sessions end: whoever holds the lost factor is out as well.
    """
    actor.require_admin()
    with transaction() as tx:
        person = tx.session.scalar(
            select(Person).where(Person.public_id == person_public_id, Person.email.is_not(None))
        )
        if person is None:
            raise NotFound
        if person.id == actor.person():
            raise Conflict(phrase("One’s own factors are removed under “security of my account”."))
        rows = tx.session.scalars(select(Factor).where(Factor.person_id == person.id)).all()
        if not rows:
            raise Conflict(phrase("This person has no second factor."))
        _forget(tx, rows, person.id)
        person.epoch += 1
        record_event(tx, "factor.reset", community_id=None, person_id=actor.person(), data={"person": person.public_id})
        tell(tx, [person.id], "factor.reset", data={"name": actor.name}, href="/me/security")


def check(person_id: int, typed: str) -> str:
    """Which factor a typed code is of, ``totp`` or ``recovery``; Invalid when it is none. Tries are limited by person."""
    count_second(person_id)
    with transaction(lock=[Lock(Person, person_id)]) as tx:
        kind = _totp(tx, person_id, _digits(typed)) or _recovery(tx, person_id, typed)
        if kind is None:
            raise Invalid(WRONG, {"code": WRONG})
    give_second_back(person_id)
    return kind


def has_totp(person_id: int) -> bool:
    """Whether somebody has an authenticator."""
    return any(row.kind == "totp" for row in factors_of(person_id))


def _totp(tx: Tx, person_id: int, digits: str) -> str | None:
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    rows = tx.session.scalars(
        select(Factor).where(Factor.person_id == person_id, Factor.kind == "totp", Factor.confirmed_at.is_not(None))
    )
    for row in rows:
        secret = unsealed(row.secret)
        step = _step_of(secret, digits, tx.now, row.counter) if secret else None
        if step is not None:
            row.counter, row.used_at = step, tx.now
            return "totp"
    return None


def _recovery(tx: Tx, person_id: int, typed: str) -> str | None:
    used = tx.session.scalar(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.mac == _code_mac(person_id, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=tx.now)
        .returning(RecoveryCode.id)
    )
    if used is None:
        return None
    record_event(tx, "recovery.used", community_id=None, person_id=person_id)
    tell(tx, [person_id], "recovery.used", href="/me/security")
    return "recovery"


def _digits(typed: str) -> str:
    return "".join(typed.split())[:40]


def count_second(person_id: int) -> None:
    """Count one try of somebody's second factor; TooMany past the limits."""
    # Three codes of a million are right at any time: five guesses in a quarter of an hour, thirty in a day.
    count_try("second", str(person_id), most=5, window=15 * MINUTE)
    count_try("second-day", str(person_id), most=30, window=DAY)


def give_second_back(person_id: int) -> None:
    """Take back a try that turned out right."""
    give_back("second", str(person_id), window=15 * MINUTE)
    give_back("second-day", str(person_id), window=DAY)
