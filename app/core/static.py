"""Styles, scripts and drawings: addressed by their content, so that a phone asks once, and sent compressed.

Only these are compressed here: a page holds a secret token beside words that a stranger may have chosen.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

FOR_GOOD = "public, max-age=31536000, immutable"
COMPRESSED = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


@lru_cache(maxsize=256)
def _digest(path: str, _stamp: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=64)
def _packed(path: str, _stamp: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def init_static(app: Flask) -> None:
    """Hang versions and compression of static files on ``app``."""
    folder = Path(app.static_folder or "")

    def version(filename: str) -> str:
        path = folder / filename
        return _digest(str(path), path.stat().st_mtime_ns) if path.is_file() else ""

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values and (found := version(values.get("filename", ""))):
            values["v"] = found

    @app.after_request
    def pack(response: Response) -> Response:
        if request.endpoint != "static" or response.status_code not in (200, 304):
            return response
        filename = (request.view_args or {}).get("filename", "")
        if request.args.get("v") == version(filename):
            response.headers["Cache-Control"] = FOR_GOOD
        if response.mimetype not in COMPRESSED:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and request.accept_encodings["gzip"] and not request.range:
            path = folder / filename
            response.direct_passthrough = False
            response.close()  # the opened file, which is not sent
            response.set_data(_packed(str(path), path.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
        return response
