"""The load generator: so many connections kept open, each asking again as soon as it was answered. One thread, no parsing
but of what is needed: it shares the machine's cores with the server that it measures."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Next = Callable[[], bytes]


@dataclass
class Load:
    """What came of it. Latencies are seconds; ``statuses`` counts answers by their status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes: int = 0
    errors: int = 0

    def add(self, other: Load) -> None:
        """Put another slice of the same to it."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.bytes += other.bytes
        self.errors += other.errors
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def quantile(self, part: float) -> float:
        """The latency that this part of the answers did not exceed, in milliseconds."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(part * len(ranked)))] * 1000 if ranked else 0.0

    def failed(self, wanted: int = 200) -> int:
        """Answers that were others than wanted: a page that sends its reader elsewhere was not measured."""
        return self.errors + sum(count for status, count in self.statuses.items() if status != wanted)


class _Connection:
    """One client: what it sent, and how far its answer is."""

    def __init__(self, port: int, following: Next) -> None:
        self.port, self.following = port, following
        self.socket: socket.socket | None = None
        self.begun, self.head, self.due, self.got = 0.0, b"", -1, 0
        self.status = 0

    def ask(self, selector: selectors.BaseSelector) -> None:
        """Send the next request, on a fresh connection where the last one was closed."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), 30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(self.socket, selectors.EVENT_READ, self)
        self.begun, self.head, self.due, self.got = time.perf_counter(), b"", -1, 0
        self.socket.sendall(self.following())

    def close(self, selector: selectors.BaseSelector) -> None:
        """Let go of the connection."""
        if self.socket is not None:
            selector.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def read(self) -> tuple[bool, bool]:
        """Take what came: whether the answer is whole, and whether the connection ends."""
        assert self.socket is not None
        data = self.socket.recv(262_144)
        if not data:
            return self.due == -2, True  # an answer without a length ends with its connection
        self.got += len(data)
        if self.due == -1:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False, False
            top = self.head[:end].lower()
            self.status = int(top[9:12])
            at = top.find(b"content-length:")
            self.due = (
                end + 4 + int(top[at + 15 : top.find(b"\r", at) if top.find(b"\r", at) > 0 else None])
                if at >= 0
                else -2
            )
            if self.status in (204, 304):
                self.due = end + 4
            self.closes = b"connection: close" in top
        return 0 <= self.due <= self.got, self.due >= 0 and self.due <= self.got and self.closes


def run(port: int, clients: int, seconds: float, following: Next) -> Load:
    """Ask for so many seconds with so many clients; an answer that is under way at the end is waited for and counted."""
    found, selector = Load(), selectors.DefaultSelector()
    crowd = [_Connection(port, following) for _ in range(clients)]
    begun = time.perf_counter()
    busy = 0
    for one in crowd:
        one.ask(selector)
        busy += 1
    while busy:
        for key, _ in selector.select(30):
            one = key.data
            try:
                whole, ends = one.read()
            except OSError:
                whole, ends = False, True
            if whole:
                now = time.perf_counter()
                found.latencies.append(now - one.begun)
                found.bytes += one.got
                found.statuses[one.status] = found.statuses.get(one.status, 0) + 1
            elif not ends:
                continue
            else:
                found.errors += 1
            if ends or one.due < 0:
                one.close(selector)
            if time.perf_counter() - begun < seconds:
                one.ask(selector)
            else:
                busy -= 1
                one.close(selector)
    found.seconds = time.perf_counter() - begun
    return found


def request(path: str, cookie: str = "", body: bytes | None = None, language: str = "zh-CN") -> bytes:
    """A request as a browser sends it."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html"]
    lines += ["Accept-Encoding: gzip, deflate", f"Accept-Language: {language}", "Connection: keep-alive"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if body is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        lines.append("Origin: http://127.0.0.1")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")
