"""How the web server runs Qiding; gunicorn reads this file by its name. The environment may change each number.

SIGTERM lets requests under way be answered, and the job under way end or be given back, within ``graceful_timeout``.
SIGHUP gives new processes the place of the old ones, and no request is refused meanwhile; the program was read by the
first process, so an update needs SIGUSR2 or a restart (docs/decisions/0029-watch.md).
"""

import os
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_figures = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if os.environ.get("QIDING_METRICS_PORT") and not _figures:
    # Before anything reads the program: whether processes share their figures is settled at its first word.
    _figures = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="qiding-figures-")

from gunicorn import glogging  # noqa: E402

from app.config import secret_of  # noqa: E402
from app.core.logs import formatter  # noqa: E402
from app.factory import finish, serve  # noqa: E402

_sqlite = not secret_of(os.environ, "DATABASE_URL").startswith("postgres")

bind = f"{os.environ.get('QIDING_BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"  # another address: for a proxy elsewhere
worker_class = "gthread"
workers = 1 if _sqlite else int(os.environ.get("WEB_PROCESSES", "2"))  # SQLite is one process with threads
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = int(os.environ.get("QIDING_STOP_SECONDS", "20"))
keepalive = 5
errorlog = "-"
loglevel = "warning"
# A request line may hold what somebody looked for, never more than it needs.
limit_request_line = 4094
# Off unless asked for: a process that grows would be a fault to mend, and on SQLite the one process would be away.
max_requests = int(os.environ.get("WEB_MAX_REQUESTS", "0"))
max_requests_jitter = max_requests // 10


class _Log(glogging.Logger):  # type: ignore[misc]
    """The server's own lines, written as the application's are: no address, nothing that was asked for."""

    def setup(self, cfg):  # type: ignore[no-untyped-def]
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter(os.environ.get("QIDING_LOG", "text")))


logger_class = _Log


def on_starting(_server):  # type: ignore[no-untyped-def]
    """Forget the figures of processes that ended; those of a server that this one takes over from still live."""
    for file in Path(_figures).glob("*.db") if _figures else ():
        if not Path(f"/proc/{file.stem.rpartition('_')[2]}").exists():
            file.unlink(missing_ok=True)


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Start the job thread in the process that serves, and tell it to stop as soon as the process is told."""
    serve(worker.app.callable)
    running = worker.app.callable.extensions.get("qiding.running")

    def stop(number, frame):  # type: ignore[no-untyped-def]
        worker.told_to_stop = time.monotonic()
        if running is not None:
            running.set()
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)


def worker_exit(_server, worker):  # type: ignore[no-untyped-def]
    """Let the present job end while there is time, else give it back."""
    if worker.booted:
        spent = time.monotonic() - getattr(worker, "told_to_stop", time.monotonic())
        finish(worker.app.callable, max(0.0, graceful_timeout - 4 - spent))


def child_exit(_server, worker):  # type: ignore[no-untyped-def]
    """Let the figures of a process that ended count no longer among the living."""
    if _figures:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):  # type: ignore[no-untyped-def]
    """Leave no figures behind."""
    on_starting(_server)
    if _figures:
        with suppress(OSError):  # another server's are there yet
            Path(_figures).rmdir()
