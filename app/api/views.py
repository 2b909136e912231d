"""Open data at /api/v1, and the page about it. All of it is read only, and the same for everybody."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from app.api import answer, asked, description, limit, resource
from app.api.columns import SAYS
from app.api.kinds import BY_KEY, RESOURCES
from app.core.clock import MINUTE, now
from app.core.database import db
from app.core.problem import problem, wants_problem
from app.core.replica import may_lag
from app.core.web import client_address, site_url
from app.engine.errors import NotFound
from app.engine.phrase import phrase
from app.records.models import Record
from app.records.words import file_of

api = Blueprint("api", __name__)
api.after_app_request(answer.open_to_all)


@api.before_request
def _limit() -> Response | None:
    if not wants_problem():
        return None
    wait = limit.count(client_address(), now())
    if wait is None:
        return None
    response = problem(429, phrase("Too many requests. Go on after %(n)s seconds.", n=wait), "too_many")
    response.headers["Retry-After"] = str(wait)
    return response


def _resource(key: str) -> resource.Resource:
    if key not in BY_KEY:
        raise NotFound(phrase("There is no such list."))
    return BY_KEY[key]


@api.get("/api/v1")
def index() -> Response:
    """What lists there are."""
    answer.take(answer.JSON)
    lists = [
        {
            "key": item.key,
            "title": str(item.title),
            "json": site_url("api.listing", key=item.key),
            "csv": site_url("api.spreadsheet", key=item.key),
        }
        for item in RESOURCES
    ]
    return answer.as_json({"lists": lists, "description": site_url("api.openapi"), "page": site_url("api.about")})


@api.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The description of all this, by OpenAPI 3.1."""
    answer.take(answer.JSON)
    return answer.as_json(description.describe(site_url("site.home").rstrip("/")))


@api.get("/api/v1/<key>")
@may_lag
def listing(key: str) -> Response:
    """A part of a list as JSON."""
    found = _resource(key)
    answer.take(answer.JSON)
    return answer.listed(found, resource.read(found, asked.asked(found, request.args), now()))


@api.get("/api/v1/<key>.csv")
@may_lag
def spreadsheet(key: str) -> Response:
    """The same part as CSV."""
    found = _resource(key)
    answer.take(answer.CSV)
    return answer.spread(found, resource.read(found, asked.asked(found, request.args), now()))


@api.get("/api/v1/<key>/<public_id>")
@may_lag
def one(key: str, public_id: str) -> Response:
    """One of a list."""
    found = _resource(key)
    answer.take(answer.JSON)
    return answer.as_json(resource.read_one(found, public_id, now()))


@api.get("/api/v1/records/<public_id>/body")
@may_lag
def record_body(public_id: str) -> Response:
    """The file of a record: what was hashed, and the words beside it."""
    answer.take(answer.JSON)
    record = db.session.scalar(select(Record).where(Record.public_id == public_id))
    if record is None:
        raise NotFound(phrase("There is no such thing here."))
    return answer.tagged(file_of(record), answer.JSON)


@api.get("/api")
def about() -> str:
    """What open data there is, in plain words, with examples and all columns."""
    words: dict[str, Any] = {"resources": RESOURCES, "types": SAYS, "asks": asked.parameters}
    return render_template(
        "api/about.html", base=site_url("api.index"), most=limit.MOST, minutes=limit.WINDOW // MINUTE, **words
    )
