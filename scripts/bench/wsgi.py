"""The application as it is measured: its clock starts at the world's present, and it can say how many statements a page asked.

Read by gunicorn: ``scripts.bench.wsgi:app``. QIDING_BENCH_AHEAD says by how many milliseconds the world's clock differs from
the machine's, the same for all processes; with QIDING_BENCH_COUNT=1 each answer has a header ``X-Statements``.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event

from app.config import Config
from app.core.clock import SystemClock
from app.core.database import db
from app.factory import create_app

_COUNT: ContextVar[list[int] | None] = ContextVar("statements", default=None)


def counted(inner: Any) -> Any:
    """The application with a header that says how many statements an answer took."""

    def application(environ: Any, start_response: Any) -> Any:
        found = [0]
        token = _COUNT.set(found)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("X-Statements", str(found[0]))], *rest)

        try:
            return inner(environ, start)
        finally:
            _COUNT.reset(token)

    return application


def _one_more(*_: Any) -> None:
    if (found := _COUNT.get()) is not None:
        found[0] += 1


app = create_app(Config.from_env(), SystemClock(int(os.environ.get("QIDING_BENCH_AHEAD", "0"))))
if os.environ.get("QIDING_BENCH_COUNT") == "1":
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", _one_more)
    app.wsgi_app = counted(app.wsgi_app)  # type: ignore[method-assign]
