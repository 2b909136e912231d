"""A printed sheet as an answer to a browser: made once for the same words, and asked for again only when they changed."""

from __future__ import annotations

import threading
from collections import OrderedDict

from flask import Response, make_response, request

from app.printing.paper import SIZES, Paper, render

MOST_KEPT = 48
_kept: OrderedDict[str, bytes] = OrderedDict()
_guard = threading.Lock()


def size_asked() -> str:
    """The size of paper that the address asks for."""
    size = request.args.get("size", "a4").lower()
    return size if size in SIZES else "a4"


def sheet(paper: Paper, name: str) -> Response:
    """A sheet that may be kept: by its reader's browser until it changes, and by this process."""
    key = paper.key
    if request.if_none_match.contains(key):
        response = make_response(b"", 304)
    else:
        response = _pdf(_made(key, paper), name)
    response.set_etag(key)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def once(paper: Paper, name: str) -> Response:
    """A sheet with what only its reader may know: it is kept nowhere."""
    response = _pdf(render(paper), name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _made(key: str, paper: Paper) -> bytes:
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = render(paper)
    with _guard:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _pdf(data: bytes, name: str) -> Response:
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f"attachment; filename={name}.pdf"
    return response
