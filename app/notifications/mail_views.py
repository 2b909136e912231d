"""Pages of one's e-mail: the settings on "my page", and the links in e-mails, which need no sign-in."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.i18n import gettext, language
from app.core.web import csrf
from app.engine.errors import NotFound
from app.notifications import addresses, links, mail
from app.notifications.forms import AddressForm, ChoiceForm
from app.notifications.state import confirmation
from app.notifications.views import notifications
from app.people.session import signed_in

Page = str | Response | tuple[str, int]


@notifications.route("/me/mail", methods=["GET", "POST"])
def my_mail() -> Page:
    """One's address, and how often e-mail comes."""
    reader, form, how = signed_in(), AddressForm(), ChoiceForm(formdata=None, hour=mail.digest_hour())
    if form.validate_on_submit():
        with form.refusals():
            addresses.enter(reader, form.address.data, language())
            flash(gettext("An e-mail is on its way to you. Open the link in it within 48 hours."))
            return redirect(url_for("notifications.my_mail"), 303)
    return _settings(form, how), form.http_status


@notifications.post("/me/mail/choice")
def choose_mail() -> Page:
    """Choose how often e-mail comes."""
    reader, form, how = signed_in(), AddressForm(formdata=None), ChoiceForm(hour=mail.digest_hour())
    if how.validate_on_submit():
        with how.refusals():
            addresses.choose(reader, how.choice.data, language())
            flash(gettext("Saved."))
            return redirect(url_for("notifications.my_mail"), 303)
    return _settings(form, how), how.http_status


def _settings(form: AddressForm, how: ChoiceForm) -> str:
    person_id = signed_in().person()
    row = addresses.address_of(person_id)
    waits = row is not None and row.confirmed_at is None
    if row is not None and not how.errors:
        how.choice.data = row.choice
    return render_template(
        "notifications/my_mail.html",
        form=form,
        how=how,
        row=row,
        ready=mail.ready(),
        late=row is not None and waits and addresses.is_late(row, now()),
        sent=confirmation(person_id) if waits else None,
    )


@notifications.post("/me/mail/remove")
def remove_mail() -> Page:
    """Remove one's address."""
    addresses.remove(signed_in())
    flash(gettext("Your address is removed. Messages stand on your page as before."))
    return redirect(url_for("notifications.my_mail"), 303)


def _quiet(page: str, status: int = 200) -> Response:
    """A page whose address holds a secret: nobody keeps it, and no link from it says where one came from."""
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@notifications.route("/mail/<public_id>/confirm/<token>", methods=["GET", "POST"])
def confirm_mail(public_id: str, token: str) -> Page:
    """Confirm an address by the link that was sent there. Looking alone changes nothing: mail programs look too."""
    row = links.find("confirm", public_id, token)
    if request.method == "POST":
        addresses.confirm(public_id, token)
        return redirect(url_for("notifications.confirm_mail", public_id=public_id, token=token), 303)
    return _quiet(render_template("notifications/confirm.html", row=row, late=addresses.is_late(row, now())))


@notifications.route("/mail/<public_id>/stop/<token>", methods=["GET", "POST"])
def stop_mail(public_id: str, token: str) -> Page:
    """Stop e-mail by the link in each: one press, without signing in."""
    try:
        row = links.find("stop", public_id, token)
    except NotFound:
        return _quiet(render_template("notifications/stopped.html", row=None), 404)
    if request.method == "POST":
        addresses.stop(public_id, token)  # answered with the page itself: mail programs don't follow a redirect
    return _quiet(render_template("notifications/stopped.html", row=row))


csrf.exempt(stop_mail)  # a mail program stops it without a page of ours (RFC 8058); the link itself is the secret
