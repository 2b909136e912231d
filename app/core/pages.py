"""Pages for whoever isn't signed in are made once and kept, until a commit or the clock makes them another.

A page is kept when it is the same for every such reader: no session was written, no token of a form stands in it, nothing
was written to the database. See docs/decisions/0022-pages-kept.md.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Hashable
from typing import Any

from flask import Flask, Response, current_app, g, has_app_context, request, session
from sqlalchemy import event

from app.config import Config
from app.core import version
from app.core.cache import MEGABYTE, Entry, Kept
from app.core.clock import MINUTE, Clock
from app.core.database import db
from app.core.i18n import language
from app.core.moments import Watch, Watched
from app.core.web import wants_json

LONGEST = MINUTE  # a bound for what the clock was not asked about
PATIENCE = 10.0  # seconds that one waits for another who makes the same page
TYPES = frozenset({"text/html", "application/atom+xml", "text/calendar"})
LONGEST_QUERY = 300
LEAST_PACKED = 500  # bytes
OWN = frozenset({"csrf_token", "_fresh"})  # what a session may hold without telling one reader from another
LEFT_OUT = frozenset({"content-length", "vary", "date", "set-cookie", "content-encoding", "etag"})


def init_pages(app: Flask, config: Config) -> None:
    """Hang the kept pages on ``app``: asked before all else of a request, and filled after all else."""
    kept = Kept(config.page_cache * MEGABYTE, lambda: app.extensions.get("qiding.shared"), config.code)
    app.extensions["qiding.pages"] = kept
    if not config.page_cache:
        return
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", _asked)
    never: set[str] = set()  # endpoints that answer with something else than pages

    @app.before_request
    def ask() -> Response | None:
        if request.method not in ("GET", "HEAD") or request.endpoint in never or not _may_be_kept():
            return None
        key = _key()
        for turn in range(2):
            now = _now()
            at = _version()
            entry = kept.find(key, at, now)
            if entry is not None:
                return _answer(entry)
            if turn == 1:
                return None
            other = kept.begin(key)
            if other is None:
                g.kept_key, g.kept_version, g.watch = key, at, Watch(now, LONGEST)
                return None
            db.session.rollback()  # nothing is held while another one works
            other.wait(PATIENCE)
        return None

    @app.after_request
    def fill(response: Response) -> Response:
        key, watch = g.get("kept_key"), g.pop("watch", None)
        if key is None:
            return response
        if response.is_streamed or response.direct_passthrough or response.mimetype not in TYPES:
            if response.status_code == 200 and request.endpoint is not None:
                never.add(request.endpoint)
            return response
        if watch is None or response.status_code != 200 or _is_personal(response) or watch.until <= watch.now:
            return response
        body = response.get_data()
        packed = gzip.compress(body, 6, mtime=0) if len(body) >= LEAST_PACKED else b""
        headers = tuple((name, value) for name, value in response.headers if name.lower() not in LEFT_OUT)
        entry = Entry(g.kept_version, watch.now, watch.until, headers, body, packed)
        kept.keep(key, entry)
        return _answer(entry)

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        key = g.pop("kept_key", None)
        if key is not None:
            kept.end(key)


def _asked(
    _connection: object, _cursor: object, _statement: str, parameters: Any, _context: object, _many: bool
) -> None:
    # A condition on the time is judged by the database, out of sight: who asks so says when its answer changes, and asks
    # with a plain number (moments.until).
    watch: Watch | None = g.get("watch") if has_app_context() else None
    if watch is not None:
        values = parameters.values() if isinstance(parameters, dict) else parameters
        if any(isinstance(value, Watched) for value in values):
            watch.cannot_tell()


def _may_be_kept() -> bool:
    return (
        request.endpoint is not None
        and len(request.query_string) <= LONGEST_QUERY
        and set(session) <= OWN
        and "Authorization" not in request.headers
        and "Range" not in request.headers
    )


def _is_personal(response: Response) -> bool:
    return (
        session.modified
        or "csrf_token" in g  # a form's token was written
        or bool(g.get("changed"))
        or "Set-Cookie" in response.headers
        or response.headers.get("Cache-Control") == "no-store"
    )


def _key() -> Hashable:
    config: Config = current_app.config["QIDING"]
    base = config.base_url or request.url_root
    large = request.cookies.get("size") == "large"
    return (base, request.host, request.path, request.query_string, language(), large, wants_json())


def _version() -> int:
    slug = (request.view_args or {}).get("slug")
    return version.of_town() if slug is None else version.of_community(slug)


def _now() -> int:
    clock: Clock = current_app.extensions["qiding.clock"]
    return clock.now()


def _answer(entry: Entry) -> Response:
    packs = bool(entry.packed) and bool(request.accept_encodings["gzip"])
    response = Response(entry.packed if packs else entry.body)
    response.headers.clear()
    response.headers.extend(entry.headers)
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    if entry.packed:
        response.vary.add("Accept-Encoding")
    digest = hashlib.blake2b(entry.body, digest_size=10).hexdigest()
    response.set_etag(digest, weak=True)
    if request.headers.get("If-None-Match"):
        response.make_conditional(request)
    return response


def forget(app: Flask) -> None:
    """Forget what this process keeps, for whoever changed the database behind its back."""
    kept: Kept = app.extensions["qiding.pages"]
    kept.clear()
