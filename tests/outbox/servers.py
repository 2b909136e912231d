"""A mail server and a web server of a few lines: they answer what a test says, or never, and note what they took."""

from __future__ import annotations

import email
import email.policy
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass
class Mailbox:
    """What a mail server took, and what it answers: by verb, or by recipient, "never", "drop" or a line."""

    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    greetings: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    on_taken: Callable[[], None] = lambda: None

    def letters(self) -> list[EmailMessage]:
        """What was taken, read again as a mail program would."""
        return [
            cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default)) for _, raw in self.taken
        ]

    def texts(self) -> list[str]:
        """The plain words of what was taken."""
        found = []
        for letter in self.letters():
            part = letter.get_body(("plain",))
            assert part is not None
            found.append(str(part.get_content()))
        return found


class _Line(socketserver.StreamRequestHandler):
    def say(self, verb: str, otherwise: str, recipient: str = "") -> bool:
        box = cast("Any", self.server).box
        answer = box.answers.get(f"{verb} {recipient}") or box.answers.get(verb, otherwise)
        if answer == "never":
            box.stop.wait(30)
        if answer in ("never", "drop"):
            self.request.shutdown(socket.SHUT_RDWR)
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True

    def handle(self) -> None:
        with suppress(OSError):
            self._talk()

    def _talk(self) -> None:
        box: Mailbox = cast("Any", self.server).box
        box.greetings += 1
        recipient = ""
        if not self.say("GREET", "220 here"):
            return
        while raw := self.rfile.readline():
            verb = raw.split()[0].decode().upper() if raw.split() else ""
            if verb == "RCPT":
                recipient = raw.decode().partition("<")[2].partition(">")[0]
            if verb == "QUIT" or not self.say(verb, "354 go on" if verb == "DATA" else "250 fine", recipient):
                return
            if verb == "DATA" and (box.answers.get("DATA") or "354").startswith("354"):
                body = b""
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    body += line[1:] if line.startswith(b".") else line
                answer = box.answers.get(f"BODY {recipient}") or box.answers.get("BODY", "250 taken")
                if line and answer.startswith(("250", "never", "drop")):
                    box.taken.append((recipient, body))
                    box.on_taken()
                if not self.say("BODY", "250 taken", recipient):
                    return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server on a port of its own."""
    box = Mailbox()
    with _Server(("127.0.0.1", 0), _Line) as server:
        box.port, server.box = server.server_address[1], box  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield box
        finally:
            box.stop.set()
            server.shutdown()


@dataclass
class Robot:
    """What a group's robot was told, and what it answers: a status, a body, "never" or "drop"."""

    port: int = 0
    told: list[tuple[str, bytes]] = field(default_factory=list)
    status: int = 200
    body: bytes = b'{"errcode":0,"errmsg":"ok"}'
    fault: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        robot: Robot = cast("Any", self.server).robot
        robot.told.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        if robot.fault:
            if robot.fault == "never":
                robot.stop.wait(30)
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(robot.status)
        if 300 <= robot.status < 400:
            self.send_header("Location", f"http://127.0.0.1:{robot.port}/elsewhere")
        self.send_header("Content-Length", str(len(robot.body)))
        self.end_headers()
        self.wfile.write(robot.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def robot_server() -> Iterator[Robot]:
    """A group's robot on a port of its own."""
    robot = Robot()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Post) as server:
        server.daemon_threads = True
        robot.port, server.robot = server.server_address[1], robot  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield robot
        finally:
            robot.stop.set()
            server.shutdown()
