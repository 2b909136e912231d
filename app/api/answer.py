"""How open data is answered: JSON or CSV, with an ETag, for anybody's page to read, and kept by nobody unasked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from werkzeug.exceptions import NotAcceptable

from app.api.columns import cell
from app.api.resource import Part, Resource, to_cursor
from app.core.problem import wants_problem
from app.core.web import site_url

JSON, CSV = "application/json", "text/csv"
# Any page may read it, and learns nothing by its reader's cookies: the API does not look at them.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
KEPT = "public, no-cache"  # kept, but asked about each time: what was hidden must not be read on elsewhere


def open_to_all(response: Response) -> Response:
    """Let pages of other sites read an answer of the API."""
    if wants_problem():
        response.headers.update(CORS)
        if request.method == "OPTIONS":
            response.headers.update(PREFLIGHT)
    return response


def take(mime: str) -> None:
    """Refuse a request that will not take what is here."""
    if request.accept_mimetypes and not request.accept_mimetypes.best_match([mime]):
        raise NotAcceptable


def as_json(body: Any) -> Response:
    """Any value as JSON."""
    return tagged(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), JSON)


def tagged(body: bytes, mime: str) -> Response:
    """Bytes with their ETag; 304 to who has them."""
    response = Response(body, content_type=mime if mime == JSON else f"{mime}; charset=utf-8")
    response.headers["Cache-Control"] = KEPT
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response


def listed(resource: Resource, part: Part) -> Response:
    """A part of a list as JSON."""
    cursor, following = _following(resource, part, "api.listing")
    response = as_json({"data": part.rows, "cursor": cursor, "next": following})
    return _linked(response, following)


def spread(resource: Resource, part: Part) -> Response:
    """A part of a list as CSV: a header, then a line for each. The mark before it tells spreadsheets that it is UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.key for column in resource.columns])
    writer.writerows([cell(row[column.key]) for column in resource.columns] for row in part.rows)
    _, following = _following(resource, part, "api.spreadsheet")
    response = tagged(f"\ufeff{out.getvalue()}".encode(), CSV)
    response.headers["Content-Disposition"] = f"inline; filename={resource.key}.csv"
    return _linked(response, following)


def _following(resource: Resource, part: Part, endpoint: str) -> tuple[str | None, str | None]:
    """Where the part stops, and the address of the next one."""
    cursor = to_cursor(part.after) if part.after else None
    if cursor is None or not part.more:
        return cursor, None
    kept = {name: value for name, value in request.args.items() if name != "cursor"}
    return cursor, f"{site_url(endpoint, key=resource.key)}?{urlencode({**kept, 'cursor': cursor})}"


def _linked(response: Response, following: str | None) -> Response:
    if following is not None:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
