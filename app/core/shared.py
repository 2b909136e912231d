"""What all processes may share and may lose: Redis where REDIS_URL names one; otherwise nothing, and the database does.

Nothing here has to hold. Whoever asks is told "not there" while Redis is absent, gone or silent, and goes on as if it had
never been: a try of Redis costs a fifth of a second at most, and after one that failed it is left alone for some seconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, current_app

from app.config import Config, MissingPackage

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 0.2  # seconds for each answer
REST = 5.0  # seconds that Redis is left alone after it failed


class Shared:
    """The door to Redis for one process."""

    def __init__(self, client: Redis | None, prefix: str = "") -> None:
        self._client, self._prefix = client, prefix
        self._rest_until: float | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        """``absent`` where none is set up, ``up``, or ``down`` while it is left alone. For /readyz."""
        if self._client is None:
            return "absent"
        return "up" if self._rest_until is None else "down"

    def ask(self, question: Callable[[Redis], T]) -> T | None:
        """What Redis answers; None where it doesn't."""
        until = self._rest_until
        if self._client is None or (until is not None and time.monotonic() < until):
            return None
        if until is not None:
            with self._lock:  # one tries whether it is back; the others go on without it meanwhile
                if self._rest_until != until:
                    return None
                self._rest_until = time.monotonic() + REST
        try:
            found = question(self._client)
        except Exception as error:  # whatever it is: nothing that is asked here has to hold
            self._fails(error)
            return None
        if self._rest_until is not None:
            self._comes_back()
        return found

    def key(self, name: str) -> str:
        """A name of this installation alone."""
        return f"{self._prefix}:{name}"

    def _fails(self, error: Exception) -> None:
        with self._lock:
            said, self._rest_until = self._rest_until is not None, time.monotonic() + REST
        if not said:
            log.warning("Redis does not answer (%s): the database does until it is back", type(error).__name__)

    def _comes_back(self) -> None:
        with self._lock:
            self._rest_until = None
        log.warning("Redis answers again")


def init_shared(app: Flask, config: Config) -> None:
    """Hang the door to Redis on ``app``. It isn't opened before something is asked."""
    client = _client(config.redis_url) if config.redis_url else None
    app.extensions["qiding.shared"] = Shared(client, prefix_of(config))


def prefix_of(config: Config) -> str:
    """What the keys of this installation begin with, so that several can use one Redis."""
    return "qiding:" + hashlib.sha256(f"shared\0{config.secret}".encode()).hexdigest()[:12]


def _client(url: str) -> Redis:
    if importlib.util.find_spec("redis") is None:
        raise MissingPackage("REDIS_URL is set, and the package for it is missing: pip install redis")
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)
    except ValueError:
        raise ValueError("REDIS_URL is redis://host:6379/0, rediss://… or unix://…") from None


def door() -> Shared:
    """The door of the present application."""
    found: Shared = current_app.extensions["qiding.shared"]
    return found


def get(key: str) -> bytes | None:
    """What was kept under ``key``; None where it is not there, or nothing is shared."""
    shared = door()
    return shared.ask(lambda redis: redis.get(shared.key(key)))  # type: ignore[return-value]


def set(key: str, value: bytes, seconds: float) -> None:  # noqa: A001 - the word of the trade
    """Keep bytes under ``key`` for so long at most. It may be forgotten sooner."""
    shared = door()
    shared.ask(lambda redis: redis.set(shared.key(key), value, px=max(1, int(seconds * 1000))))


def add(key: str, amount: int, seconds: float) -> int | None:
    """Add to a counter that ends after so long, and return what it comes to; None where nothing is shared."""
    shared = door()

    def question(redis: Redis) -> int:
        name = shared.key(key)
        with redis.pipeline(transaction=True) as both:
            both.set(name, 0, px=max(1, int(seconds * 1000)), nx=True)
            both.incrby(name, amount)
            return int(both.execute()[1])

    return shared.ask(question)
