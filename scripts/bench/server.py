"""Servers under measure: gunicorn with the project's settings, on a free port, and what memory its workers hold."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A server that runs: its port, and its first process."""

    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> float:
        """What the largest worker holds, in MB."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        held = []
        for child in children:
            status = Path(f"/proc/{child}/status").read_text()
            held.append(int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]))
        return max(held, default=0) / 1024


@contextmanager
def serve(target: str, environment: dict[str, str]) -> Iterator[Server]:
    """Serve an application (``module:name``) until the block ends."""
    port = free_port()
    gunicorn = Path(sys.executable).parent / "gunicorn"
    command = [str(gunicorn), "-c", str(Path(__file__).parent / "serving.py"), target]
    with tempfile.TemporaryFile() as said:  # a line a request, as where it serves
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment, "PORT": str(port)}, stdout=said, stderr=said
        )
        try:
            _wait(port, process, said)
            yield Server(port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    for _ in range(3000):
        if process.poll() is not None:
            said.seek(0)
            raise SystemExit(f"the server did not start: {said.read().decode(errors='replace')}")
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start within five minutes")
