"""Files and what machines ask for: photos and documents, robots, the icon."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, current_app, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core import media as store
from app.core.media import Media
from app.engine.errors import NotFound
from app.people.access import note_access
from app.people.session import actor
from app.site.views import site

FOR_GOOD = "public, max-age=31536000, immutable"


def may_see(row: Media) -> bool:
    """Whether the reader of this request may see a file."""
    if row.visibility == "public":
        return True
    if row.community_id is None:
        return False
    reader = actor()
    if row.visibility == "members":
        return reader.belongs_to(row.community_id)
    return reader.facilitates(row.community_id)


@site.get("/media/<public_id>.<extension>")
def file(public_id: str, extension: str) -> BaseResponse:
    """A photo or document, to those who may see it; to others it isn't there. ``?size=small`` gives a photo's small form."""
    row = store.find(public_id)
    if store.EXTENSIONS.get(row.mime) != extension or not may_see(row):
        raise NotFound
    small = row.small_sha256 if request.args.get("size") == "small" else None
    sha256 = small or row.sha256
    response = make_response()
    response.mimetype = row.mime
    response.set_etag(sha256)
    response.headers["Cache-Control"] = FOR_GOOD if row.visibility == "public" else "private, no-cache"
    if row.mime == "application/pdf":
        plain, full = f"{row.public_id}.{extension}", quote(row.name or f"{row.public_id}.{extension}", safe="")
        response.headers["Content-Disposition"] = f"attachment; filename={plain}; filename*=UTF-8''{full}"
    response.make_conditional(request)
    if row.visibility == "staff":
        note_access(actor(), row.community_id, "file", row.public_id)
    if response.status_code == 200:
        response.set_data(store.read(sha256))
    return response


@site.get("/robots.txt")
def robots() -> Response:
    """Search engines stay out unless the town decides otherwise; what is behind a sign-in is never theirs."""
    if current_app.config["QIDING"].index_pages:
        lines = ["User-agent: *", "Disallow: /me", "Disallow: /admin", "Disallow: /sign-in", "Disallow: /language/"]
        lines.append("Disallow: /size/")
        lines.append("Disallow: /search")
    else:
        lines = ["User-agent: *", "Disallow: /"]
    response = make_response("\n".join(lines) + "\n")
    response.mimetype = "text/plain"
    return response


@site.get("/favicon.ico")
def favicon() -> BaseResponse:
    """The icon, for browsers that ask at the old address."""
    return redirect(url_for("static", filename="img/mark.svg"), 301)
