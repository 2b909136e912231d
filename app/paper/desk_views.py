"""Pages where sheets are read: the entry desk, the helped vote, the drawn sample."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for

from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext, say
from app.engine.voting import RULES
from app.engine.voting.consent import KINDS
from app.paper import queries, service
from app.paper.forms import DiceForm, HelpedForm, SheetForm
from app.paper.views import Page, frame, keys, offer_kinds, paper
from app.people.session import actor

WORDS = ("concern", "passage", "kind", "reason", "grounds")


def _after(state: str, serial: str) -> str:
    """What the desk is told after an entry."""
    said = {
        "again": gettext("%(serial)s: read by one person. Lay it on the pile for a second one.", serial=serial),
        "differs": gettext("%(serial)s: two readings differ. Lay it aside for another person to read.", serial=serial),
        "valid": gettext("%(serial)s: two agree, it counts.", serial=serial),
        "overtaken": gettext(
            "%(serial)s: two agree. The household said something later, which counts instead.", serial=serial
        ),
    }
    return str(said.get(state) or gettext("%(serial)s: two agree that it is not valid.", serial=serial))


@paper.route("/c/<slug>/poll/<public_id>/paper/entry", methods=["GET", "POST"])
def entry(slug: str, public_id: str) -> Page:
    """The entry desk: number, household, choice, and on to the next."""
    page, more = frame(slug, public_id)
    form = offer_kinds(SheetForm())
    if form.validate_on_submit():
        with form.refusals():
            found = service.enter(actor(), public_id, {name: form[name].data or "" for name in form._fields})
            flash(_after(found.state, found.serial))
            return redirect(url_for("paper.entry", slug=slug, public_id=public_id), 303)
    poll = page.round.poll
    return (
        render_template(
            "paper/entry.html", form=form, keys=keys(poll.rule), account=queries.account_of(poll, now()), **more
        ),
        form.http_status,
    )


@paper.route("/c/<slug>/poll/<public_id>/paper/sample", methods=["GET", "POST"])
def sample(slug: str, public_id: str) -> Page:
    """Fix the root, write down the dice, compare the drawn sheets."""
    page, more = frame(slug, public_id)
    poll = page.round.poll
    dice, form = DiceForm(), offer_kinds(SheetForm())
    status = 200
    if request.method == "POST":
        if "fix" in request.form:
            service.fix(actor(), public_id)
            return redirect(url_for("paper.sample", slug=slug, public_id=public_id), 303)
        if "dice" in request.form:
            if dice.validate_on_submit():
                with dice.refusals():
                    service.throw(actor(), public_id, dice.dice.data or "")
                    return redirect(url_for("paper.sample", slug=slug, public_id=public_id), 303)
            status = dice.http_status
        else:
            if form.validate_on_submit():
                with form.refusals():
                    raw = {name: form[name].data or "" for name in form._fields}
                    same = service.compare(actor(), public_id, raw)
                    flash(
                        gettext("It was counted as it stands.")
                        if same
                        else gettext("It was counted otherwise. Two persons read it anew, and all sheets are compared.")
                    )
                    return redirect(url_for("paper.sample", slug=slug, public_id=public_id), 303)
            status = form.http_status
    found = queries.sample_of(poll)
    return (
        render_template(
            "paper/sample.html",
            dice=dice,
            form=form,
            keys=keys(poll.rule),
            sample=found,
            read=queries.read_by(poll, actor().person(), found.left),
            account=queries.account_of(poll, now()),
            **more,
        ),
        status,
    )


@paper.route("/c/<slug>/poll/<public_id>/paper/helped", methods=["GET", "POST"])
def helped(slug: str, public_id: str) -> Page:
    """Cast for a household on its word."""
    page, more = frame(slug, public_id)
    rule = RULES[page.round.poll.rule]
    form = HelpedForm()
    form.stance.choices = options((stance.key, say(stance.title)) for stance in rule.stances)
    form.kind.choices = options((key, say(name)) for key, name in KINDS.items())
    if form.validate_on_submit():
        with form.refusals():
            raw = {name: form[name].data or "" for name in ("stance", *WORDS)}
            receipt = service.help_cast(
                actor(),
                public_id,
                form.household.data or "",
                raw,
                once=form.once.data or "",
                said=bool(form.said.data),
            )
            session["helped"] = {"poll": public_id, "code": receipt.code, "at": receipt.at}
            return redirect(url_for("paper.slip", slug=slug, public_id=public_id), 303)
    return render_template("paper/helped.html", form=form, **more), form.http_status


@paper.get("/c/<slug>/poll/<public_id>/paper/helped/slip")
def slip(slug: str, public_id: str) -> Page:
    """The receipt of the helped vote that was just cast, to print and hand over."""
    _, more = frame(slug, public_id)
    stored = session.get("helped") or {}
    if stored.get("poll") != public_id:
        return redirect(url_for("paper.helped", slug=slug, public_id=public_id))
    return render_template("paper/slip.html", code=stored["code"], at=stored["at"], by=actor().name, **more)
