"""Pages of the public archive: the search of the town and of each community."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, make_response, render_template, request

from app.archive import calendar as calendars
from app.archive import queries
from app.archive.feed import atom
from app.archive.queries import Filters
from app.core.clock import now
from app.core.pages import kept_by_kind
from app.core.replica import may_lag
from app.engine.method import Text
from app.engine.phrase import Phrase, phrase
from app.people.places import Community
from app.people.queries import communities, community_by_slug

archive = Blueprint("archive", __name__)


NEWEST = 50  # entries of a feed


@dataclass(frozen=True)
class Pick:
    """One filter of the form: what it is called, what stands for everything, and what can be chosen."""

    name: str
    label: Phrase
    all: Phrase
    value: str
    options: Sequence[tuple[str, Phrase | Text | str]]


@archive.get("/search")
@may_lag
@kept_by_kind
def town() -> Response:
    """The archive of the whole town, or of one of its communities."""
    slug, places = request.args.get("in", "")[:40], [place for place, _ in communities()]
    return _page("archive.town", None, next((place for place in places if place.slug == slug), None), places)


@archive.get("/c/<slug>/search")
@may_lag
@kept_by_kind
def community(slug: str) -> Response:
    """The archive of a community."""
    here = community_by_slug(slug)
    return _page("archive.community", here, here, ())


@archive.get("/c/<slug>/feed.atom")
@may_lag
def feed(slug: str) -> Response:
    """What a community published last, for feed readers."""
    here = community_by_slug(slug)
    return _for_machines(atom(here, queries.newest(here.id, NEWEST)), "application/atom+xml")


@archive.get("/c/<slug>/calendar.ics")
@may_lag
def calendar(slug: str) -> Response:
    """A community's calendar, for telephones and computers."""
    here = community_by_slug(slug)
    response = _for_machines(calendars.calendar(here, calendars.days_of(here, now())), "text/calendar")
    response.headers["Content-Disposition"] = f"inline; filename={here.slug}.ics"
    return response


def _for_machines(body: bytes, mimetype: str) -> Response:
    response = make_response(body)
    response.headers["Content-Type"] = f"{mimetype}; charset=utf-8"
    response.headers["Cache-Control"] = "public, no-cache"
    if not current_app.config["QIDING"].index_pages:
        response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response


def _page(endpoint: str, here: Community | None, within: Community | None, places: Sequence[Community]) -> Response:
    said, year = request.args.get("q", ""), request.args.get("year", "")
    filters = Filters(
        community_id=within.id if within else None,
        kind=request.args.get("kind", "")[:20],
        step=request.args.get("step", "")[:40],
        year=int(year) if year.isascii() and year.isdigit() and len(year) <= 4 else None,
    )
    found = queries.find(said, filters, request.args.get("page", 1, type=int))
    picks = _picks(filters, within, places, bool(found.question.said))
    response = make_response(
        render_template(
            "archive/search.html",
            community=here,
            within=within,
            endpoint=endpoint,
            address={"slug": here.slug} if here else {},
            found=found,
            picks=picks,
            kept={pick.name: pick.value for pick in picks if pick.value},
        )
    )
    if said or not current_app.config["QIDING"].index_pages:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


def _picks(filters: Filters, within: Community | None, places: Sequence[Community], asked: bool) -> list[Pick]:
    there = queries.choices(filters.community_id)
    kinds = [(kind.kind, kind.title) for kind in there.kinds]
    steps = [(key, step.title) for key, step in there.steps.items()]
    years = [(str(year), str(year)) for year in there.years]
    everything = phrase("all kinds") if asked else phrase("records, notices and votes")
    chosen = str(filters.year) if filters.year is not None else ""
    picks = [
        Pick("kind", phrase("Kind"), everything, filters.kind, kinds),
        Pick("step", phrase("Step"), phrase("all steps"), filters.step, steps),
        Pick("year", phrase("Year"), phrase("all years"), chosen, years),
    ]
    if places:
        named = [(place.slug, place.name) for place in places]
        picks.insert(0, Pick("in", phrase("Community"), phrase("the whole town"), within.slug if within else "", named))
    return picks
