"""Commands on passkeys: what a browser is asked, and what it may answer, once each."""

from __future__ import annotations

import importlib.util
import json
import secrets
from dataclasses import dataclass

from sqlalchemy import select

from app.core.database import db
from app.core.once import remember, replayed
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, DomainError, Invalid
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.factors import added, count_second, give_second_back, room_for_one
from app.people.models import Person
from app.people.security_models import Factor

MOST_BYTES = 20_000
NAME = "Qiding"
REFUSED = phrase("The passkey was not taken. Try again, or use another way.")


@dataclass(frozen=True)
class Site:
    """What a passkey is bound to: the host, and the address that the browser shows."""

    host: str
    origin: str


def available() -> bool:
    """Whether the library that reads passkeys is installed."""
    return importlib.util.find_spec("webauthn") is not None


def new_challenge() -> str:
    """Bytes that an answer must sign: 192 random bits, good once."""
    return secrets.token_urlsafe(24)


def _bytes(text: str) -> bytes:
    from webauthn import base64url_to_bytes

    return base64url_to_bytes(text)


def _text(raw: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(raw)


def _passkeys(person_id: int) -> list[Factor]:
    query = select(Factor).where(Factor.person_id == person_id, Factor.kind == "passkey").order_by(Factor.id)
    return list(db.session.scalars(query))


def creation(actor: Actor, site: Site, challenge: str) -> str:
    """What a browser is asked in order to make a passkey, as JSON. It names nobody but by a random name."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    person = db.session.get_one(Person, actor.person())
    known = [PublicKeyCredentialDescriptor(id=_bytes(row.credential or "")) for row in _passkeys(person.id)]
    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name=NAME,
            user_name=person.email or person.name,
            user_display_name=person.name,
            user_id=person.public_id.encode(),
            challenge=_bytes(challenge),
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
        )
    )


def add(actor: Actor, site: Site, challenge: str, answer: str, name: str) -> list[str]:
    """Keep the passkey that a browser made for a challenge; returns recovery codes if there were none."""
    from webauthn import verify_registration_response

    with transaction() as tx:
        person = room_for_one(tx, actor)
        _use(tx, challenge)
        try:
            made = verify_registration_response(
                credential=_read(answer),
                expected_challenge=_bytes(challenge),
                expected_rp_id=site.host,
                expected_origin=site.origin,
            )
        except DomainError:
            raise
        except Exception as error:  # whatever in it could not be read: it comes from outside
            raise Invalid(REFUSED) from error
        credential = _text(made.credential_id)
        if tx.session.scalar(select(Factor.id).where(Factor.credential == credential)) is not None:
            raise Conflict(phrase("This passkey is in use already."))
        row = Factor(
            person_id=person.id,
            kind="passkey",
            name=name.strip()[:60],
            secret=_text(made.credential_public_key),
            credential=credential,
            counter=made.sign_count,
            added_at=tx.now,
            confirmed_at=tx.now,
        )
        tx.session.add(row)
        tx.session.flush()
        return added(tx, actor, row)


def request(person_id: int, site: Site, challenge: str) -> str:
    """What a browser is asked in order to sign with one of somebody's passkeys, as JSON; "" when there is none."""
    known = _passkeys(person_id)
    if not known or not available():
        return ""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    return options_to_json(
        generate_authentication_options(
            rp_id=site.host,
            challenge=_bytes(challenge),
            allow_credentials=[PublicKeyCredentialDescriptor(id=_bytes(row.credential or "")) for row in known],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
    )


def check(person_id: int, site: Site, challenge: str, answer: str) -> None:
    """Take a signature of one of somebody's passkeys on a challenge; Invalid when it is none. Tries are limited."""
    count_second(person_id)
    if not available():
        raise Invalid(REFUSED)
    from webauthn import verify_authentication_response

    with transaction(lock=[Lock(Person, person_id)]) as tx:
        _use(tx, challenge)
        credential = _read(answer)
        row = tx.session.scalar(
            select(Factor).where(
                Factor.person_id == person_id, Factor.kind == "passkey", Factor.credential == str(credential.get("id"))
            )
        )
        if row is None:
            raise Invalid(REFUSED)
        try:
            done = verify_authentication_response(
                credential=credential,
                expected_challenge=_bytes(challenge),
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=_bytes(row.secret),
                credential_current_sign_count=row.counter,
            )
        except Exception as error:  # whatever in it could not be read: it comes from outside
            raise Invalid(REFUSED) from error
        row.counter, row.used_at = done.new_sign_count, tx.now
    give_second_back(person_id)


def _use(tx: Tx, challenge: str) -> None:
    """A challenge is answered once."""
    if not challenge or replayed(tx, "passkey", challenge, "") is not None:
        raise Invalid(REFUSED)
    remember(tx, "passkey", challenge, "", "used")


def _read(answer: str) -> dict[str, object]:
    try:
        found = json.loads(answer) if len(answer) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(REFUSED)
    return found
