"""Many who come at moments of their own, whether or not those before them were answered: an open load, in one thread."""

from __future__ import annotations

import heapq
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass
class Visit:
    """One who comes at ``at`` (seconds from the beginning) and asks; what was answered, and how long after that moment."""

    at: float
    asked: bytes
    status: int = 0
    took: float = 0.0
    answer: bytes = b""
    sent_at: float = 0.0


Later = Callable[[float, Visit], Visit | None]


class Crowd:
    """Everybody's visits, each on a connection of its own."""

    def __init__(self, port: int, visits: Sequence[Visit], again: Later) -> None:
        self._port, self._again = port, again
        self._due = [(visit.at, n, visit) for n, visit in enumerate(visits)]
        heapq.heapify(self._due)
        self._count = len(visits)
        self._selector = selectors.DefaultSelector()

    def run(self, patience: float = 60.0) -> Iterator[Visit]:
        """All visits as they end; those who are not answered within ``patience`` seconds end with the status 0."""
        begun, waiting = time.perf_counter(), 0
        while self._due or waiting:
            now = time.perf_counter() - begun
            while self._due and self._due[0][0] <= now:
                _, _, visit = heapq.heappop(self._due)
                waiting += self._come(visit, now)
                if not visit.sent_at:
                    yield visit
            pause = max(0.0, min(0.05, self._due[0][0] - now)) if self._due else 0.05
            for key, events in self._selector.select(pause):
                done = self._go_on(key, events)
                if done is None:
                    continue
                waiting -= 1
                done.took = time.perf_counter() - begun - done.at
                yield done
                following = self._again(time.perf_counter() - begun, done)
                if following is not None:
                    self._count += 1
                    heapq.heappush(self._due, (following.at, self._count, following))
            if not self._due and waiting and time.perf_counter() - begun > now + patience:
                return

    def _come(self, visit: Visit, now: float) -> int:
        one = socket.socket()
        one.setblocking(False)
        try:
            one.connect_ex(("127.0.0.1", self._port))
        except OSError:
            one.close()
            return 0
        visit.sent_at = now
        self._selector.register(one, selectors.EVENT_WRITE, visit)
        return 1

    def _go_on(self, key: selectors.SelectorKey, events: int) -> Visit | None:
        """Send what was to be asked, or read on; the visit when it is over."""
        one, visit = key.fileobj, key.data
        assert isinstance(one, socket.socket)
        try:
            if events & selectors.EVENT_WRITE:
                one.sendall(visit.asked)
                self._selector.modify(one, selectors.EVENT_READ, visit)
                return None
            data = one.recv(262_144)
        except OSError:
            data = b""
        if data:
            visit.answer += data
            return None
        self._selector.unregister(one)
        one.close()
        visit.status = int(visit.answer[9:12]) if visit.answer[:5] == b"HTTP/" else 0
        return visit  # type: ignore[no-any-return]
