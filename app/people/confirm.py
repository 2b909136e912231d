"""Asking again who somebody is, before what can't be undone; and what a browser's passkey is asked.

A feature names in its manifest the addresses that ask (``Module.confirmed``). What was sent to one of them is not lost:
the page that asks carries it along, and with the right answer it arrives as if it had not been held up.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, current_app, jsonify, make_response, render_template, request, session
from flask_login import current_user
from werkzeug.wrappers import Response

from app.config import Config
from app.core.clock import MINUTE, now
from app.core.i18n import say
from app.core.module import Module
from app.core.web import client_address, wants_json
from app.engine.errors import DomainError, Invalid
from app.engine.phrase import phrase
from app.people import factors, passkeys, staff, staff_sessions
from app.people.forms import ConfirmForm
from app.people.session import CurrentUser

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PATIENCE = 10 * MINUTE  # for so long a challenge may be answered
OWN = frozenset({"csrf_token", "it_is_you", "it_is_you_key"})
# Where somebody who still has to set a second factor up may go.
OPEN = frozenset(
    {
        *("static", "site.language", "site.size", "site.help", "site.healthz", "people.sign_out", "people.security"),
        *("people.begin_totp", "people.confirm_totp", "people.add_passkey", "people.recovery_codes"),
        *("people.change_password", "people.end_session", "people.end_sessions"),
    }
)


def init_confirm(app: Flask, modules: Iterable[Module]) -> None:
    """Hang the questions on ``app``."""
    app.extensions["qiding.confirmed"] = frozenset().union(*(module.confirmed for module in modules))
    app.before_request(_ask_for_factor)
    app.before_request(_ask_again)


def site_of() -> passkeys.Site:
    """What passkeys are bound to: the site's public address, or the request's where none is set."""
    config: Config = current_app.config["QIDING"]
    base = config.base_url or request.url_root.rstrip("/")
    parts = urlsplit(base)
    return passkeys.Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def new_challenge(what: str) -> str:
    """A challenge for this browser, kept in its signed cookie; ``what`` keeps one purpose from passing as another."""
    made = passkeys.new_challenge()
    session["challenge"] = {"is": made, "what": what, "at": now()}
    return made


def take_challenge(what: str) -> str:
    """The challenge that this browser was given for a purpose, once; "" when there is none or it is old."""
    kept = session.pop("challenge", None)
    if not isinstance(kept, dict) or kept.get("what") != what or not 0 <= now() - int(kept.get("at", 0)) <= PATIENCE:
        return ""
    return str(kept.get("is", ""))


def passkey_request(person_id: int, what: str) -> str:
    """What the browser's passkey is asked, as JSON; "" when the person has none."""
    challenge = passkeys.new_challenge()
    asked = passkeys.request(person_id, site_of(), challenge)
    if asked:
        session["challenge"] = {"is": challenge, "what": what, "at": now()}
    return asked


def _ask_for_factor() -> Response | None:
    config: Config = current_app.config["QIDING"]
    if config.second_factor != "required" or request.endpoint in OPEN or not request.endpoint:
        return None
    if not current_user.is_authenticated or not current_user.owes_factor:
        return None
    return make_response(render_template("people/owes.html"), 403)


def _ask_again() -> Response | None:
    if request.method in SAFE or request.endpoint not in current_app.extensions["qiding.confirmed"]:
        return None
    if not current_user.is_authenticated or not current_user.is_staff or current_user.is_sure:
        return None
    reader: CurrentUser = current_user
    form = ConfirmForm()
    if "it_is_you" in request.form:
        try:
            _judge(reader, form.it_is_you.data or "", request.form.get("it_is_you_key", ""))
            staff_sessions.make_sure(reader.browser_id)
            return None
        except DomainError as error:
            form.take(_at_the_field(error))
    if wants_json():
        return make_response(jsonify(error="confirm", message=say(phrase("Show again who you are."))), 403)
    return make_response(_page(reader, form), form.refused or 403)


def _at_the_field(error: DomainError) -> DomainError:
    if isinstance(error, Invalid):
        return Invalid(error.message, {"it_is_you": error.message})
    return error


def _judge(reader: CurrentUser, typed: str, key: str) -> None:
    """Take a password, the code of an authenticator, or a passkey's signature."""
    if key:
        passkeys.check(reader.person_id, site_of(), take_challenge("again"), key)
        return
    digits = "".join(typed.split())
    if len(digits) == 6 and digits.isascii() and digits.isdigit() and factors.has_totp(reader.person_id):
        factors.check(reader.person_id, digits)
        return
    staff.check_again(reader.person_id, typed, client_address())


def _page(reader: CurrentUser, form: ConfirmForm) -> str:
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN]
    return render_template(
        "people/its_you.html",
        form=form,
        kept=kept,
        files=[file.filename for file in request.files.values() if file.filename],
        action=request.full_path.rstrip("?"),
        totp=factors.has_totp(reader.person_id),
        passkey=passkey_request(reader.person_id, "again"),
    )
