"""Pages for whoever isn't signed in are made once and kept, until a commit or the clock makes them another.

A page is kept when it is the same for every such reader: no session was written, no token of a form stands in it, nothing
was written to the database. See docs/decisions/0022-pages-kept.md.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import secrets
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, has_app_context, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import escape
from sqlalchemy import Select, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from app.config import ROOT, Config
from app.core import live, shared, version
from app.core.cache import MEGABYTE, Entry, Kept
from app.core.clock import MINUTE, Clock
from app.core.database import db
from app.core.i18n import language
from app.core.ids import new_public_id
from app.core.moments import Watch, Watched
from app.core.traces import Reader, Trace, given
from app.core.web import wants_json

LONGEST = MINUTE  # a bound for what the clock was not asked about
PATIENCE = 10.0  # seconds that one waits for another who makes the same page
TYPES = frozenset({"text/html", "application/atom+xml", "text/calendar"})
LONGEST_QUERY = 300
LEAST_PACKED = 500  # bytes
OWN = frozenset({"csrf_token", "_fresh"})  # what a session may hold without telling one reader from another
SIGNED_IN = OWN | {"_user_id", "_permanent", "_id", "at"}  # what it holds of somebody signed in, and nothing to show
APART = frozenset({"receipt", "helped"})  # what only views show that are never kept
VARIANTS = 32  # pages kept of one address for readers of one kind
TOKEN, FRESH, SHOWN = b"\0token\0", b"\0fresh%d\0", b"\0shown%d\0"  # no page holds a NUL
View = TypeVar("View", bound=Callable[..., Any])
SOURCES = frozenset({".py", ".html", ".css", ".js", ".svg", ".toml", ".po"})
LEFT_OUT = frozenset({"content-length", "vary", "date", "set-cookie", "content-encoding", "etag"})


def program(root: Path = ROOT) -> str:
    """The hash of all that pages are made by, so that two versions of the program that share a Redis share no page."""
    made = hashlib.sha256()
    for path in sorted((*(root / "app").rglob("*.*"), *(root / "translations").rglob("*.po"))):
        if path.suffix in SOURCES and path.is_file():
            made.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
            made.update(path.read_bytes())
    return made.hexdigest()[:16]


def init_pages(app: Flask, config: Config) -> None:
    """Hang the kept pages on ``app``: asked before all else of a request, and filled after all else."""
    kept = Kept(config.page_cache * MEGABYTE, lambda: shared, program() if config.redis_url else "")
    app.extensions["qiding.pages"] = kept
    if not config.page_cache:
        return
    with app.app_context():
        for engine in db.engines.values():  # a replica too: what is asked there is asked about the reader as well
            event.listen(engine, "before_cursor_execute", _asked, retval=True)
    never: set[str] = set()  # endpoints that answer with something else than pages

    @app.before_request
    def ask() -> Response | None:
        if request.method not in ("GET", "HEAD") or request.endpoint in never or not _may_be_kept():
            return None
        try:
            return _for_anybody(kept) if set(session) <= OWN else _for_a_kind(kept)
        except DBAPIError:  # without a database no page is kept, and those that need none are there
            db.session.rollback()
            return None

    @app.after_request
    def fill(response: Response) -> Response:
        key, watch, trace = g.get("kept_key"), g.pop("watch", None), g.pop("trace", None)
        texts = g.pop("shown", [])
        body = marked = response.get_data() if texts or g.get("live_marks") else b""
        if marked:
            body, marked = live.with_marks(marked, watch.live if watch else ())
            for mark, text in texts:
                body = body.replace(mark.encode(), str(escape(text)).encode())
            response.set_data(body)
        if key is None:
            return response
        if response.is_streamed or response.direct_passthrough or response.mimetype not in TYPES:
            if response.status_code == 200 and request.endpoint is not None:
                never.add(request.endpoint)
            return response
        if watch is None or watch.until <= watch.now or response.status_code != 200 or _is_nobody_elses(response):
            return response
        headers = tuple((name, value) for name, value in response.headers if name.lower() not in LEFT_OUT)
        body = marked or response.get_data()
        if trace is not None:
            if not trace.lost and trace.still_holds(db.session.connection()):
                for n, (mark, _) in enumerate(texts):
                    body = body.replace(mark.encode(), SHOWN % n)
                body = _with_places(body)
                packed = _packed(body) if b"\0" not in body else b""  # nothing in it is one reader's alone
                entry = Entry(g.kept_version, watch.now, watch.until, headers, body, packed, trace, tuple(watch.live))
                kept.keep(key, entry)
                return _answer(entry) if packed else response
            return response
        if session.modified or "csrf_token" in g:
            return response
        packed = b"" if marked else _packed(body)
        entry = Entry(g.kept_version, watch.now, watch.until, headers, body, packed, live=tuple(watch.live))
        kept.keep(key, entry)
        return _answer(entry, response.get_data() if marked else None)

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        key = g.pop("kept_key", None)
        if key is not None:
            kept.end(key)


def _for_anybody(kept: Kept) -> Response | None:
    """The page of whoever isn't signed in; else this request makes it, and others wait for it."""
    key = _key()
    for _turn in range(2):
        now, at = _now(), _version()
        entry = kept.find(key, at, now)
        numbers = None if entry is None else live.numbers_of(entry.live, db.session.connection, {})
        if entry is not None and numbers is not None:
            return _answer(entry, live.with_numbers(entry.body, numbers) if any(numbers) else None)
        other = kept.begin(key)
        if other is None:
            g.kept_key, g.kept_version, g.watch = key, at, Watch(now, LONGEST)
            return None
        db.session.rollback()  # nothing is held while another one works
        other.wait(PATIENCE)
    return None


