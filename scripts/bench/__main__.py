"""Measure pages and actions beside a bare page: ``.venv/bin/python -m scripts.bench --size block --database sqlite``.

Each row of the table asks a page and the yardstick in turns, served by as many processes with the same settings, from the
same database. Needs the worlds that ``make dataset`` loads; casts stay in them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts.bench.goals import verdicts
from scripts.bench.load import request, run
from scripts.bench.rows import Setting, first_view, measure
from scripts.bench.server import serve
from scripts.bench.visitors import POOL, visitors
from scripts.dataset.__main__ import application, place

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = (
    *("home", "community", "project", "proposal", "proposals", "ballot", "cast", "result", "search"),
    *("record", "console", "archive"),
)
LATEST = ROOT / "docs" / "benchmarks" / "latest.json"
ONLY_SIGNED_IN = frozenset({"cast", "console"})
HEAD = (
    *("page", "database", "size", "clients", "who", "rate", "yardstick_rate", "ratio"),
    *("p50_ms", "p99_ms", "queries", "bytes", "rss_mb"),
)


def main() -> int:
    """Measure, print, and write down."""
    parser = argparse.ArgumentParser(prog="scripts.bench", description=__doc__)
    parser.add_argument("--size", default="block,town", help="block, town, or both with a comma")
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--clients", default="1,16")
    parser.add_argument("--who", default="anonymous,signed in")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each page; the yardstick gets half as much")
    parser.add_argument("--pool", type=int, default=POOL, help="how many residents' sessions take turns")
    parser.add_argument(
        "--out", type=Path, help="where the rows go; docs/benchmarks/latest.json when nothing is left out"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    views: list[dict[str, Any]] = []
    ceilings: dict[str, dict[str, float]] = {}
    print("  ".join(f"{name:>{width(name)}}" for name in HEAD), flush=True)
    for database in asked.database.split(","):
        for size in asked.size.split(","):
            with ExitStack() as stack:
                setting = _setting(stack, database, size, asked.seconds, asked.pool)
                ceilings[f"{database} {size}"] = _ceiling(setting)
                for page in asked.pages.split(","):
                    for who in asked.who.split(","):
                        if who == "anonymous" and page in ONLY_SIGNED_IN:
                            continue
                        for clients in map(int, asked.clients.split(",")):
                            rows.append(measure(setting, page, who, clients))
                            print(line(rows[-1]), flush=True)
                        if page != "cast":
                            views.append(first_view(setting, page, who))
    found = verdicts(rows, views)
    print("\nThe load generator against an answer that costs nothing, a second:")
    for name, ceiling in ceilings.items():
        print(f"  {name}: " + ", ".join(f"{rate:,.0f} with {clients} clients" for clients, rate in ceiling.items()))
    print("\nGoals")
    for verdict in found:
        word = {True: "reached", False: "MISSED", None: "-"}[verdict.reached]
        print(f"  {word:8} {verdict.goal:48} {verdict.found:>12}  {verdict.where}")
    whole = all(
        vars(asked)[name] == parser.get_default(name) for name in ("size", "database", "pages", "clients", "who")
    )
    part = ROOT / "var" / "bench.json"
    write(asked.out or (LATEST if whole else part), rows, views, ceilings, asked.seconds)
    return int(asked.check and any(verdict.reached is False for verdict in found))


def _setting(stack: ExitStack, database: str, size: str, seconds: float, pool: int) -> Setting:
    url = place(database, size)
    app = application(url)
    there = visitors(app, pool)
    with app.app_context():
        from app.core.database import db

        db.engine.dispose()
    # A world just loaded owes a bundle for each of its closed votes: that is a worker's to do, and no page's.
    shared = {
        "DATABASE_URL": url,
        "QIDING_JOBS": "worker",
        "QIDING_BENCH_AHEAD": str(there.now - time.time_ns() // 1_000_000),
    }
    return Setting(
        database,
        size,
        stack.enter_context(serve("scripts.bench.wsgi:app", shared)),
        stack.enter_context(
            serve(
                "scripts.bench.wsgi:app",
                {**shared, "QIDING_BENCH_COUNT": "1", "WEB_PROCESSES": "1"},
            )
        ),
        stack.enter_context(serve("scripts.bench.yardstick:app", {"DATABASE_URL": url})),
        there,
        seconds,
    )


def _ceiling(setting: Setting) -> dict[str, float]:
    still = request("/still")
    return {str(clients): run(setting.yardstick.port, clients, 1, lambda: still).rate for clients in (1, 16)}


def width(name: str) -> int:
    """How wide a column is printed."""
    return {"page": 9, "database": 10, "who": 9}.get(name, max(6, len(name)))


def line(row: dict[str, Any]) -> str:
    """A row as it is printed."""
    failed = f"  {row['failed']} FAILED" if row["failed"] else ""
    return "  ".join(f"{row[name]:>{width(name)}}" for name in HEAD) + failed


def write(out: Path, rows: list[dict[str, Any]], views: Any, ceilings: Any, seconds: float) -> None:
    """The list of rows, and beside it when and where they were measured."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    about = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": " ".join(["python -m scripts.bench", *sys.argv[1:]]),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": os.getloadavg()[0],
        "seconds": seconds,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("Flask", "SQLAlchemy", "gunicorn", "psycopg")},
        "ceilings": ceilings,
        "first_views": views,
    }
    out.with_name(f"{out.stem}-about.json").write_text(
        json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    raise SystemExit(main())
