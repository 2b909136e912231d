"""The manifest of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.people import owner_views as _owners  # noqa: F401 - likewise
from app.people import roll_views as _roll  # noqa: F401 - its routes hang on the blueprint
from app.people import security_views as _security  # noqa: F401 - likewise
from app.people import staff_views as _staff  # noqa: F401 - likewise
from app.people.keeps import KEEPS
from app.people.personal import PERSONAL
from app.people.roll import read_job
from app.people.security_personal import SESSIONS, SIGN_IN
from app.people.views import people as blueprint


def _paired(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s signed in on another device (%(label)s). If nobody of you did, remove it.",
        name=data["name"],
        label=data["label"] or phrase("Computer"),
    )


def _factor(data: Mapping[str, Any]) -> Phrase:
    return phrase("A passkey") if data["kind"] == "passkey" else phrase("An authenticator")


def _added(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(what)s was set up for your sign-in. If it was not you, tell the administrator of the town.",
        what=_factor(data),
    )


def _removed(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(what)s was removed from your sign-in. If it was not you, tell the administrator of the town.",
        what=_factor(data),
    )


def _reset(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s took away your second factors, because you had lost them. If you had not, say so at once.",
        name=data["name"],
    )


def _recovered(_data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "One of your recovery codes was used to sign in. If it was not you, tell the administrator of the town."
    )


people = Module(
    name="people",
    blueprints=(blueprint,),
    jobs={"roll.read": read_job},
    messages={
        "device.paired": _paired,
        "factor.added": _added,
        "factor.removed": _removed,
        "factor.reset": _reset,
        "recovery.used": _recovered,
    },
    confirmed=frozenset(
        {
            # Roles.
            *("people.members", "people.end_role", "people.deputy", "people.admin", "people.password_link"),
            "people.leave",
            # What one is known by.
            *("people.begin_totp", "people.confirm_totp", "people.add_passkey", "people.remove_factor"),
            *("people.recovery_codes", "people.change_password", "people.reset_factors"),
        }
    ),
    unkept=frozenset(
        {
            *("people.devices", "people.move", "people.desk_page", "people.issue_code", "people.issue_codes"),
            *("people.owners", "people.owner", "people.merge_owners", "people.roll_page", "people.roll_import"),
            *("people.members", "people.admin", "people.password_link", "people.accept", "people.second_step"),
            *("people.security", "people.confirm_totp", "people.recovery_codes", "people.add_passkey", "people.who"),
        }
    ),
    personal=(*PERSONAL, SIGN_IN),
    keeps=(*KEEPS, SESSIONS),
)
