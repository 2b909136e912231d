"""Pages of residents' sign-in and devices, and of staff sign-in."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext
from app.core.web import client_address, local_path, site_url
from app.engine.errors import NotFound
from app.people import session as sessions
from app.people import sign_in as commands
from app.people import staff
from app.people.actor import Actor
from app.people.factors import factors_of
from app.people.forms import CodeForm, PasswordForm, StaffForm, WhoForm
from app.people.models import Person
from app.people.queries import town
from app.people.session import actor, signed_in

people = Blueprint("people", __name__)
Page = str | Response | tuple[str, int]


def device_label() -> str:
    """A word for this browser, so that a household recognises it among its devices."""
    agent = request.user_agent.string
    for mark, label in (
        ("MicroMessenger", "WeChat"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
    ):
        if mark in agent:
            return label
    return ""


def landing(next_: str | None, home_id: int | None = None) -> Response:
    return redirect(local_path(next_, url_for("site.me")), 303)


def browser_words() -> str:
    """Words for a browser of the staff: what it runs on, and which one it is."""
    agent = request.user_agent.string
    marks = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    return " ".join(
        word for word in (device_label(), next((name for mark, name in marks if mark in agent), "")) if word
    )


def enter(person: Person, next_: str | None) -> Response:
    """Sign a member of the staff in, whose password was right; with a second factor there is one more step first."""
    if not factors_of(person.id):
        sessions.begin_staff(person.id, browser_words())
        return landing(next_)
    session.clear()
    session["second"] = {"id": person.public_id, "epoch": person.epoch, "at": now(), "next": local_path(next_, "")}
    return redirect(url_for("people.second_step"), 303)


@people.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    """Sign in with the code on the slip, or with six digits from another browser."""
    form = CodeForm()
    if request.method == "GET":
        form.next.data = local_path(request.args.get("next"), "")
        form.code.data = request.args.get("code", "")[:40]
    if form.validate_on_submit():
        with form.refusals():
            typed = "".join(form.code.data.split())
            if typed.isascii() and typed.isdigit() and len(typed) == 6:
                device, person, household = commands.finish_move(typed, client_address(), device_label())
                sessions.begin_device(device, person, household)
                return landing(form.next.data)
            session["pairing"] = commands.check_code(typed, client_address())
            session["next"] = local_path(form.next.data, "")
            return redirect(url_for("people.who"), 303)
    return render_template("people/sign_in.html", form=form, town=town()), form.http_status


@people.get("/sign-in.svg")
def sign_in_code() -> Response:
    """A code that leads to the sign-in page, for slips: it is the same for everybody."""
    out = io.BytesIO()
    segno.make(site_url("people.sign_in"), error="m").save(out, kind="svg", scale=4, border=2, xmldecl=False)
    response = make_response(out.getvalue())
    response.mimetype = "image/svg+xml"
    return response


@people.route("/sign-in/who", methods=["GET", "POST"])
def who() -> Page:
    """Say which person of the household this is; then the browser is paired."""
    code_id = session.get("pairing")
    if not isinstance(code_id, int):
        return redirect(url_for("people.sign_in"), 303)
    form = WhoForm()
    known = commands.persons_behind(code_id)
    form.person.choices = options([*known, ("", gettext("Somebody else of this household"))]) if known else []
    if request.method == "GET":
        form.person.data = known[0][0] if len(known) == 1 else None
    if form.validate_on_submit():
        with form.refusals():
            following = session.get("next")
            device, person, household = commands.pair(
                code_id, person_public_id=form.person.data or None, name=form.name.data or "", label=device_label()
            )
            sessions.begin_device(device, person, household)
            flash(gettext("You are signed in on this device. It stays so until you remove it."))
            return landing(following)
    return render_template("people/who.html", form=form, known=known), form.http_status


@people.route("/sign-in/staff", methods=["GET", "POST"])
def staff_sign_in() -> Page:
    """Sign in with e-mail and password."""
    form = StaffForm()
    if request.method == "GET":
        form.next.data = local_path(request.args.get("next"), "")
    if form.validate_on_submit():
        with form.refusals():
            return enter(staff.sign_in(form.email.data, form.password.data, client_address()), form.next.data)
    return render_template("people/staff_sign_in.html", form=form), form.http_status


@people.post("/sign-out")
def sign_out() -> Response:
    """Sign out on this browser; a device stays paired and is removed under "my devices"."""
    sessions.end()
    return redirect(url_for("site.home"), 303)


@people.route("/invitation/<secret>", methods=["GET", "POST"])
def accept(secret: str) -> Page:
    """Set the password that an invitation, or a link for a new password, allows."""
    name = staff.link_owner(secret)
    form = PasswordForm()
    if form.validate_on_submit():
        with form.refusals():
            entered = enter(staff.accept(secret, form.password.data), None)
            flash(gettext("Your password is set."))
            return entered
    return render_template("people/accept.html", form=form, name=name), form.http_status


def is_sure() -> bool:
    """Whether what can't be undone was asked for on the page that says what it does."""
    return request.form.get("sure") == "1"


def _devices(reader: Actor) -> list[tuple[str, str]]:
    rows = commands.devices_of(reader.household_id) if reader.household_id else []
    return [(device.public_id, f"{device.label or gettext('Computer')}, {name}") for device, name in rows]


@people.get("/me/devices")
def devices() -> Page:
    """The browsers paired with one's household."""
    reader = signed_in()
    rows = commands.devices_of(reader.household_id) if reader.household_id else []
    return render_template("people/devices.html", rows=rows, here=reader.device_id, digits=session.pop("digits", None))


@people.post("/me/devices/<public_id>/remove")
def remove_device(public_id: str) -> Page:
    """Remove a device of one's household, once one has said that one is sure."""
    reader = signed_in()
    names = dict(_devices(reader))
    if public_id not in names:
        raise NotFound
    if not is_sure():
        return render_template(
            "people/sure.html",
            question=gettext("Remove this device?"),
            what=gettext(
                "%(device)s is signed out at once. To come back it needs the code on the slip.", device=names[public_id]
            ),
            verb=gettext("Remove it"),
            back=url_for("people.devices"),
            where=gettext("My devices"),
        )
    commands.remove_device(reader, public_id)
    flash(gettext("The device is removed."))
    return redirect(url_for("people.devices") if actor().known else url_for("site.home"), 303)


@people.post("/me/devices/move")
def move() -> Response:
    """Make six digits for another browser."""
    session["digits"] = commands.start_move(signed_in())
    return redirect(url_for("people.devices"), 303)


@people.post("/me/name")
def show_name() -> Response:
    """Choose whether one's name stands under what one writes."""
    commands.show_name(signed_in(), request.form.get("shows") == "1")
    flash(gettext("Saved."))
    return redirect(url_for("site.me"), 303)


@people.post("/me/reminders")
def reminders() -> Response:
    """Choose whether one is reminded of votes that close."""
    commands.want_reminders(signed_in(), request.form.get("wanted") == "1")
    flash(gettext("Saved."))
    return redirect(url_for("site.me"), 303)