def _for_a_kind(kept: Kept) -> Response | None:
    """The page that another reader of this kind was shown, if this one is answered the same; else it is made and noted."""
    view = current_app.view_functions[request.endpoint or ""]
    if not set(session) <= SIGNED_IN | APART or not getattr(view, "kept_by_kind", False):
        return None
    reader: Reader | None = current_app.extensions["qiding.reader"]()
    if reader is None:
        return None
    now, at = _now(), _version()
    known: dict[Any, list[Any]] = {}
    key, free = (_key(), reader.kind), None
    connection = db.session.connection()
    for n in range(VARIANTS):
        entry = kept.find((key, n), at, now, here=True)
        if entry is None or entry.trace is None:
            free = n if free is None else free
        elif entry.trace.holds_for(connection, reader.keys, known):
            texts = entry.trace.texts_for(connection, reader.keys, known)
            numbers = live.numbers_of(entry.live, db.session.connection, known)
            if texts is not None and numbers is not None:
                return _answer(entry, _filled(live.with_numbers(entry.body, numbers), texts))
    g.kept_key = (key, secrets.randbelow(VARIANTS) if free is None else free)
    g.kept_version, g.watch, g.trace = at, Watch(now, LONGEST), Trace(reader.keys)
    current_app.extensions["qiding.watch_reader"](g.trace)
    return None


def kept_by_kind(view: View) -> View:
    """Mark a view whose pages may be kept for readers who are signed in, too."""
    view.kept_by_kind = True  # type: ignore[attr-defined]
    return view


def _asked(
    connection: Connection, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool
) -> tuple[str, Any]:
    watch: Watch | None = g.get("watch") if has_app_context() else None
    if watch is None:
        return statement, parameters
    # A condition on the time is judged by the database, out of sight: who asks so says when its answer changes, and asks
    # with a plain number.
    if any(isinstance(value, Watched) for value in _values(parameters)):
        watch.cannot_tell()
    trace: Trace | None = g.get("trace")
    if trace is not None and given(parameters):
        return statement, trace.ask(connection, statement, parameters)
    if _unseen(statement):
        watch.cannot_tell()  # of what it reads no commit tells
    live.note(watch, statement, parameters)
    return statement, parameters


def _values(parameters: Any) -> Any:
    return parameters.values() if isinstance(parameters, dict) else parameters


_TABLES = re.compile(r"(?:FROM|JOIN|,)\s+\"?(" + "|".join(sorted(version.UNSEEN - {"version"})) + r")\b")


@lru_cache(maxsize=2000)
def _unseen(statement: str) -> bool:
    return _TABLES.search(statement) is not None


def _with_places(body: bytes) -> bytes:
    """A page with places in it for what each reader gets anew: the token, and the keys of forms."""
    if "csrf_token" in g:
        body = body.replace(g.csrf_token.encode(), TOKEN)
    for n, key in enumerate(g.get("fresh_keys", [])):
        body = body.replace(key.encode(), FRESH % n)
    return body


def shown(query: Select[Any]) -> str | None:
    """A text of the reader's own, by a query for one cell, that a page shows as it is: a kept page has a place for it."""
    trace: Trace | None = g.get("trace")
    if trace is None:
        text: str | None = db.session.scalar(query)
        return text
    with trace.showing():
        text = db.session.scalar(query)
    if text is None:
        trace.lost = True
        return None
    mark = new_public_id()
    g.setdefault("shown", []).append((mark, text))
    return mark


def _filled(body: bytes, texts: Sequence[str] = ()) -> bytes:
    if b"\0" not in body:
        return body
    for n, text in enumerate(texts):
        body = body.replace(SHOWN % n, str(escape(text)).encode())
    keys: dict[bytes, bytes] = {}
    body = re.sub(rb"\0fresh\d+\0", lambda found: keys.setdefault(found[0], new_public_id().encode()), body)
    return body.replace(TOKEN, generate_csrf().encode()) if TOKEN in body else body


def _may_be_kept() -> bool:
    return (
        request.endpoint is not None
        and len(request.query_string) <= LONGEST_QUERY
        and "Authorization" not in request.headers
        and "Range" not in request.headers
    )


def _is_nobody_elses(response: Response) -> bool:
    return (
        bool(g.get("changed"))
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


def _answer(entry: Entry, filled: bytes | None = None) -> Response:
    """A kept page for one reader; ``filled`` is its body where it has places."""
    body = entry.body if filled is None else filled
    packable = bool(entry.packed) or (entry.trace is None and len(body) >= LEAST_PACKED)
    packs = packable and bool(request.accept_encodings["gzip"])
    response = Response((entry.packed or _packed(body, 1)) if packs else body)
    response.headers.clear()
    response.headers.extend(entry.headers)
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    if packable:
        response.vary.add("Accept-Encoding")
    if entry.trace is not None:
        return response
    digest = hashlib.blake2b(body, digest_size=10).hexdigest()
    response.set_etag(digest, weak=True)
    if request.headers.get("If-None-Match"):
        response.make_conditional(request)
    return response


def _packed(body: bytes, level: int = 6) -> bytes:
    """A page compressed, where that is worth it."""
    return gzip.compress(body, level, mtime=0) if len(body) >= LEAST_PACKED else b""


def forget(app: Flask) -> None:
    """Forget what this process keeps, for whoever changed the database behind its back."""
    kept: Kept = app.extensions["qiding.pages"]
    kept.clear()
