"""The hashes that were made while a world was played, in their order: so that they can be made again of other words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from app.engine import canonical

Tape = list[tuple[bytes, bytes]]


class _Heard:
    """A SHA-256 that writes down what it was made of."""

    def __init__(self, tape: Tape, data: bytes) -> None:
        self._tape, self._parts = tape, [data]

    def update(self, data: bytes) -> None:
        self._parts.append(data)

    def digest(self) -> bytes:
        whole = b"".join(self._parts)
        made = hashlib.sha256(whole).digest()
        self._tape.append((whole, made))
        return made

    def hexdigest(self) -> str:
        return self.digest().hex()


class _Hashes:
    """Stands where the canonical form takes its hashes from."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def sha256(self, data: bytes = b"") -> _Heard:
        return _Heard(self._tape, data)


@contextmanager
def heard() -> Iterator[Tape]:
    """Write down every hash of canonical forms that is made meanwhile: what it was made of, and what it is."""
    tape: Tape = []
    there = canonical.hashlib
    canonical.hashlib = _Hashes(tape)  # type: ignore[assignment]
    try:
        yield tape
    finally:
        canonical.hashlib = there
