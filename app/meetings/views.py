"""Pages of meetings: those of an activity, calling one, the meeting itself, its calendar file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from app.core.clock import now
from app.core.forms import options
from app.core.i18n import at_local, gettext, local, text_in
from app.core.pages import kept_by_kind
from app.engine.method import Ring
from app.meetings import calendar, queries, service
from app.meetings.call import EARLY
from app.meetings.forms import CallFields, CallForm, CancelForm, ChangeForm
from app.meetings.kind import MEETING, form_name
from app.meetings.models import Meeting
from app.meetings.queries import Held
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in
from app.projects.kinds import ActivityRef, only
from app.projects.queries import find_activity

meetings = Blueprint("meetings", __name__)
Page = str | Answer | tuple[str, int]


@meetings.app_template_global("form_name")
def _form_name(form: str) -> Any:
    return form_name(form)


@meetings.app_template_filter("ring_title")
def _ring_title(key: str, rings: Mapping[str, Ring]) -> str:
    return text_in(rings[key].title) if key in rings else key


def frame(here: Community, held: Held, ref: ActivityRef) -> dict[str, Any]:
    """What every page of a meeting needs."""
    at, reader, meeting = now(), actor(), held.meeting
    holds = service.may_hold(reader, ref)
    begun = meeting.opened_at is not None or at >= meeting.starts_at - EARLY
    return {
        "community": here,
        "ref": ref,
        "held": held,
        "meeting": meeting,
        "state": held.state(at),
        "holds": holds,
        "writes": holds and ref.running and meeting.cancelled_at is None and begun and held.open_to_notes,
        "member": reader.belongs_to(here.id) or holds,
        "rings": queries.rings_by_key(ref),
        "to_begin": ref.running and meeting.starts_at - EARLY <= at <= meeting.ends_at,
    }


def for_holder(slug: str, public_id: str) -> tuple[Community, Held, ActivityRef]:
    """A meeting for whoever holds it."""
    reader, here = signed_in(), community_by_slug(slug)
    held, ref = queries.find_meeting(public_id, slug, now())
    service.require_holder(reader, ref)
    return here, held, ref


def at(endpoint: str, slug: str, public_id: str) -> Answer:
    """The way on after something was done."""
    return redirect(url_for(endpoint, slug=slug, public_id=public_id), 303)


@meetings.get("/c/<slug>/meetings/<public_id>")
@kept_by_kind
def activity(slug: str, public_id: str) -> Page:
    """The meetings of an activity: what comes, and what was."""
    here, reader, moment = community_by_slug(slug), actor(), now()
    ref = only(MEETING.spec, find_activity(public_id, moment, slug))
    found = queries.meetings_of([ref.id])[ref.id]
    return render_template(
        "meetings/activity.html",
        community=here,
        ref=ref,
        found=[(held, held.state(moment)) for held in reversed(found)],
        holds=service.may_hold(reader, ref) and ref.running,
    )


def _rings(form: CallFields, ref: ActivityRef) -> None:
    names = queries.rings_by_key(ref)
    form.rings.choices = options((key, text_in(names[key].title)) for key in service.rings_of(ref))


def _words(form: CallFields) -> service.Words:
    assert form.day.data is not None
    assert form.hour.data is not None
    starts = at_local(form.day.data, form.hour.data.hour, form.hour.data.minute)
    return service.Words(
        title=form.title.data or "",
        place=form.place.data or "",
        agenda=form.agenda.data or "",
        starts_at=starts,
        ends_at=starts + (form.minutes.data or 0) * 60_000,
        rings=tuple(form.rings.data or ()),
    )


@meetings.route("/c/<slug>/meetings/<public_id>/call", methods=["GET", "POST"])
def call(slug: str, public_id: str) -> Page:
    """Call a meeting."""
    reader, here = signed_in(), community_by_slug(slug)
    ref = only(MEETING.spec, find_activity(public_id, now(), slug))
    service.require_holder(reader, ref)
    invited = list(ref.activity.who.get("attend", service.rings_of(ref)))
    form = CallForm(
        data={"title": f"{ref.project_title}{gettext(': ')}{text_in(ref.activity.title)}", "rings": invited}
    )
    _rings(form, ref)
    if form.validate_on_submit():
        with form.refusals():
            made = service.call(reader, public_id, _words(form), once=form.once.data)
            flash(gettext("Called. Those invited were told; it stands on the notice board too."))
            return at("meetings.show", slug, made)
    return render_template("meetings/call.html", community=here, ref=ref, form=form), form.http_status


@meetings.get("/c/<slug>/meeting/<public_id>")
@kept_by_kind
def show(slug: str, public_id: str) -> Page:
    """A meeting: the invitation, and afterwards what came of it."""
    here, reader = community_by_slug(slug), actor()
    held, ref = queries.find_meeting(public_id, slug, now())
    page, place = frame(here, held, ref), queries.place_of(reader, held.meeting.id)
    page["member"] = page["member"] or reader.is_admin  # who removes words must see them
    waiting = held.waiting.minutes if held.waiting is not None else None
    return render_template(
        "meetings/show.html",
        came=queries.came(queries.presences(held.meeting.id), service.rings_of(ref)),
        notes=queries.notes_of(held.meeting.id) if page["member"] else None,
        mine=place,
        given=waiting is not None and queries.has_confirmed(place, waiting.id),
        **page,
    )


@meetings.get("/c/<slug>/meeting/<public_id>.ics")
def as_ics(slug: str, public_id: str) -> Response:
    """A meeting for a calendar."""
    here = community_by_slug(slug)
    held, _ = queries.find_meeting(public_id, slug, now())
    response = make_response(calendar.as_ics(here, held.meeting))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f"attachment; filename=meeting-{public_id}.ics"
    return response


def _as_typed(meeting: Meeting) -> dict[str, Any]:
    starts = local(meeting.starts_at)
    return {
        "title": meeting.title,
        "day": starts.date(),
        "hour": starts.time(),
        "minutes": (meeting.ends_at - meeting.starts_at) // 60_000,
        "place": meeting.place,
        "rings": list(meeting.rings),
        "agenda": meeting.agenda,
    }


@meetings.route("/c/<slug>/meeting/<public_id>/change", methods=["GET", "POST"])
def change(slug: str, public_id: str) -> Page:
    """Change a call, with a reason."""
    here, held, ref = for_holder(slug, public_id)
    form = ChangeForm(data=_as_typed(held.meeting))
    _rings(form, ref)
    if form.validate_on_submit():
        with form.refusals():
            service.change(actor(), public_id, _words(form), form.reason.data or "")
            flash(gettext("Changed. Everybody invited was told."))
            return at("meetings.show", slug, public_id)
    return render_template("meetings/call.html", form=form, **frame(here, held, ref)), form.http_status


@meetings.route("/c/<slug>/meeting/<public_id>/cancel", methods=["GET", "POST"])
def cancel(slug: str, public_id: str) -> Page:
    """Cancel a meeting, with a reason."""
    here, held, ref = for_holder(slug, public_id)
    form = CancelForm()
    if form.validate_on_submit():
        with form.refusals():
            service.cancel(actor(), public_id, form.reason.data or "")
            flash(gettext("Cancelled. Everybody invited was told."))
            return at("meetings.show", slug, public_id)
    return render_template("meetings/cancel.html", form=form, **frame(here, held, ref)), form.http_status


@meetings.post("/c/<slug>/meeting/<public_id>/begin")
def begin(slug: str, public_id: str) -> Answer:
    """Open the meeting."""
    for_holder(slug, public_id)
    service.begin(actor(), public_id)
    flash(gettext("The meeting has begun. Show the room view to everybody: they sign in by its code."))
    return at("meetings.show", slug, public_id)


@meetings.post("/c/<slug>/meeting/<public_id>/end")
def end(slug: str, public_id: str) -> Answer:
    """End the meeting."""
    for_holder(slug, public_id)
    service.end(actor(), public_id)
    flash(gettext("The meeting is over. Write the minutes while everybody remembers."))
    return at("meetings.show", slug, public_id)
