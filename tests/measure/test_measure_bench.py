"""The bench's own parts: the load generator counts what it got, and the goals judge the worst row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scripts.bench.crowd import Crowd, Visit
from scripts.bench.goals import verdicts
from scripts.bench.load import Load, request, run
from scripts.bench.rows import whole


class _Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"hello" if self.path == "/" else b"no"
        self.send_response(200 if self.path == "/" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that greets at / and fails elsewhere."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hello)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_each_answer_is_counted_once(port: int) -> None:
    """Every client is answered, and what came is added up; failures are told."""
    asked = [0]

    def following() -> bytes:
        asked[0] += 1
        return request("/" if asked[0] % 2 else "/broken")

    found = run(port, 3, 0.2, following)
    assert len(found.latencies) == asked[0] == sum(found.statuses.values())
    assert found.failed() == found.statuses[503]
    assert found.statuses[200] > 0
    body = whole(port, request("/"))[1]
    assert body == b"hello"


def test_a_crowd_comes_when_it_comes(port: int) -> None:
    """Each visit is answered, and one that follows from another too."""
    later: list[Visit] = []

    def again(now: float, visit: Visit) -> Visit | None:
        if later:
            return None
        later.append(Visit(now, visit.asked))
        return later[0]

    visits = [Visit(0.01 * n, request("/").replace(b"keep-alive", b"close")) for n in range(5)]
    done = list(Crowd(port, visits, again).run())
    assert len(done) == 6
    assert {visit.status for visit in done} == {200}
    assert all(visit.answer.endswith(b"hello") for visit in done)


def test_slices_add_up() -> None:
    """Two slices of the same are one longer one."""
    one, other = Load(1.0, [0.1, 0.2], {200: 2}, 10), Load(1.0, [0.3], {200: 1}, 5)
    one.add(other)
    assert (one.rate, one.bytes, one.statuses) == (1.5, 15, {200: 3})
    assert one.quantile(0.5) == 200.0


def _row(**other: object) -> dict[str, object]:
    row = {"page": "home", "database": "sqlite", "size": "block", "clients": 16, "who": "anonymous", "ratio": 0.6}
    return {**row, "p50_ms": 10.0, "p99_ms": 50.0, "rss_mb": 150.0, "failed": 0, **other}


@pytest.mark.parametrize(
    ("worse", "goal"),
    [
        ({"ratio": 0.4}, "anonymous"),
        ({"who": "signed in", "ratio": 0.1}, "signed-in"),
        ({"who": "signed in", "page": "cast", "ratio": 0.1}, "cast"),
        ({"size": "town", "p50_ms": 13.0}, "town"),
        ({"p99_ms": 61.0}, "p99"),
        ({"rss_mb": 201.0}, "process"),
        ({"failed": 1}, "failed"),
    ],
)
def test_one_bad_row_misses_its_goal_and_no_other(worse: dict[str, object], goal: str) -> None:
    """The goal that a row is about is missed by it; the others are not."""
    rows = [_row(), _row(who="signed in"), _row(page="cast", who="signed in"), _row(size="town"), _row(**worse)]
    missed = [
        verdict.goal
        for verdict in verdicts(rows, [{**_row(), "all": 50_000, "html": 15_000}])
        if verdict.reached is False
    ]
    assert len(missed) == 1
    assert goal in missed[0]


def test_a_heavy_first_view_is_told() -> None:
    """Bytes of a first look count, with and without styles."""
    views = [{**_row(), "all": 61_000, "html": 21_000}]
    assert [
        verdict.reached for verdict in verdicts([_row()], views) if "first" in verdict.goal or "HTML" in verdict.goal
    ] == [
        False,
        False,
    ]
    assert all(verdict.reached is not False for verdict in verdicts([], []))
