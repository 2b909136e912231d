"""Whether this process answers, and whether it may be sent requests: ``/healthz`` and ``/readyz``; the doctor's checks too.

Both are answered before anything else is: they are asked by address and not by name, so no host is foreign to them; they
are in no log, in no figure, and know no session.
"""

from __future__ import annotations

import errno
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, current_app
from sqlalchemy import text

from app.config import ROOT, Config
from app.core import standing
from app.core.database import db
from app.core.logs import kinds_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT = 1.0  # seconds for which an answer holds: who asks a thousand times asks the database once
LONGEST_LOOK = 10.0  # seconds after which a look that goes on is an answer too
NOT_READY = ("503 Service Unavailable", b'{"ok": false, "checks": {}}\n')


@dataclass(frozen=True)
class Found:
    """What a check found. ``needed``: without it this process is sent no requests; otherwise it is told only.

    ``says`` and ``mend`` are for the doctor; anybody may read ``name`` and ``good``.
    """

    name: str
    good: bool
    says: str
    mend: str = ""
    needed: bool = True


Check = Callable[[], Found]


@cache
def newest_revision() -> str:
    """The newest migration of this program."""
    from alembic.config import Config as AlembicConfig
    from alembic.script import ScriptDirectory

    options = AlembicConfig()
    options.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(options).get_current_head() or ""


def database() -> Found:
    """Whether the database answers."""
    db.session.execute(text("select 1"))
    return Found("database", True, f"database {db.engine.dialect.name}")


def migration() -> Found:
    """Whether the tables are those of this program."""
    at, wanted = db.session.execute(text("select version_num from alembic_version")).scalar(), newest_revision()
    mend = f"it stands at {at}; flask --app wsgi db upgrade"
    return Found("migration", at == wanted, f"tables of revision {wanted}", mend)


def media() -> Found:
    """Whether a photo could be kept."""
    config: Config = current_app.config["QIDING"]
    config.media_dir.mkdir(parents=True, exist_ok=True)
    probe = config.media_dir / f".probe-{time.monotonic_ns()}"
    try:
        probe.write_bytes(b"probe")  # not empty: an empty file needs no room on the disk
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        # Words and votes are taken as before, and another process would find the same disk full.
        return Found("media", False, f"media in {config.media_dir}", "make room: no photo is taken", needed=False)
    finally:
        probe.unlink(missing_ok=True)
    return Found("media", True, f"media in {config.media_dir}")


def signing_key() -> Found:
    """Whether the key that signs checkpoints can be read."""
    config: Config = current_app.config["QIDING"]
    if config.signing_file is None:
        return Found("signing_key", True, "signing key, from the environment")
    kept = bool(config.signing_file.read_text().strip())
    return Found(
        "signing_key", kept, f"signing key in {config.signing_file}", "the file is empty; put the kept key back"
    )


def work() -> Found:
    """Whether somebody runs the jobs. Pages are right without, so no process is taken out for it."""
    config: Config = current_app.config["QIDING"]
    how = "in a thread of the web process" if config.jobs_in_thread else "start flask --app wsgi worker"
    quiet = standing.quiet()
    mend = f"heard of nobody for five minutes who runs them; {how}"
    return Found("jobs", not quiet, "jobs" if quiet else "jobs: somebody runs them", mend, needed=False)


CHECKS: tuple[tuple[Check, str, str], ...] = (
    (database, "database", "start it, and set DATABASE_URL right"),
    (migration, "migration", "flask --app wsgi db upgrade"),
    (media, "media", "make MEDIA_DIR writable, and see whether the disk is full"),
    (signing_key, "signing_key", "make the file of QIDING_SIGNING_KEY_FILE readable for this user"),
    (work, "jobs", "flask --app wsgi db upgrade"),
)


def look() -> list[Found]:
    """All checks, within an application's context. What one raises is what it found."""
    more: Iterable[Check] = current_app.extensions.get("qiding.checks", ())
    named = [*CHECKS, *((check, check.__name__, "") for check in more)]
    return [_guarded(*one) for one in named]


def _guarded(check: Check, name: str, mend: str) -> Found:
    try:
        return check()
    except Exception as error:
        return Found(name, False, f"{name.replace('_', ' ')} ({kinds_of(error)[0]})", mend, needed=name != "jobs")
    finally:
        db.session.rollback()


class Door:
    """What stands before the application and answers for its health."""

    def __init__(self, inner: WSGIApplication, app: Flask) -> None:
        self.inner, self.app = inner, app
        self._lock = threading.Lock()
        self._kept: tuple[float, tuple[str, bytes]] = (float("-inf"), NOT_READY)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path not in ("/healthz", "/readyz"):
            return self.inner(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, body = "405 Method Not Allowed", b'{"ok": false}\n'
        else:
            status, body = ("200 OK", b'{"ok": true}\n') if path == "/healthz" else self._ready()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        headers += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        start_response(status, [*headers, *([("Allow", "GET, HEAD")] if status.startswith("405") else [])])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _ready(self) -> tuple[str, bytes]:
        at, answer = self._kept
        age = time.monotonic() - at
        if age < KEPT:
            return answer
        if not self._lock.acquire(blocking=False):
            # Somebody looks already. Where a database hangs, those who ask must not use up the threads.
            return answer if age < LONGEST_LOOK else NOT_READY
        try:
            answer = self._look()
            self._kept = (time.monotonic(), answer)
        finally:
            self._lock.release()
        return answer

    def _look(self) -> tuple[str, bytes]:
        with self.app.app_context():
            try:
                found = look()
            finally:
                db.session.remove()
        ready = all(one.good for one in found if one.needed)
        told = {one.name: "ok" if one.good else "fails" if one.needed else "look" for one in found}
        body = json.dumps({"ok": ready, "checks": told}) + "\n"
        return ("200 OK" if ready else "503 Service Unavailable"), body.encode()
