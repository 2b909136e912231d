"""What was made is kept: in this process, bounded by bytes, and beside it where all processes look, if there is such a place."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from app.core.live import Live
from app.core.traces import Trace

MEGABYTE = 1024 * 1024
OVERHEAD = 600  # bytes that an entry takes beside its own


class Shared(Protocol):
    """A place that all processes share. What it lost, or can't be asked, is None."""

    def get(self, key: str) -> bytes | None: ...

    def set(self, key: str, value: bytes, seconds: float) -> object: ...


@dataclass(frozen=True)
class Entry:
    """Something made from one version, good from ``made`` until before ``until``. ``packed`` is its body compressed."""

    version: int
    made: int
    until: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    packed: bytes
    # What it asked of its reader, and what it shows of votes that go on. Such an entry stays within this process: a
    # statement that came from elsewhere is not sent to the database.
    trace: Trace | None = None
    live: tuple[Live, ...] = ()

    def holds(self, version: int, now: int) -> bool:
        """Whether it is what would be made now."""
        return self.version == version and self.made <= now < self.until

    @property
    def size(self) -> int:
        asked = 0 if self.trace is None else self.trace.size
        asked += sum(len(one.statement) + len(repr(one.seen)) + 200 for one in self.live)
        return len(self.body) + len(self.packed) + asked + OVERHEAD

    def dump(self) -> bytes:
        """The entry as bytes, for another process."""
        head = {"version": self.version, "made": self.made, "until": self.until, "headers": self.headers}
        line = json.dumps({**head, "body": len(self.body)}).encode()
        return line + b"\n" + self.body + self.packed

    @classmethod
    def load(cls, data: bytes) -> Entry:
        """The entry of these bytes."""
        line, _, rest = data.partition(b"\n")
        head = json.loads(line)
        headers = tuple((str(name), str(value)) for name, value in head["headers"])
        body, packed = rest[: head["body"]], rest[head["body"] :]
        return cls(head["version"], head["made"], head["until"], headers, body, packed)


class Kept:
    """Entries by their keys, those least asked for forgotten first; and who is making which just now."""

    def __init__(self, most: int, shared: Callable[[], Shared | None] = lambda: None, code: str = "") -> None:
        self.most, self.size = most, 0
        self._shared, self._code = shared, code
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def find(self, key: Hashable, version: int, now: int, *, here: bool = False) -> Entry | None:
        """The entry of a key, if it is what would be made now; ``here`` looks in this process only."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        if entry is not None and entry.holds(version, now):
            return entry
        shared = None if here else self._shared()
        data = None if shared is None else shared.get(self._name(key, version))
        if data is None:
            return None
        try:
            found = Entry.load(data)
        except (ValueError, KeyError, TypeError):  # not what a program like this one put there
            return None
        if not found.holds(version, now):
            return None
        self._put(key, found)
        return found

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Keep an entry in place of what was kept under its key."""
        self._put(key, entry)
        shared = self._shared() if entry.trace is None and not entry.live else None
        if shared is not None and (seconds := (entry.until - entry.made) // 1000) > 0:
            shared.set(self._name(key, entry.version), entry.dump(), seconds)

    def _put(self, key: Hashable, entry: Entry) -> None:
        if entry.size > self.most // 8:
            return
        with self._lock:
            before = self._entries.pop(key, None)
            self._entries[key] = entry
            self.size += entry.size - (before.size if before else 0)
            while self.size > self.most:
                self.size -= self._entries.popitem(last=False)[1].size

    def _name(self, key: Hashable, version: int) -> str:
        return "kept:" + hashlib.sha256(repr((self._code, key, version)).encode()).hexdigest()

    def clear(self) -> None:
        """Forget everything that this process keeps."""
        with self._lock:
            self._entries.clear()
            self.size = 0

    def entries(self) -> list[Entry]:
        """What this process keeps."""
        with self._lock:
            return list(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def begin(self, key: Hashable) -> threading.Event | None:
        """Say that one makes the entry of a key: None, or what is set when somebody who was first is done."""
        with self._lock:
            other = self._making.get(key)
            if other is None:
                self._making[key] = threading.Event()
            return other

    def end(self, key: Hashable) -> None:
        """Say that it is made, or won't be."""
        with self._lock:
            done = self._making.pop(key, None)
        if done is not None:
            done.set()
