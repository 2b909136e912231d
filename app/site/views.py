"""Pages of the site itself."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)
from sqlalchemy import func, select, text
from werkzeug.wrappers import Response as BaseResponse

from app.core import media
from app.core.clock import now
from app.core.database import db
from app.core.i18n import LANGUAGES
from app.core.web import local_path
from app.engine.errors import NotFound
from app.people.models import Person
from app.people.places import Town
from app.people.queries import communities, communities_by_id, town
from app.people.session import actor, signed_in
from app.projects import board, queries
from app.projects.models import Project
from app.site import mine

site = Blueprint("site", __name__)
YEAR = 365 * 24 * 3600
SHOWN = 6


@site.app_context_processor
def _globals() -> dict[str, Any]:
    return {"town_desk": _town_desk, "may_console": lambda community: actor().facilitates(community.id)}


def _town_desk() -> Town | None:
    found = town()
    return found if found is not None and found.desk_place else None


@site.get("/")
def home() -> str:
    """What is asked near the reader, how it works, and all communities."""
    reader, at = actor(), now()
    near = reader.home_id or next((key for key in reader.roles if key is not None), None)
    query = select(Project).where(Project.state == "running").order_by(Project.moved_at.desc())
    first = query.where(Project.community_id == near) if near is not None else query
    projects = list(db.session.scalars(first.limit(SHOWN)))
    over = list(
        db.session.scalars(
            select(Project).where(Project.state == "completed").order_by(Project.moved_at.desc()).limit(SHOWN)
        )
    )
    known = communities_by_id({project.community_id for project in [*projects, *over]})
    cards = board.cards(projects, known, reader, at)
    asking = [card for card in cards if card.ask is not None]
    asking.sort(key=lambda card: (not (card.ask and card.ask.asks), card.due or 1 << 62))
    return render_template(
        "site/home.html",
        hero=asking[0] if asking else None,
        cards=[card for card in cards if not asking or card is not asking[0]],
        over=board.cards(over, known, reader, at),
        communities=communities(),
        running=_counts("running"),
        town=town(),
    )


def _counts(state: str) -> dict[int, int]:
    query = select(Project.community_id, func.count()).where(Project.state == state).group_by(Project.community_id)
    return dict(db.session.execute(query).tuples())


@site.get("/language/<lang>")
def language(lang: str) -> BaseResponse:
    """Keep the reader's language in a cookie."""
    return _keep("lang", lang, LANGUAGES)


@site.get("/size/<size>")
def size(size: str) -> BaseResponse:
    """Keep the reader's size of type in a cookie."""
    return _keep("size", size, ("normal", "large"))


def _keep(name: str, value: str, allowed: Any) -> BaseResponse:
    if value not in allowed:
        abort(404)
    response = redirect(local_path(request.args.get("next")))
    secure = current_app.config["QIDING"].secure_cookies
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)
    return response


@site.get("/help")
def help() -> str:  # noqa: A001 - the page's name
    """How to take part, with and without a phone."""
    return render_template("site/help.html", communities=communities(), town=town())


@site.get("/about")
def about() -> str:
    """The methods, with where they come from."""
    methods = [queries.parse(version.source) for version in queries.offered_methods()]
    return render_template("site/about.html", methods=methods)


@site.get("/protection")
def protection() -> str:
    """How data and votes are protected, and what is not."""
    return render_template("site/protection.html")


@site.get("/me")
def me() -> str:
    """What one wrote, where one may vote, what became of it."""
    reader = signed_in()
    person = db.session.get_one(Person, reader.person())
    return render_template("site/me.html", person=person, page=mine.page(reader, now()), reader=reader)


@site.get("/me/data.json")
def my_data() -> Response:
    """All that is kept about oneself, to take along."""
    reader = signed_in()
    response = jsonify(mine.export(reader, now()))
    response.headers["Content-Disposition"] = "attachment; filename=qiding-my-data.json"
    return response


@site.get("/town")
def town_page() -> str:
    """Where the projects of all communities stand."""
    signed_in().require_admin()
    return render_template("site/town.html", rows=mine.town_rows(now()), town=town())


@site.get("/media/<public_id>.<extension>")
def file(public_id: str, extension: str) -> BaseResponse:
    """A photo or document, to those who may see it."""
    row = media.find(public_id)
    reader = actor()
    if row.visibility != "public":
        allowed = row.community_id is not None and (
            reader.belongs_to(row.community_id) if row.visibility == "members" else reader.facilitates(row.community_id)
        )
        if not allowed:
            raise NotFound
    small = request.args.get("size") == "small" and row.small_sha256 is not None
    sha256 = row.small_sha256 if small and row.small_sha256 else row.sha256
    response = make_response()
    response.set_etag(sha256)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if row.visibility == "public" else "private, no-cache"
    )
    response.make_conditional(request)
    if response.status_code != 304:
        response.set_data(media.read(sha256))
        response.mimetype = row.mime
        if row.kind == "document":
            response.headers["Content-Disposition"] = "attachment"
    return response


@site.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Whether the database answers."""
    try:
        db.session.execute(text("select 1"))
    except Exception:
        db.session.rollback()
        return jsonify({"ok": False}), 503
    return jsonify({"ok": True}), 200


@site.get("/robots.txt")
def robots() -> Response:
    """Search engines stay out unless the town decides otherwise."""
    allow = current_app.config["QIDING"].index_pages
    response = make_response(f"User-agent: *\n{'Allow' if allow else 'Disallow'}: /\n")
    response.mimetype = "text/plain"
    return response
