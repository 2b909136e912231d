"""The web's plumbing: headers, one error handler, filters, and what every page knows."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from app.config import Config
from app.core import i18n, observe
from app.core.database import db
from app.core.faults import RETRY_SECONDS, is_fault
from app.core.problem import problem, wants_problem
from app.engine.errors import DomainError, Invalid
from app.engine.phrase import Phrase, phrase

log = logging.getLogger(__name__)
csrf = CSRFProtect()

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}

NOT_RECORDED = phrase("Not recorded. Please try again in a moment.")
STANDS_STILL = phrase("This page can't be shown just now. What was recorded is safe; please try again in a moment.")


# Refusals that somebody may ask about at the desk. What isn't there, or only waits for a sign-in, is the same for all.
NUMBERED = frozenset({400, 403, 409, 413, 429})


class SignInNeeded(DomainError):
    """The page needs to know who is reading."""

    status = 401
    code = "sign_in"

    def __init__(self) -> None:
        super().__init__(phrase("Please sign in first."))


class NumberInAddress(IntegerConverter):
    """A whole number in an address, none larger than a key can be: PostgreSQL refuses even to look for such a one."""

    def __init__(self, url_map: Map, *args: Any, **limits: Any) -> None:
        super().__init__(url_map, *args, **{"max": 2**63 - 1, **limits})


@dataclass(frozen=True)
class Site:
    """What every page knows of the site and of its reader."""

    lang: str
    locale: str
    languages: dict[str, str]
    large: bool
    base_url: str
    index_pages: bool
    path: str
    url: str
    signed_in: bool
    staff: bool
    admin: bool


def site() -> Site:
    """The site as the present reader sees it. On an error page nothing is asked of the database."""
    config: Config = current_app.config["QIDING"]
    broken = bool(g.get("broken"))
    me = None if broken or not current_user.is_authenticated else current_user
    base = config.base_url or request.url_root.rstrip("/")
    return Site(
        lang="en" if i18n.language() == "en" else "zh-Hans",
        locale=i18n.language(),
        languages=i18n.LANGUAGES,
        large=request.cookies.get("size") == "large",
        base_url=base,
        index_pages=config.index_pages,
        path=request.path,
        url=base + request.path,
        signed_in=me is not None,
        staff=bool(me and me.is_staff),
        admin=bool(me and me.is_admin),
    )


def init_web(app: Flask, config: Config) -> None:
    """Hang headers, errors, filters and the page context on ``app``."""
    app.config.update(
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=1000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SESSION_COOKIE_NAME="__Host-qiding" if config.secure_cookies else "qiding",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=180 * 24 * 3600,
        TRUSTED_HOSTS=list(config.trusted_hosts) or None,
    )
    if config.forwarded_hops:
        hops = config.forwarded_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.url_map.converters["int"] = NumberInAddress
    app.before_request(_limit_text)  # before the token is looked for, which reads the form
    csrf.init_app(app)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_foreign)
    app.after_request(_headers)
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.add_template_global(i18n.say, "say")
    app.add_template_global(i18n.text_in, "txt")
    app.add_template_global(site_url)
    app.context_processor(lambda: {"site": site()})
    for name, function in FILTERS.items():
        app.add_template_filter(function, name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _limit_text() -> None:
    # MAX_FORM_MEMORY_SIZE holds for the parts of a form with files only; a form of text alone is read at one go.
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def _refuse_nul() -> None:
    # No key and no word holds a NUL; PostgreSQL refuses even to look for one.
    if "\0" in request.path or b"%00" in request.query_string:
        abort(400)


def _refuse_foreign() -> None:
    """Refuse what another site's page sends here, whatever token it has got hold of."""
    origin, config = request.headers.get("Origin", "null"), current_app.config["QIDING"]
    if request.method in ("GET", "HEAD", "OPTIONS") or origin == "null":
        return
    if urlsplit(origin).netloc not in (request.host, urlsplit(config.base_url or "").netloc):
        abort(400)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint in current_app.extensions["qiding.unkept"]:
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(["Cookie", "Accept-Language"])
    elif not (request.path.startswith("/static/") or wants_problem()):  # these are the same for every reader
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(["Cookie", "Accept-Language"])
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def site_url(endpoint: str, **values: Any) -> str:
    """The full address of a page, for links that leave the site: codes, notices, feeds."""
    return site_address(url_for(endpoint, **values))


