"""Pages of the second step of a sign-in, and of "security of my account"."""

from __future__ import annotations

import segno
from flask import current_app, flash, make_response, redirect, render_template, session, url_for
from flask_login import current_user
from sqlalchemy import select

from app.config import Config
from app.core.clock import HOUR, now
from app.core.database import db
from app.core.i18n import gettext
from app.engine.errors import Forbidden, NotFound
from app.engine.phrase import phrase
from app.people import factors, passkeys, staff, staff_sessions
from app.people import session as sessions
from app.people.actor import Actor
from app.people.confirm import PATIENCE, new_challenge, passkey_request, site_of, take_challenge
from app.people.forms import PasskeyForm, PasswordForm, SecondForm, TotpForm
from app.people.models import Person
from app.people.session import signed_in
from app.people.views import Page, browser_words, is_sure, landing, people


def _half_signed_in() -> tuple[Person, str] | None:
    """Who has given the right password and owes the second step, and where they wanted to go."""
    kept = session.get("second")
    if not isinstance(kept, dict) or not 0 <= now() - int(kept.get("at", 0)) <= PATIENCE:
        return None
    person = db.session.scalar(select(Person).where(Person.public_id == str(kept.get("id")), Person.left_at.is_(None)))
    if person is None or person.epoch != kept.get("epoch") or person.password is None:
        return None
    return person, str(kept.get("next", ""))


@people.route("/sign-in/staff/second", methods=["GET", "POST"])
def second_step() -> Page:
    """The second step: a code of the authenticator, a recovery code, or a passkey."""
    found = _half_signed_in()
    if found is None:
        return redirect(url_for("people.staff_sign_in"), 303)
    person_id, following = found[0].id, found[1]
    form = SecondForm()
    if form.validate_on_submit():
        with form.refusals():
            if form.key.data:
                passkeys.check(person_id, site_of(), take_challenge("second"), form.key.data)
            else:
                factors.check(person_id, form.code.data or "")
            sessions.begin_staff(person_id, browser_words())
            return landing(following)
    form.key.data = ""
    asked = passkey_request(person_id, "second")
    has_codes = factors.has_totp(person_id) or factors.codes_left(person_id) > 0
    return render_template("people/second_step.html", form=form, passkey=asked, has_codes=has_codes), form.http_status


def _staff_here() -> Actor:
    reader = signed_in()
    if not current_user.is_staff:
        raise Forbidden(phrase("Only those who sign in with a password have a second factor."))
    return reader


@people.get("/me/security")
def security() -> str:
    """Security of my account: where one is signed in, and by what one is known."""
    reader = _staff_here()
    config: Config = current_app.config["QIDING"]
    return render_template(
        "people/security.html",
        rows=staff_sessions.sessions_of(reader.person(), now() - config.staff_hours * HOUR),
        here=current_user.browser_id,
        factors=factors.factors_of(reader.person()),
        codes_left=factors.codes_left(reader.person()),
        passkeys=passkeys.available(),
        required=config.second_factor == "required" and factors.must_have(reader),
        hours=config.staff_hours,
    )


@people.post("/me/security/sessions/<public_id>/end")
def end_session(public_id: str) -> Page:
    """Sign out in another browser."""
    staff_sessions.end(_staff_here(), public_id)
    flash(gettext("Signed out there."))
    return redirect(url_for("people.security"), 303)


@people.post("/me/security/sessions/end")
def end_sessions() -> Page:
    """Sign out everywhere but here."""
    staff_sessions.end_others(_staff_here(), current_user.browser_id)
    flash(gettext("Signed out everywhere but here."))
    return redirect(url_for("people.security"), 303)


@people.post("/me/security/authenticator")
def begin_totp() -> Page:
    """Begin to set an authenticator up."""
    public_id = factors.begin_totp(_staff_here())
    return redirect(url_for("people.confirm_totp", public_id=public_id), 303)


