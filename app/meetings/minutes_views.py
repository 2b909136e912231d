"""Pages of minutes: to read, write, offer, confirm, correct."""

from __future__ import annotations

from flask import flash, render_template
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext
from app.engine.errors import NotFound
from app.meetings import queries, service
from app.meetings.draft import draft
from app.meetings.forms import CorrectForm, MinutesForm, SignedForm
from app.meetings.views import Page, at, for_holder, frame, meetings
from app.people.access import note_access
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in


@meetings.get("/c/<slug>/meeting/<public_id>/minutes")
def minutes(slug: str, public_id: str) -> Page:
    """The minutes: the confirmed version; to members, the one that is being confirmed too."""
    here, reader = community_by_slug(slug), actor()
    held, ref = queries.find_meeting(public_id, slug, now())
    page = frame(here, held, ref)
    versions = queries.versions_of(held.meeting.id)
    waiting = held.waiting.minutes if held.waiting is not None else None
    if waiting is not None and not (page["holds"] or (page["member"] and waiting.offered_at is not None)):
        waiting = None  # a draft is its writers' own, and what is being confirmed its members'
    frozen = held.frozen.minutes if held.frozen is not None else None
    if waiting is None and frozen is None and not (page["holds"] or page["member"]):
        raise NotFound
    place = queries.place_of(reader, held.meeting.id)
    return render_template(
        "meetings/minutes.html",
        waiting=waiting,
        frozen=frozen,
        body=queries.body_of(frozen) if frozen is not None else None,
        versions=[row for row in versions if row.frozen_at is not None],
        changed=queries.difference(versions, waiting) if waiting is not None else (),
        corrected=queries.difference(versions, frozen) if frozen is not None else (),
        came=queries.came(queries.presences(held.meeting.id), service.rings_of(ref)),
        mine=place,
        given=waiting is not None and queries.has_confirmed(place, waiting.id),
        leads=reader.facilitates(here.id),
        **page,
    )


@meetings.route("/c/<slug>/meeting/<public_id>/minutes/edit", methods=["GET", "POST"])
def edit(slug: str, public_id: str) -> Page:
    """Write the minutes: they begin with what was noted."""
    here, held, ref = for_holder(slug, public_id)
    row = held.waiting.minutes if held.waiting is not None else None
    if row is None and held.frozen is not None or row is not None and row.offered_at is not None:
        return at("meetings.minutes", slug, public_id)
    page = frame(here, held, ref)
    notes = queries.notes_of(held.meeting.id)
    form = MinutesForm(data={"text": row.text if row is not None else draft(held, notes, page["rings"])})
    if form.validate_on_submit():
        with form.refusals():
            service.save(actor(), public_id, form.text.data or "")
            flash(gettext("Saved. Nobody is asked before you offer it."))
            return at("meetings.minutes", slug, public_id)
    return render_template("meetings/edit.html", form=form, row=row, **page), form.http_status


@meetings.post("/c/<slug>/meeting/<public_id>/minutes/offer")
def offer(slug: str, public_id: str) -> Response:
    """Offer the minutes to those who were there."""
    for_holder(slug, public_id)
    service.offer(actor(), public_id)
    flash(gettext("Offered. Those who were there were told; print it for those who sign on paper."))
    return at("meetings.minutes", slug, public_id)


@meetings.post("/c/<slug>/meeting/<public_id>/minutes/take-back")
def take_back(slug: str, public_id: str) -> Response:
    """Take back minutes that were offered."""
    for_holder(slug, public_id)
    service.take_back(actor(), public_id)
    flash(gettext("Taken back. What was confirmed so far counts no more."))
    return at("meetings.edit", slug, public_id)


@meetings.route("/c/<slug>/meeting/<public_id>/minutes/correct", methods=["GET", "POST"])
def correct(slug: str, public_id: str) -> Page:
    """Begin a correction of confirmed minutes."""
    here, held, ref = for_holder(slug, public_id)
    form = CorrectForm()
    if form.validate_on_submit():
        with form.refusals():
            service.correct(actor(), public_id, form.reason.data or "")
            flash(gettext("The confirmed version stands until enough have confirmed the new one."))
            return at("meetings.edit", slug, public_id)
    return render_template("meetings/correct.html", form=form, **frame(here, held, ref)), form.http_status


@meetings.post("/c/<slug>/minutes/<public_id>/confirm")
def confirm(slug: str, public_id: str) -> Response:
    """Confirm the minutes: I was there, and so it was."""
    reader = signed_in()
    _, held, _ = queries.find_version(public_id, slug, now())
    if service.confirm(reader, public_id):
        flash(gettext("Thank you. Enough have confirmed: the minutes are fixed now."))
    else:
        flash(gettext("Thank you, it is recorded that you confirmed the minutes."))
    return at("meetings.minutes", slug, held.meeting.public_id)


@meetings.route("/c/<slug>/minutes/<public_id>/signed", methods=["GET", "POST"])
def signed(slug: str, public_id: str) -> Page:
    """Enter who signed the printed minutes."""
    reader, here = signed_in(), community_by_slug(slug)
    reader.require_facilitator(here.id)
    row, held, ref = queries.find_version(public_id, slug, now())
    if row.offered_at is None:
        raise NotFound
    note_access(reader, here.id, "attendance", held.meeting.public_id)
    form, given = SignedForm(), queries.signed_of(row.id)
    rows = [item for item in queries.presences(held.meeting.id) if item.id not in given]
    form.signed.choices = options(
        (item.public_id, " ".join(part for part in (item.label, item.name) if part)) for item in rows
    )
    if form.validate_on_submit():
        with form.refusals():
            frozen = service.confirm_on_paper(reader, public_id, form.signed.data)
            flash(gettext("Entered. The minutes are fixed now.") if frozen else gettext("Entered."))
            return at("meetings.minutes", slug, held.meeting.public_id)
    page = frame(here, held, ref)
    return render_template("meetings/signed.html", form=form, row=row, given=given, **page), form.http_status
