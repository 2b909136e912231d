"""Pages of the site itself: home, communities, help, the method, protection; the reader's language and size of type."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app.core.clock import now
from app.core.database import db
from app.core.i18n import LANGUAGES
from app.core.pages import kept_by_kind
from app.core.replica import may_lag
from app.core.web import local_path
from app.engine.method import Gate, Ring
from app.engine.phrase import Phrase
from app.people.places import Community, Town
from app.people.queries import town
from app.people.session import actor
from app.projects import queries
from app.projects.kinds import kinds
from app.site.near import near, places

site = Blueprint("site", __name__)
YEAR = 365 * 24 * 3600
SIZES = ("normal", "large")
ON_HOME, ON_HELP, A_PAGE = 6, 12, 24
MOST_PAGES = 10_000  # further ones are not asked of the database


@site.app_context_processor
def _globals() -> dict[str, Any]:
    return {"town_desk": _town_desk, "may_console": lambda community: actor().facilitates(community.id)}


def _town_desk() -> Town | Community | None:
    """The desk on pages of no community: that of the reader's own, else the town's."""
    # Asked several times while one page is written: read once.
    if "town_desk" not in g:
        home = actor().home_id
        found = db.session.get(Community, home) if home is not None else town()
        g.town_desk = found if found is not None and found.desk_place else None
    desk: Town | Community | None = g.town_desk
    return desk


@site.get("/")
@kept_by_kind
def home() -> str:
    """What is asked near the reader, how it works, and the communities."""
    reader = actor()
    nearby, total = places(reader, limit=ON_HOME)
    return render_template("site/home.html", near=near(reader, now()), places=nearby, total=total, town=town())


@site.get("/communities")
@may_lag
@kept_by_kind
def communities() -> str:
    """All communities, found by name or address."""
    search = request.args.get("q", "").strip()[:60]
    page = min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)
    shown, total = places(actor(), search=search, offset=(page - 1) * A_PAGE, limit=A_PAGE)
    pages = math.ceil(total / A_PAGE)
    if page > max(1, pages):
        abort(404)
    return render_template("site/communities.html", places=shown, total=total, page=page, pages=pages, search=search)


@site.get("/language/<lang>")
def language(lang: str) -> Response:
    """Keep the reader's language in a cookie."""
    return _keep("lang", lang, LANGUAGES)


@site.get("/size/<size>")
def size(size: str) -> Response:
    """Keep the reader's size of type in a cookie."""
    return _keep("size", size, SIZES)


def _keep(name: str, value: str, allowed: Collection[str]) -> Response:
    if value not in allowed:
        abort(404)
    response = redirect(local_path(request.args.get("next")))
    secure = current_app.config["QIDING"].secure_cookies
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)
    response.headers["Cache-Control"] = "no-store"
    return response


@site.get("/help")
@kept_by_kind
def help() -> str:  # noqa: A001 - the page's name
    """How to take part, with and without a phone, and where the desks are."""
    nearby, total = places(actor(), limit=ON_HELP)
    return render_template("site/help.html", places=nearby, total=total, town=town())


@site.get("/about")
def about() -> str:
    """The methods, with where they come from."""
    methods = [queries.parse(version.source) for version in queries.offered_methods()]
    return render_template("site/about.html", methods=methods, circles=circles, gate_title=_gate_title)


def circles(rings: Collection[Ring]) -> list[tuple[Ring, int, int, int, int]]:
    """Where to draw each ring so that all of them meet: the ring, its centre, and the place of its name."""
    count, drawn = len(rings), []
    for place, ring in enumerate(rings):
        turn = 2 * math.pi * (place - (count - 1) / 2) / count - math.pi / 2
        x, y = 210 + round(78 * math.cos(turn)), 200 + round(78 * math.sin(turn))
        drawn.append((ring, x, y, x + round(54 * math.cos(turn)), y + round(54 * math.sin(turn)) + 7))
    return drawn


def _gate_title(gate: Gate) -> Phrase | str:
    kind = kinds().gates.get(gate.kind)
    return kind.title if kind is not None else gate.key


@site.get("/protection")
def protection() -> str:
    """How data and votes are protected, and what is not."""
    return render_template("site/protection.html")