@people.route("/me/security/authenticator/<public_id>", methods=["GET", "POST"])
def confirm_totp(public_id: str) -> Page:
    """The square code for an authenticator; its first code puts it in force."""
    reader = _staff_here()
    secret = factors.pending_secret(reader, public_id)
    form = TotpForm()
    if form.validate_on_submit():
        with form.refusals():
            return _in_force(factors.confirm_totp(reader, public_id, form.code.data))
    account = db.session.get_one(Person, reader.person()).email or reader.name
    uri = factors.totp_uri(secret, account, passkeys.NAME)
    picture = segno.make(uri, error="m").svg_data_uri(scale=4, border=2)
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return render_template("people/totp.html", form=form, picture=picture, secret=grouped), form.http_status


def _in_force(codes: list[str]) -> Page:
    if codes:
        return _codes_page(codes)
    flash(gettext("It is set up. From the next sign-in on you are asked for it."))
    return redirect(url_for("people.security"), 303)


def _codes_page(codes: list[str]) -> Page:
    response = make_response(render_template("people/recovery_codes.html", codes=codes))
    response.headers["Cache-Control"] = "no-store"
    return response


@people.route("/me/security/passkey", methods=["GET", "POST"])
def add_passkey() -> Page:
    """Make a passkey in this browser, or on a key that is plugged in."""
    reader = _staff_here()
    if not passkeys.available():
        raise NotFound
    form = PasskeyForm()
    if form.validate_on_submit():
        with form.refusals():
            made = passkeys.add(reader, site_of(), take_challenge("create"), form.key.data or "", form.name.data or "")
            return _in_force(made)
    form.key.data = ""
    asked = passkeys.creation(reader, site_of(), new_challenge("create"))
    return render_template("people/passkey.html", form=form, passkey=asked), form.http_status


@people.post("/me/security/factors/<public_id>/remove")
def remove_factor(public_id: str) -> Page:
    """Remove a factor, once one has said that one is sure."""
    reader = _staff_here()
    known = {row.public_id: row for row in factors.factors_of(reader.person())}
    if public_id not in known:
        raise NotFound
    if not is_sure():
        return render_template(
            "people/sure.html",
            question=gettext("Remove this factor?"),
            what=gettext("With the last one the recovery codes end too, and your password alone lets in."),
            verb=gettext("Remove it"),
            back=url_for("people.security"),
            where=gettext("Security of my account"),
        )
    factors.remove(reader, public_id)
    flash(gettext("The factor is removed."))
    return redirect(url_for("people.security"), 303)


@people.post("/me/security/codes")
def recovery_codes() -> Page:
    """Ten new recovery codes; this page is the only one that shows them."""
    return _codes_page(factors.renew_codes(_staff_here()))


@people.route("/me/security/password", methods=["GET", "POST"])
def change_password() -> Page:
    """Give oneself another password; all other sessions end."""
    reader = _staff_here()
    form = PasswordForm()
    if form.validate_on_submit():
        with form.refusals():
            staff.change_password(reader, form.password.data)
            sessions.begin_staff(reader.person(), browser_words())
            flash(gettext("Your password is set. You are signed out everywhere else."))
            return redirect(url_for("people.security"), 303)
    return render_template("people/password.html", form=form), form.http_status


@people.post("/admin/people/<public_id>/factors/reset")
def reset_factors(public_id: str) -> Page:
    """Take all factors from a member of the staff who has lost them; the person is told."""
    reader = signed_in()
    reader.require_admin()
    name = staff.name_of(public_id)
    if not is_sure():
        return render_template(
            "people/sure.html",
            question=gettext("Take the second factors from %(name)s?", name=name),
            what=gettext(
                "First make sure, face to face or by telephone, that it is this person who asks. All sessions of this "
                "person end; after it the password alone lets in, and the person is told."
            ),
            verb=gettext("Take them all"),
            back=url_for("people.admin"),
            where=gettext("The town"),
        )
    factors.reset(reader, public_id)
    flash(gettext("The factors of this person are taken away."))
    return redirect(url_for("people.admin"), 303)
