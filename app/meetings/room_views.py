"""The room: what the projector shows, what its leader chooses, and the page behind the code to sign in by."""

from __future__ import annotations

import hashlib

import segno
from flask import flash, make_response, render_template, request
from werkzeug.wrappers import Response as Answer

from app.core.clock import now
from app.core.forms import options
from app.core.i18n import gettext
from app.core.web import made_here, site_url
from app.engine.errors import Closed
from app.engine.phrase import phrase
from app.meetings import queries, service
from app.meetings.forms import LeadForm
from app.meetings.queries import Held
from app.meetings.record import closes_at
from app.meetings.views import Page, at, for_holder, frame, meetings
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor, signed_in


def _board(here: Community, held: Held) -> str:
    hands = [row for row in queries.notes_of(held.meeting.id).hands if row.text == held.meeting.question]
    last = hands[-1] if hands else None
    return render_template("meetings/_board.html", community=here, held=held, meeting=held.meeting, hands=last)


@meetings.get("/c/<slug>/meeting/<public_id>/room")
def room(slug: str, public_id: str) -> Page:
    """The room view, for the projector."""
    here, held, ref = for_holder(slug, public_id)
    door = ""
    if held.meeting.door:
        door = site_url("meetings.here", slug=slug, public_id=public_id, door=held.meeting.door)
    return render_template(
        "meetings/room.html",
        board=made_here(_board(here, held)),
        seconds=ref.activity.whole("speaker_seconds"),
        code=segno.make(door, error="m", micro=False).svg_data_uri(scale=6, border=2) if door else "",
        **frame(here, held, ref),
    )


@meetings.get("/c/<slug>/meeting/<public_id>/room/board")
def board(slug: str, public_id: str) -> Answer:
    """The part of the room view that follows the meeting, asked for again and again."""
    here, held, _ = for_holder(slug, public_id)
    page = _board(here, held)
    response = make_response(page)
    response.set_etag(hashlib.sha256(page.encode()).hexdigest()[:32])
    return response.make_conditional(request)


@meetings.route("/c/<slug>/meeting/<public_id>/lead", methods=["GET", "POST"])
def lead(slug: str, public_id: str) -> Page:
    """Choose what the room sees."""
    here, held, ref = for_holder(slug, public_id)
    form = LeadForm(data={"item": held.meeting.item, "question": held.meeting.question})
    form.item.choices = options([(0, gettext("the whole agenda")), *enumerate(held.agenda, 1)])
    if form.validate_on_submit():
        with form.refusals():
            service.lead(actor(), public_id, form.item.data, form.question.data or "")
            flash(gettext("The room sees it within some seconds."))
            return at("meetings.lead", slug, public_id)
    return render_template("meetings/lead.html", form=form, **frame(here, held, ref)), form.http_status


@meetings.route("/c/<slug>/meeting/<public_id>/here/<door>", methods=["GET", "POST"])
def here(slug: str, public_id: str, door: str) -> Answer | str:
    """Whoever scanned the code in the room says: I am here."""
    reader, place = signed_in(), community_by_slug(slug)
    held, ref = queries.find_meeting(public_id, slug, now())
    if request.method == "POST":
        service.sign_in(reader, public_id, door)
        flash(gettext("You are on the list. You will be asked to confirm the minutes."))
        return at("meetings.show", slug, public_id)
    if door != held.meeting.door or now() >= closes_at(held.meeting):
        raise Closed(phrase("This code counts only while the meeting lasts. Sign the sheet on the table."))
    mine = queries.place_of(reader, held.meeting.id)
    return render_template("meetings/here.html", door=door, mine=mine, **frame(place, held, ref))
