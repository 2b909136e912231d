"""What printing costs: ``.venv/bin/python -m scripts.bench.printing [slips]``.

Makes a town of its own and prints the seconds for so many slips, ten a page, and for one notice, each as its page gives it:
the median of three.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def seconds(work: Callable[[], bytes]) -> tuple[float, int]:
    """The median time of three, and how many bytes came."""
    times, size = [], 0
    for _ in range(3):
        begun = time.perf_counter()
        size = len(work())
        times.append(time.perf_counter() - begun)
    return statistics.median(times), size


def main(count: int) -> None:
    """Measure and print."""
    from flask_migrate import upgrade

    from app.config import Config
    from app.core.clock import FixedClock
    from app.factory import create_app
    from app.notices import service as notices
    from app.people.printed import slips
    from app.people.queries import community_by_slug
    from app.printing import answer
    from app.printing.paper import render
    from tests.projects.world import build

    with tempfile.TemporaryDirectory() as name:
        config = Config(f"sqlite:///{name}/bench.db", Path(name), "bench", testing=True)
        clock = FixedClock(time.time_ns() // 1_000_000)
        app = create_app(config, clock)
        with app.app_context():
            upgrade()
        garden = build(app, clock)
        board = garden.activity("board")
        garden.do(notices.save_draft, garden.lead, board, "名单公示", "会议", "名单如下，请大家看一看。")
        garden.do(notices.post, garden.lead, board)
        rows = [(f"{1 + n // 60}-{n % 60 + 101}", f"{n:05d}-ABCDE") for n in range(count)]
        with app.test_request_context("/"):
            paper = slips(community_by_slug("ziteng"), rows)
            took, size = seconds(lambda: render(paper))
            print(f"{count} slips: {took:.2f} s, {size / 1e6:.1f} MB")

            def notice() -> bytes:
                answer._kept.clear()
                return app.test_client().get(f"/c/ziteng/notice/{board}.pdf").data

            took, size = seconds(notice)
            print(f"a notice: {took:.2f} s, {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1800)
