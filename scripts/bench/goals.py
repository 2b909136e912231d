"""The goals of the measure, and which of them the rows reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Rows = list[dict[str, Any]]


class Verdict(NamedTuple):
    """One goal: the worst that was found, where, and whether it is reached."""

    goal: str
    found: str
    where: str
    reached: bool | None


def verdicts(rows: Rows, views: Rows) -> list[Verdict]:
    """Every goal with the worst row against it; a goal about what was not measured is neither reached nor missed."""
    return [
        _least(
            "anonymous pages ≥ 0.5 of the yardstick", 0.5, [row for row in rows if row["who"] == "anonymous"], "ratio"
        ),
        _least(
            "signed-in pages ≥ 0.2 of the yardstick",
            0.2,
            [row for row in rows if row["who"] == "signed in" and row["page"] != "cast"],
            "ratio",
        ),
        _least("cast over HTTP ≥ 0.2 of the yardstick", 0.2, [row for row in rows if row["page"] == "cast"], "ratio"),
        _most("town within 1.25 × of block (median time)", 1.25, list(_grown(rows)), "times"),
        _most("p99 ≤ 6 × p50 at 16 clients", 6, list(_tails(rows)), "times"),
        _most(
            "first view ≤ 60 KB with styles and scripts",
            60,
            [{**view, "kb": view["all"] / 1000} for view in views],
            "kb",
        ),
        _most("≤ 20 KB of it HTML", 20, [{**view, "kb": view["html"] / 1000} for view in views], "kb"),
        _most("a web process ≤ 200 MB", 200, rows, "rss_mb"),
        _most("no answer failed", 0, rows, "failed"),
    ]


def _tails(rows: Rows) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["clients"] == 16 and row["p50_ms"]:
            yield {**row, "times": row["p99_ms"] / row["p50_ms"]}


def _grown(rows: Rows) -> Iterator[dict[str, Any]]:
    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["page"], row["database"], row["clients"], row["who"]

    blocks = {key(row): row for row in rows if row["size"] == "block"}
    for row in rows:
        block = blocks.get(key(row))
        if row["size"] == "town" and block is not None and block["p50_ms"]:
            yield {**row, "times": row["p50_ms"] / block["p50_ms"]}


def _where(row: dict[str, Any]) -> str:
    clients = f", {row['clients']} clients" if "clients" in row else ""
    return f"{row['page']}, {row['who']}, {row['database']}, {row['size']}{clients}"


def _least(goal: str, bound: float, rows: Rows, name: str) -> Verdict:
    if not rows:
        return Verdict(goal, "not measured", "", None)
    worst = min(rows, key=lambda row: row[name])
    return Verdict(goal, f"{worst[name]:.2f}", _where(worst), worst[name] >= bound)


def _most(goal: str, bound: float, rows: Rows, name: str) -> Verdict:
    if not rows:
        return Verdict(goal, "not measured", "", None)
    worst = max(rows, key=lambda row: row[name])
    return Verdict(goal, f"{worst[name]:.2f}", _where(worst), worst[name] <= bound)
