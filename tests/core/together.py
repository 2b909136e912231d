"""Several threads at once, each in a context of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

T = TypeVar("T")


def together(app: Flask, work: Callable[[int], T], n: int) -> list[T | Exception]:
    """Run ``work(0)`` … ``work(n - 1)`` at the same moment; what each returned or raised, in order."""
    ready = threading.Barrier(n, timeout=20)

    def one(number: int) -> T | Exception:
        with app.app_context():
            ready.wait()
            try:
                return work(number)
            except Exception as error:
                return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))
