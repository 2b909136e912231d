"""One row of the table: a page by one kind of reader, beside the yardstick in the same moments."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.bench.load import Load, request, run
from scripts.bench.server import Server
from scripts.bench.visitors import Visitors

SLICES = 3


@dataclass(frozen=True)
class Setting:
    """What is measured against what, on which database, of which size."""

    database: str
    size: str
    site: Server
    counting: Server
    yardstick: Server
    visitors: Visitors
    seconds: float


def measure(setting: Setting, page: str, who: str, clients: int) -> dict[str, Any]:
    """Ask the page and the yardstick in turns, so that a noisy moment meets both; a row of the table."""
    following, bare = setting.visitors.asking(page, who), request("/")
    run(setting.site.port, clients, 0.2, following)
    asked, stick = Load(), Load()
    for _ in range(SLICES):
        stick.add(run(setting.yardstick.port, clients, setting.seconds / SLICES / 2, lambda: bare))
        asked.add(run(setting.site.port, clients, setting.seconds / SLICES, following))
    return {
        "page": page,
        "database": setting.database,
        "size": setting.size,
        "clients": clients,
        "who": who,
        "rate": round(asked.rate, 1),
        "yardstick_rate": round(stick.rate, 1),
        "ratio": round(asked.rate / stick.rate, 3) if stick.rate else 0.0,
        "p50_ms": round(asked.quantile(0.5), 2),
        "p99_ms": round(asked.quantile(0.99), 2),
        "queries": statements(setting.counting.port, following),
        "bytes": round(asked.bytes / max(1, len(asked.latencies))),
        "rss_mb": round(setting.site.memory(), 1),
        "answers": len(asked.latencies),
        "failed": asked.failed(303 if page == "cast" else 200),
    }


def statements(port: int, following: Callable[[], bytes]) -> int:
    """How many statements the third answer takes: the first ones fill what is kept."""
    found = 0
    for _ in range(3):
        head = whole(port, following())[0]
        said = re.search(rb"(?i)x-statements: (\d+)", head)
        found = int(said[1]) if said else -1
    return found


def whole(port: int, asked: bytes) -> tuple[bytes, bytes]:
    """The head and the body of one answer, as they come over the wire."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(asked.replace(b"Connection: keep-alive", b"Connection: close"))
        parts = []
        while data := connection.recv(262_144):
            parts.append(data)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", body


def first_view(setting: Setting, page: str, who: str) -> dict[str, Any]:
    """What a first look at a page brings over the wire: its HTML, and the styles and scripts that it names."""
    head, body = whole(setting.site.port, setting.visitors.asking(page, who)())
    html = len(head) + len(body)
    if b"content-encoding: gzip" in head.lower():
        import gzip

        body = gzip.decompress(body)
    text = body.decode("utf-8", "replace")
    parts = re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"', text)
    parts += re.findall(r'<link[^>]+href="([^"]+)"[^>]+rel="stylesheet"', text)
    parts += re.findall(r'<script[^>]+src="([^"]+)"', text)
    beside = 0
    for path in dict.fromkeys(parts):
        got = whole(setting.site.port, request(path.replace("&amp;", "&")))
        beside += len(got[0]) + len(got[1])
    return {
        "page": page,
        "who": who,
        "database": setting.database,
        "size": setting.size,
        "html": html,
        "all": html + beside,
    }
