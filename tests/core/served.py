"""The web server and the worker as they are run for people, with a slow page and a slow job, for tests that stop them."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.config import ROOT

PATIENCE = 60.0
# What the server is given in place of wsgi.py. Page and job tell by a file that they began, and end when another is there.
WSGI = """\
import os, time
from pathlib import Path
from app.core.database import db
from app.factory import create_app

app = create_app()
here = Path(os.environ["QIDING_VAR"])

def wait(name):
    (here / f"{name}-began").touch()
    until = time.monotonic() + 60
    while not (here / f"{name}-go").exists() and time.monotonic() < until:
        time.sleep(0.02)

@app.get("/slow")
def slow():
    db.session.rollback()  # SQLite lets no job commit while a page reads, and this one reads nothing
    wait("page")
    return "answered"

def job(claim):
    with (here / "runs").open("a") as file:
        file.write(f"{os.getpid()}\\\\n")
    wait("job")

app.extensions["qiding.jobs"]["slow"] = job
"""


class Served:
    """A process group with a folder of its own; ``go`` lets what waits go on."""

    def __init__(self, url: str, folder: Path, port: int, **more: str) -> None:
        self.folder, self.port = folder, port
        (folder / "served_wsgi.py").write_text(WSGI.replace("\\\\n", "\\n"), encoding="utf-8")
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "QIDING_VAR": str(folder),
            "MEDIA_DIR": str(folder / "media"),
            "SECRET_KEY": "a secret of this run alone",
            "PORT": str(port),
            "QIDING_JOBS": "thread",
            "QIDING_LOG": "json",
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def run(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run until the block ends; what is left of it then is killed."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                yield self.process
            finally:
                if self.process.poll() is None:
                    os.killpg(self.process.pid, signal.SIGKILL)
                    self.process.wait()

    @contextmanager
    def web(self) -> Iterator[subprocess.Popen[bytes]]:
        """The web server, once it answers."""
        with self.run("gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "served_wsgi:app") as process:
            until(lambda: self.ask("/healthz") == (200, '{"ok": true}\n'), self.log)
            yield process

    def ask(self, path: str, port: int | None = None) -> tuple[int, str]:
        """What is answered; status 0 where nobody does."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def began(self, name: str) -> None:
        """Wait until a page or a job began."""
        until(lambda: (self.folder / f"{name}-began").exists(), self.log)

    def go(self, name: str) -> None:
        """Let a page or a job go on to its end."""
        (self.folder / f"{name}-go").touch()

    def log(self) -> str:
        """What the process wrote so far."""
        return (self.folder / "log").read_text(encoding="utf-8")


def until(holds: Callable[[], bool], log: Callable[[], str]) -> None:
    """Wait until something holds; fail with the log if it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, log()
        time.sleep(0.05)
