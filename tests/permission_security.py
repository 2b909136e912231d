"""How the staff signs in, in the table of permissions: sessions, second factors, recovery codes."""

from __future__ import annotations

import pyotp
from sqlalchemy import select

from app.core.database import db
from app.people import factors
from app.people.codes import unsealed
from app.people.models import Person
from app.people.security_models import Factor
from tests.permission_rows import STAFF_ONLY, STAFF_ONLY_DO, SURE, TOWN_DOES, form, get, post
from tests.permission_town import World, role_of
from tests.sign_ins import staff_user

OWN = "anonymous: sign in | facilitator: page | author partner neighbour resident_elsewhere: 403 | *: 404"
OWN_DOES = OWN.replace("page", "does it")
RENEWS = OWN_DOES.replace("facilitator:", "facilitator facilitator_elsewhere:").replace("*: 404", "*: 409")
SECURITY = [
    *form("people.second_step", "", "*: away", "*: passes", {"code": "123456"}),
    *get("people.security", answers=STAFF_ONLY),
    *post("people.end_session", "session_facilitator", OWN_DOES),
    *post("people.end_sessions", "", STAFF_ONLY_DO),
    *post("people.begin_totp", "", STAFF_ONLY_DO),
    *form("people.confirm_totp", "factor_pending", OWN, OWN_DOES, {"code": "{totp}"}),
    # What a passkey answers can't be written down: a browser's is tried in tests/browser/test_passkeys.py.
    *form("people.add_passkey", "", STAFF_ONLY, STAFF_ONLY.replace("page", "422"), {"name": "手机"}),
    *post("people.remove_factor", "factor", OWN_DOES, SURE),
    *post("people.recovery_codes", "", RENEWS),
    *form("people.change_password", "", STAFF_ONLY, STAFF_ONLY_DO, {"password": "{password}"}),
    *post("people.reset_factors", "factored", TOWN_DOES, SURE),
]


def security(world: World, slug: str) -> None:
    """The facilitator has an authenticator, begins with another one, and is signed in elsewhere too."""
    lead = world.actors[role_of(slug, "facilitator")]
    made = factors.begin_totp(lead)
    factors.confirm_totp(lead, made, code_of(made, world.clock.now()))
    world.place(slug, "factor", public_id=made)
    pending = factors.begin_totp(lead)
    world.place(slug, "factor_pending", public_id=pending)
    elsewhere = staff_user(lead.person(), "iPad Safari").partition(":")[2]
    world.place(slug, "session_facilitator", public_id=elsewhere)
    world.place(slug, "factored", public_id=db.session.get_one(Person, lead.person()).public_id)


def code_of(public_id: str, at: int) -> str:
    """What an authenticator shows at an instant. Inside a context."""
    kept = db.session.scalars(select(Factor.secret).where(Factor.public_id == public_id)).one()
    return str(pyotp.TOTP(unsealed(kept) or "").generate_otp(at // factors.STEP))