def site_address(path: str) -> str:
    """A path of this site as a full address."""
    config: Config = current_app.config["QIDING"]
    return (config.base_url or request.url_root.rstrip("/")) + path


def wants_json() -> bool:
    """Whether the reader asked for JSON rather than a page."""
    return bool(request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json")


def error_page(
    status: int, message: Phrase | None = None, code: str = "error", fields: Mapping[str, Phrase] | None = None
) -> Response:
    """An error as a page or, when asked so, as JSON."""
    if wants_problem():
        return problem(status, message, code, fields)
    if wants_json():
        response = make_response({"error": code, "message": i18n.say(message)}, status)
    else:
        number = observe.number() if status in NUMBERED or status >= 500 else ""
        page = render_template("errors/error.html", status=status, message=message, number=number)
        response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _domain_error(error: DomainError) -> Response:
    db.session.rollback()
    if isinstance(error, SignInNeeded) and not wants_json() and not wants_problem():
        if request.method == "GET":
            target = request.full_path.rstrip("?")
        else:
            target = local_path(urlsplit(request.referrer or "").path)
        return make_response(redirect(url_for("people.sign_in", next=target)))
    return error_page(error.status, error.message, error.code, error.fields if isinstance(error, Invalid) else None)


def _csrf_error(_error: CSRFError) -> Response:
    return error_page(
        400, phrase("This page had been open for too long, so nothing was recorded. Go back, reload it and send again.")
    )


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):  # a foreign host, for which no page's address could be written
        return make_response("400\n", 400, {"Content-Type": "text/plain"})
    cause = error.original_exception if isinstance(error, InternalServerError) else None
    if isinstance(cause, Exception) and is_fault(cause):
        return _unexpected(cause)  # the database went while the page of another error was written
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = error_page(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    g.broken = True
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    try:
        db.session.rollback()
    except Exception:
        log.exception("the session could not be rolled back")
    log.error("unexpected error", exc_info=error)
    if not is_fault(error):
        return error_page(500)
    reading = request.method in ("GET", "HEAD")
    response = error_page(503, STANDS_STILL if reading else NOT_RECORDED)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def local_path(target: str | None, otherwise: str = "/") -> str:
    """``target`` when it is a path of this site, else ``otherwise``. Nothing that a browser might read as another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return otherwise
    if re.search(r"[\x00-\x20\\]", target) or len(target) > 500:
        return otherwise
    return target


def client_address() -> str:
    """The reader's network address, for limits only; it is never stored in the clear."""
    return request.remote_addr or "unknown"


_SENSE = re.compile(r"[^，：；。！？]*[，：；。！？]+[」』”）》]*|[^，：；。！？]+")


def made_here(html: str) -> Markup:
    """What this program drew or rendered itself, for a page as it is: nothing else goes round the escaping."""
    return Markup(html)


def nb(text: object) -> Markup:
    """A heading that breaks at sense: each phrase, its closing mark included, stays together while it fits."""
    parts = _SENSE.findall(str(text))
    if len(parts) < 2 or i18n.language() == "en":
        return escape(str(text))
    return Markup("").join(Markup('<span class="nb">{}</span>').format(part) for part in parts)


def paragraphs(text: str | None) -> Markup:
    """Plain text as paragraphs: a blank line parts them, a single one breaks the line."""
    blocks = [block for block in re.split(r"\n\s*\n", (text or "").strip()) if block]
    lines = [Markup("<br>").join(escape(line) for line in block.split("\n")) for block in blocks]
    return Markup("").join(Markup("<p dir=auto>{}</p>").format(line) for line in lines)


FILTERS: dict[str, Callable[..., Any]] = {
    "nb": nb,
    "day": i18n.day,
    "date": i18n.date_of,
    "clock_time": i18n.clock_time,
    "moment": i18n.moment,
    "ago": i18n.ago,
    "iso": i18n.iso,
    "money": i18n.money,
    "area": i18n.area,
    "number": i18n.number,
    "paragraphs": paragraphs,
    "say": i18n.say,
}
