"""Pages of the objection desk: one page for each objection, one form for each thing that one may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.forms import Form, options
from app.core.i18n import gettext
from app.engine.changes import changes
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import phrase
from app.objections import queries, service
from app.objections.forms import DrawForm, OfferForm, ReasonForm, ReplyForm, SayForm, WillingForm, WriteForm
from app.people.actor import Actor
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in

objections = Blueprint("objections", __name__)
Page = str | Response | tuple[str, int]


@objections.get("/c/<slug>/objections")
def desk(slug: str) -> str:
    """What waits at the desk, each with its next step."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    return render_template("objections/desk.html", community=here, waiting=queries.open_objections(here.id, now()))


@objections.get("/c/<slug>/objection/<public_id>")
def page(slug: str, public_id: str) -> str:
    """One objection, from raised to its end."""
    here, reader = community_by_slug(slug), actor()
    found = queries.page(reader, public_id, slug, now())
    draft, text = found.held.decision.draft, found.version.text
    changed = draft != text and found.life.offered_at is not None and not found.superseded
    return render_template(
        "objections/page.html",
        community=here,
        page=found,
        changes=changes(text, draft) if changed else (),
        idle=found.may <= {"write"},
    )


Act = Callable[[Actor, str, Any], None]


def _yes(value: str | None, field: str) -> bool:
    if value not in ("yes", "no"):
        sentence = phrase("Choose one of these.")
        raise Invalid(sentence, {field: sentence})
    return value == "yes"


def _offer(reader: Actor, public_id: str, form: Any) -> None:
    service.offer(
        reader,
        public_id,
        words=form.words.data or "",
        answer=form.answer.data or "",
        defers=bool(form.defers.data),
        owner=form.owner.data or "",
        due_on=form.due_on.data.isoformat() if form.due_on.data else "",
    )


ACTS: dict[str, tuple[type[Form], Act]] = {
    "disagree": (ReasonForm, lambda who, key, form: service.disagree(who, key, form.reason.data or "")),
    "willing": (WillingForm, lambda who, key, _: service.be_willing(who, key)),
    "close": (WillingForm, lambda who, key, _: service.close_list(who, key)),
    "draw": (DrawForm, lambda who, key, form: service.draw(who, key, form.dice.data or "")),
    "say": (
        SayForm,
        lambda who, key, form: service.say(who, key, _yes(form.yes.data, "yes"), form.reason.data or ""),
    ),
    "offer": (OfferForm, _offer),
    "reply": (ReplyForm, lambda who, key, form: service.reply(who, key, _yes(form.accepts.data, "accepts"))),
    "write": (
        WriteForm,
        lambda who, key, form: service.write(who, key, form.text.data or "", unmask=bool(form.unmask.data)),
    ),
}


@objections.route("/c/<slug>/objection/<public_id>/<act>", methods=["GET", "POST"])
def do(slug: str, public_id: str, act: str) -> Page:
    """One thing that one may do about an objection."""
    reader, here = signed_in(), community_by_slug(slug)
    if act not in ACTS:
        raise NotFound
    found = queries.page(reader, public_id, slug, now())
    kind, command = ACTS[act]
    form = kind()
    _offer_choices(form, found)
    if form.validate_on_submit():
        with form.refusals():
            command(reader, public_id, form)
            flash(gettext("Recorded."))
            return redirect(url_for("objections.page", slug=slug, public_id=public_id), 303)
    elif act not in found.may and not form.is_submitted():
        return redirect(url_for("objections.page", slug=slug, public_id=public_id))
    return (
        render_template("objections/act.html", community=here, page=found, act=act, form=form),
        form.http_status,
    )


def _offer_choices(form: Form, found: queries.Page) -> None:
    if isinstance(form, SayForm):
        stands = found.state == "raised"
        form.yes.choices = options(
            [
                ("yes", gettext("The objection stands") if stands else gettext("The answer does")),
                ("no", gettext("It is a concern, to be watched") if stands else gettext("The answer does not do")),
            ]
        )
    if isinstance(form, ReplyForm):
        form.accepts.choices = options([("yes", gettext("Yes, it does")), ("no", gettext("No, not yet"))])
