"""How the web server runs Qiding; gunicorn reads this file by its name. The environment may change each number."""

import os

from app.factory import serve

_sqlite = not os.environ.get("DATABASE_URL", "").startswith("postgres")

bind = f"{os.environ.get('QIDING_BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"  # another address: for a proxy elsewhere
worker_class = "gthread"
workers = 1 if _sqlite else int(os.environ.get("WEB_PROCESSES", "2"))  # SQLite is one process with threads
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 20
keepalive = 5
errorlog = "-"
loglevel = "warning"
# A request line may hold what somebody looked for, never more than it needs.
limit_request_line = 4094


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    """Start the job thread in the process that serves."""
    serve(worker.app.callable)
