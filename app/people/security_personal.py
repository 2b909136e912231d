"""What is kept of how the staff signs in: browsers, second factors, recovery codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from app.core.i18n import iso
from app.core.personal import Erasing, Keep, Personal, Subject, dropping, own
from app.core.transaction import Tx
from app.engine.phrase import phrase
from app.people.security_models import Factor, RecoveryCode, StaffSession
from app.people.unnaming import when


def _sign_in(of: Subject) -> dict[str, Any]:
    return {
        "browsers": [
            {"label": row.label, "since": iso(row.begun_at), "seen": iso(row.seen_at), "removed": when(row.ended_at)}
            for row in own(StaffSession, StaffSession.person_id, of.person_id)
        ],
        "second_factors": [
            {"kind": row.kind, "name": row.name, "since": iso(row.added_at), "seen": when(row.used_at)}
            for row in own(Factor, Factor.person_id, of.person_id)
        ],
        "recovery_codes": [
            {"since": iso(row.made_at), "used": when(row.used_at)}
            for row in own(RecoveryCode, RecoveryCode.person_id, of.person_id)
        ],
    }


def _forget(tx: Tx, of: Erasing) -> None:
    for model in (StaffSession, Factor, RecoveryCode):
        tx.session.execute(
            delete(model).where(model.person_id == of.subject.person_id).execution_options(synchronize_session=False)
        )


SIGN_IN = Personal(
    "sign_in",
    phrase("How staff sign in"),
    phrase(
        "The browsers in which you are signed in, by the kind of device; your second factors and when they were last used; "
        "that recovery codes exist. No network address."
    ),
    phrase("So that nobody else acts in your office, and you recognise a browser that isn’t yours."),
    phrase("Until you sign out or remove it, and for a while after."),
    phrase("You. An administrator can remove a lost factor, and sees no more."),
    "13(1)(2), 51",
    columns=("staff_session.person_id", "second_factor.person_id", "recovery_code.person_id"),
    parts={
        "browsers": phrase("Browsers"),
        "second_factors": phrase("Second factors"),
        "recovery_codes": phrase("Recovery codes"),
    },
    read=_sign_in,
    erase=_forget,
)

SESSIONS = Keep(
    "sessions",
    phrase("Browsers in which staff were signed in"),
    phrase("They let nobody in any more."),
    90,
    lambda before: select(StaffSession.id).where(func.coalesce(StaffSession.ended_at, StaffSession.seen_at) < before),
    dropping(StaffSession),
)
