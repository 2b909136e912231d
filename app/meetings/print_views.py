"""Sheets of a meeting to print: the one to sign in on, and the minutes."""

from __future__ import annotations

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import now
from app.engine.errors import NotFound
from app.meetings import printed, queries, service
from app.meetings.views import for_holder, meetings
from app.people.access import note_access
from app.people.queries import community_by_slug, roll_households
from app.people.session import actor
from app.printing import answer

MOST_ROWS = 600


@meetings.get("/c/<slug>/meeting/<public_id>/sign-in.pdf")
def sign_in_sheet(slug: str, public_id: str) -> Response:
    """The sign-in sheet: a row for each household of the project's scope, and empty ones."""
    here, held, ref = for_holder(slug, public_id)
    note_access(actor(), here.id, "attendance", public_id)
    homes = [home.label for home in roll_households(here.id, ref.scope)]
    paper = printed.sign_in(here, held.meeting, homes if len(homes) <= MOST_ROWS else [], queries.rings_by_key(ref))
    return answer.sheet(paper, f"sign-in-{public_id}")


@meetings.get("/c/<slug>/meeting/<public_id>/minutes.pdf")
def minutes_pdf(slug: str, public_id: str) -> Response:
    """The minutes: confirmed for everybody; offered, for whoever has them signed on paper."""
    here, reader = community_by_slug(slug), actor()
    held, ref = queries.find_meeting(public_id, slug, now())
    rings = queries.rings_by_key(ref)
    waiting = held.waiting.minutes if held.waiting is not None else None
    if waiting is not None and waiting.offered_at is not None and service.may_hold(reader, ref):
        rows, given = queries.presences(held.meeting.id), queries.signed_of(waiting.id)
        paper = printed.to_sign(here, held.meeting, waiting, rows, given, rings)
        return answer.once(paper, f"minutes-{public_id}-to-sign")
    if held.frozen is None:
        raise NotFound
    return answer.sheet(printed.minutes(here, held.meeting, held.frozen.minutes, rings), f"minutes-{public_id}")


@meetings.get("/c/<slug>/meeting/<public_id>/minutes.docx")
def minutes_word(slug: str, public_id: str) -> BaseResponse:
    """The confirmed minutes as a Word document."""
    here = community_by_slug(slug)
    held, ref = queries.find_meeting(public_id, slug, now())
    if held.frozen is None:
        raise NotFound
    paper = printed.minutes(here, held.meeting, held.frozen.minutes, queries.rings_by_key(ref))
    return answer.word(paper, f"minutes-{public_id}")
