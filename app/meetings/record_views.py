"""Pages on which one writes down who came and what was said."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.forms import OnceForm, options
from app.core.i18n import gettext, ngettext, text_in
from app.core.media import receive_photo
from app.meetings import queries, service
from app.meetings.forms import NOTE_FORMS, DecisionForm, HandsForm, PhotoForm, PointForm, SignInForm
from app.meetings.views import Page, at, for_holder, frame, meetings
from app.people.access import note_access
from app.people.actor import RESIDENTS_RING
from app.people.session import actor
from app.projects.kinds import ActivityRef


@meetings.route("/c/<slug>/meeting/<public_id>/people", methods=["GET", "POST"])
def people(slug: str, public_id: str) -> Page:
    """Who came; lines of the sign-in sheet."""
    here, held, ref = for_holder(slug, public_id)
    note_access(actor(), here.id, "attendance", public_id)
    form = SignInForm(data={"ring": RESIDENTS_RING})
    form.ring.choices = _ring_options(ref)
    if form.validate_on_submit():
        with form.refusals():
            n = service.enter_sheet(actor(), public_id, form.ring.data, form.sheet.data or "")
            flash(ngettext("%(num)s person entered.", "%(num)s people entered.", n))
            return at("meetings.people", slug, public_id)
    rows = queries.presences(held.meeting.id)
    return (
        render_template(
            "meetings/people.html",
            form=form,
            rows=rows,
            came=queries.came(rows, service.rings_of(ref)),
            **frame(here, held, ref),
        ),
        form.http_status,
    )


def _ring_options(ref: ActivityRef) -> list[object]:
    names = queries.rings_by_key(ref)
    return list(options((key, text_in(names[key].title)) for key in service.rings_of(ref)))


@meetings.post("/c/<slug>/meeting/<public_id>/people/<presence>/strike")
def strike(slug: str, public_id: str, presence: str) -> Response:
    """Take somebody out of the list who was entered by mistake."""
    for_holder(slug, public_id)
    service.strike(actor(), public_id, presence)
    flash(gettext("Taken out."))
    return at("meetings.people", slug, public_id)


@meetings.route("/c/<slug>/meeting/<public_id>/note/<kind>", methods=["GET", "POST"])
def note(slug: str, public_id: str, kind: str) -> Page:
    """Write down a point, a minority's view, a decision, or a show of hands."""
    here, held, ref = for_holder(slug, public_id)
    if kind not in NOTE_FORMS:
        abort(404)
    ring = request.args.get("ring", RESIDENTS_RING)
    question = held.meeting.question if kind == "hands" else ""
    form = NOTE_FORMS[kind](data={"item": request.args.get("item", 0, type=int), "ring": ring, "text": question})
    if isinstance(form, PointForm):
        form.ring.choices = _ring_options(ref)
        items = [(0, gettext("the whole")), *enumerate(held.agenda, 1)]
        form.item.choices = options(items)
    if form.validate_on_submit():
        with form.refusals():
            service.note(actor(), public_id, _noted(form, kind), once=form.once.data)
            flash(gettext("Written down."))
            kept = {"item": form.item.data, "ring": form.ring.data} if isinstance(form, PointForm) else {}
            return redirect(url_for("meetings.note", slug=slug, public_id=public_id, kind=kind, **kept), 303)
    return (
        render_template(
            "meetings/note.html",
            form=form,
            kind=kind,
            notes=queries.notes_of(held.meeting.id),
            **frame(here, held, ref),
        ),
        form.http_status,
    )


def _noted(form: OnceForm, kind: str) -> service.Noted:
    if isinstance(form, PointForm):
        return service.Noted(
            kind, form.text.data or "", item=form.item.data, ring=form.ring.data, speaker=form.speaker.data or ""
        )
    if isinstance(form, DecisionForm):
        return service.Noted(kind, form.text.data or "", who=form.who.data or "", due=form.due.data)
    assert isinstance(form, HandsForm)
    hands = (form.in_favour.data or 0, form.against.data or 0, form.abstained.data or 0)
    return service.Noted(kind, form.text.data or "", hands=hands)


@meetings.post("/c/<slug>/meeting/<public_id>/note/<note_id>/remove")
def unnote(slug: str, public_id: str, note_id: str) -> Response:
    """Take a note out that was written by mistake."""
    for_holder(slug, public_id)
    service.unnote(actor(), public_id, note_id)
    flash(gettext("Taken out."))
    return at("meetings.show", slug, public_id)


@meetings.route("/c/<slug>/meeting/<public_id>/photo", methods=["GET", "POST"])
def photo(slug: str, public_id: str) -> Page:
    """Add a photo of the meeting."""
    here, held, ref = for_holder(slug, public_id)
    form = PhotoForm()
    if form.validate_on_submit():
        with form.refusals():
            service.add_photo(actor(), public_id, receive_photo(form.photo.data.read()), form.caption.data or "")
            flash(gettext("The photo is added. Those of the community see it."))
            return at("meetings.show", slug, public_id)
    return render_template("meetings/photo.html", form=form, **frame(here, held, ref)), form.http_status
