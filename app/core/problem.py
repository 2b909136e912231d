"""Refusals of the open data, as RFC 9457 has them: JSON, in English, the same for everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request

from app.engine.phrase import Phrase

ROOT = "/api/v1"


def wants_problem() -> bool:
    """Whether the request is one for open data, which is never answered with a page."""
    return request.path == ROOT or request.path.startswith(f"{ROOT}/")


def problem(
    status: int, message: Phrase | None = None, code: str = "error", fields: Mapping[str, Phrase] | None = None
) -> Response:
    """A refusal: its status, what it is called, and in one sentence why; of several fields, what is wrong with each."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    if message is not None:
        body["detail"] = str(message)
    if fields:
        body["errors"] = {name: str(sentence) for name, sentence in fields.items()}
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response
