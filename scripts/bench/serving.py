"""The project's own server settings, for whatever is measured; the yardstick has no jobs to run."""

import runpy
from pathlib import Path

_own = runpy.run_path(str(Path(__file__).resolve().parent.parent.parent / "gunicorn.conf.py"))
bind, worker_class, workers, threads = _own["bind"], _own["worker_class"], _own["workers"], _own["threads"]
timeout, graceful_timeout, keepalive = _own["timeout"], _own["graceful_timeout"], _own["keepalive"]
errorlog, loglevel, limit_request_line = _own["errorlog"], _own["loglevel"], _own["limit_request_line"]


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Start the job thread where the project's own settings would."""
    if "QIDING" in worker.app.callable.config:
        _own["post_worker_init"](worker)
