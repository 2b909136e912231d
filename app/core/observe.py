"""What is noted of each request: a number to ask for at the desk, one line of the log, and what the metrics count.

It stands outside of Flask, so that every answer is noted as it left. A line tells the route's pattern, never the address
that was asked for: that may name a person, a device or a secret link.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.config import Config
from app.core import logs, metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("qiding.request")
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
UNMATCHED = "none"  # no route: what was asked for is nobody's business, and would be endless as a label
_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}")


@dataclass
class Seen:
    """A request under way."""

    id: str
    method: str
    began: float = field(default_factory=time.perf_counter)
    route: str = UNMATCHED
    status: int = 0
    queries: int = 0


_SEEN: ContextVar[Seen | None] = ContextVar("qiding.seen", default=None)


def number() -> str:
    """The number of the present request, as somebody would say it at the desk: ten digits; empty outside of one."""
    seen = _SEEN.get()
    return _spoken(seen.id) if seen is not None else ""


def _spoken(request_id: str) -> str:
    digits = request_id
    if not (len(digits) == 10 and digits.isdigit()):  # a proxy's id: too long to say
        digits = f"{int(hashlib.sha256(request_id.encode()).hexdigest(), 16) % 10**10:010}"
    return "\N{NO-BREAK SPACE}".join((digits[:3], digits[3:6], digits[6:]))


class Observed:
    """The application with each request noted."""

    def __init__(self, inner: WSGIApplication, trusts: bool) -> None:
        self.inner, self.trusts = inner, trusts

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ.get("REQUEST_METHOD", "")
        seen = Seen(self._id(environ), method if method in METHODS else "other")
        _SEEN.set(seen)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            seen.status = int(status[:3])
            headers.append(("X-Request-ID", seen.id))
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        try:
            body: Iterable[bytes] = self.inner(environ, start)
        except BaseException:
            seen.status = 500
            _note(seen)
            raise
        if isinstance(body, environ.get("wsgi.file_wrapper", ())):
            _note(seen)  # left as it is: the server hands the file to the system whole
        else:
            body = _Body(body, seen)
        return body

    def _id(self, environ: WSGIEnvironment) -> str:
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.trusts else ""
        return given if _GIVEN.fullmatch(given) else f"{secrets.randbelow(10**10):010}"


class _Body:
    """An answer as it leaves: it is noted when all of it has, or when nobody wants the rest."""

    def __init__(self, body: Iterable[bytes], seen: Seen) -> None:
        self._body, self._chunks, self._seen, self._noted = body, iter(body), seen, False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except BaseException:
            self._note()
            raise

    def close(self) -> None:
        try:
            if hasattr(self._body, "close"):
                self._body.close()
        finally:
            self._note()

    def _note(self) -> None:
        if not self._noted:
            self._noted = True
            _note(self._seen)


def _note(seen: Seen) -> None:
    if _SEEN.get() is seen:
        _SEEN.set(None)
    seconds = time.perf_counter() - seen.began
    metrics.request(seen.route, seen.method, seen.status, seconds, seen.queries)
    level = logging.ERROR if seen.status >= 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    spoken = "".join(_spoken(seen.id).split())
    fields: dict[str, object] = {
        "id": seen.id,
        **({} if spoken == seen.id else {"number": spoken}),
        "route": seen.route,
        "method": seen.method,
        "status": seen.status,
        "ms": round(seconds * 1000, 1),
        "queries": seen.queries,
    }
    log.log(level, "request", extra={"fields": fields})


def _count_query(*_arguments: object) -> None:
    seen = _SEEN.get()
    if seen is not None:
        seen.queries += 1


def _present() -> dict[str, object]:
    seen = _SEEN.get()
    return {} if seen is None else {"id": seen.id, "route": seen.route}


def _matched() -> None:
    seen = _SEEN.get()
    if seen is not None and request.url_rule is not None:
        seen.route = request.url_rule.rule


def init_observe(app: Flask, config: Config) -> None:
    """Let every request of ``app`` be noted. Call it first: what is asked before the page is asked under its route."""
    app.before_request(_matched)
    logs.ask_also(_present)
    if not event.contains(Engine, "before_cursor_execute", _count_query):
        event.listen(Engine, "before_cursor_execute", _count_query)
    app.wsgi_app = Observed(app.wsgi_app, trusts=config.forwarded_hops > 0)  # type: ignore[method-assign]
