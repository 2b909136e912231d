"""Log lines, as JSON or as text: what happened, when, in which request or job; nothing that tells of a person.

What an exception says may hold what somebody wrote: of exceptions only their kind, the code of the system or of the
database, and the places in the program are written. Of libraries' lines the words are theirs, what they fill in is left out
unless it is a number.
"""

from __future__ import annotations

import errno
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from sqlalchemy.exc import DBAPIError

from app.config import ROOT

OURS = ("app", "qiding")
MOST_PLACES = 40
_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("qiding.about", default={})  # noqa: B039 - nobody changes it
_also: set[Callable[[], Mapping[str, object]]] = set()
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\[?\b[0-9a-fA-F]{0,4}(?:::?[0-9a-fA-F]{1,4}){2,}\]?")
_CODE_WORD = re.compile(r"[A-Z][A-Z_]{1,30}")


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Put fields on every line that is written within: the request's id, the job's."""
    token = _ABOUT.set({**_ABOUT.get(), **fields})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def ask_also(fields: Callable[[], Mapping[str, object]]) -> None:
    """Let every line carry what ``fields`` gives at that moment."""
    _also.add(fields)


def configure(kind: str, stream: TextIO | None = None) -> None:
    """Let this process write its lines to standard error, or to ``stream``."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(kind))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def formatter(kind: str) -> logging.Formatter:
    """How a line is written: ``json`` for machines, ``text`` for people."""
    return Json() if kind == "json" else Text()


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """What a line says, by names."""
    fields: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "says": _said(record),
        "pid": record.process,
        **{name: value for fields in _also for name, value in fields().items()},
        **_ABOUT.get(),
        **getattr(record, "fields", {}),
    }
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = kinds_of(record.exc_info[1])
        fields["places"] = places_of(record.exc_info[2])
    return fields


def _said(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    if not isinstance(record.msg, str):
        return type(record.msg).__name__  # an exception given as the message
    words = "Invalid request" if record.msg.startswith("Invalid request") else record.msg
    shown = record.args if isinstance(record.args, tuple) else ()
    if shown:
        with suppress(TypeError, ValueError):  # else the words as they are
            words = words % tuple(_plain(value) for value in shown)
    return _ADDRESS.sub("…", words)


def _plain(value: object) -> object:
    harmless = isinstance(value, (int, float)) or (isinstance(value, str) and _CODE_WORD.fullmatch(value))
    return value if harmless else "…"


def kinds_of(error: BaseException) -> list[str]:
    """What kinds of exceptions led to one another, the last first, each with the code of the system or the database."""
    found: list[str] = []
    link: BaseException | None = error
    while link is not None and len(found) < 10:
        found.append(" ".join([type(link).__name__, *_codes(link)]))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return found


def _codes(error: BaseException) -> list[str]:
    if isinstance(error, OSError) and error.errno is not None:
        return [errno.errorcode.get(error.errno, str(error.errno))]
    origin: Any = error.orig if isinstance(error, DBAPIError) else error
    codes = [getattr(origin, "sqlite_errorname", None), getattr(origin, "sqlstate", None)]
    codes.append(getattr(getattr(origin, "diag", None), "constraint_name", None))
    return [code for code in codes if isinstance(code, str)]


def places_of(trace: TracebackType | None) -> list[str]:
    """Where in the program it happened, the innermost last."""
    frames = traceback.extract_tb(trace)[-MOST_PLACES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    for start in (f"{ROOT}/", "site-packages/"):
        if start in path:
            path = path.rpartition(start)[2]
    return path


class Json(logging.Formatter):
    """A line as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields_of(record), ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """A line to be read: time, level, what happened, then the rest by names; below it, where."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        start = f"{fields.pop('time')} {fields.pop('level'):7} {fields.pop('logger')}: {fields.pop('says')}"
        fields.pop("pid")
        error, places = fields.pop("error", []), fields.pop("places", [])
        line = " ".join([start, *(f"{name}={value}" for name, value in fields.items())])
        below = [f"    {' < '.join(error)}", *(f"    {place}" for place in places)] if error else []  # type: ignore[arg-type,attr-defined]
        return "\n".join([line, *below]).replace("\r", "")
