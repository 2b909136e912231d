"""The proofs in full, and the page of their figures: ``.venv/bin/python scripts/proofs.py crash|fuzz|soak|race|tamper|page``.

Runs each command of a group, keeps the last line that it printed with its date and how long it took in
docs/reliability/latest.json, and writes docs/reliability.md anew from that and docs/reliability/goals.toml. ``page`` only
writes the page. Exit status 1 when a command failed; what it said is kept all the same. QIDING_PROOFS_ON=sqlite leaves
PostgreSQL out, QIDING_PROOFS_ONLY=walks repeats what is called so.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/reliability"
GOALS, LATEST, PAGE = FOLDER / "goals.toml", FOLDER / "latest.json", ROOT / "docs/reliability.md"
BOTH = ("sqlite", "postgresql")
ONLY = os.environ.get("QIDING_PROOFS_ONLY", "")  # the beginning of a run's name, to repeat that one
KINDS = tuple(os.environ.get("QIDING_PROOFS_ON", ",".join(BOTH)).split(","))
PYTHON = ".venv/bin/python"


@dataclass(frozen=True)
class Proof:
    """A command that shows some goals."""

    name: str
    goals: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def script(name: str, goals: str, file: str, *arguments: str) -> Proof:
    """One of the scripts here."""
    return Proof(name, tuple(goals.split()), (PYTHON, f"scripts/{file}", *arguments))


def tests(name: str, goals: str, kind: str, *arguments: str, **more: str) -> Proof:
    """Tests in their full form, on one database."""
    command = (PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments)
    return Proof(name, tuple(goals.split()), command, {"QIDING_PROFILE": "full", "QIDING_TEST_DATABASE": kind, **more})


def groups(kind: str) -> dict[str, list[Proof]]:
    """What each command of the Makefile runs, on one database."""
    return {
        "crash": [
            script(f"kills, {kind}", "R1", "crash.py", KILLS, kind),
            tests(f"named points, {kind}", "R3", kind, "tests/test_crash_points.py"),
            script(f"senders killed, {kind}", "R9", "crash_outbox.py", "50", kind),
        ],
        "race": [
            script(f"many for the same slots, {kind}", "R2", "race.py", "20", "50", kind),
            script(f"the same form, {kind}", "R2", "race_close.py", "again", "200", kind),
            script(f"casts and closes, {kind}", "R4", "race_close.py", "close", "500", kind),
            script(f"schedules, {kind}", "R5", "race_close.py", "schedule", "2000", kind),
        ],
        "fuzz": [
            script(f"requests, {kind}", "S3", "fuzz.py", REQUESTS, kind),
            tests(f"walks, {kind}", "R1 R2 R6", kind, "tests/ballots/test_ballots_machine.py"),
            tests(f"bad input in full, {kind}", "S7", kind, "tests/test_bad_input.py"),
        ],
        "tamper": [script(f"one byte changed, {kind}", "R12", "tamper.py", "1000", kind)],
        "soak": [script(f"soak, {kind}", "R15", "soak.py", "--database", kind, "--minutes", MINUTES)],
    }


# Less of one, where time is short; what was run stands beside its figures.
MINUTES, KILLS = os.environ.get("MINUTES", "45"), os.environ.get("KILLS", "300")
REQUESTS = os.environ.get("REQUESTS", "50000")


def run(proof: Proof) -> dict[str, Any]:
    """Run one, show what it prints, and return what is kept of it."""
    print(f"== {proof.name}: {' '.join(proof.command)}", flush=True)
    begun, last = time.monotonic(), ""
    process = subprocess.Popen(
        proof.command,
        cwd=ROOT,
        env={**os.environ, **proof.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    return {
        "name": proof.name,
        "goals": list(proof.goals),
        "command": " ".join([*(f"{key}={value}" for key, value in proof.environment.items()), *proof.command]),
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": round(time.monotonic() - begun),
        "cores": os.cpu_count(),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "revision": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
        "held": process.wait() == 0,
        "said": last[:400],
    }


def kept() -> list[dict[str, Any]]:
    """What was kept of earlier runs."""
    return list(json.loads(LATEST.read_text(encoding="utf-8"))) if LATEST.exists() else []


def keep(row: dict[str, Any]) -> None:
    """Put a run in the place of the same one before."""
    rows = [other for other in kept() if other["name"] != row["name"]] + [row]
    LATEST.write_text(
        json.dumps(sorted(rows, key=lambda one: str(one["name"])), ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


def goals() -> list[dict[str, Any]]:
    """Every goal, with what shows it."""
    return list(tomllib.loads(GOALS.read_text(encoding="utf-8"))["goal"])


def in_full(key: str, runs: list[dict[str, Any]]) -> str:
    """What became of the full runs for a goal; nothing where it has none."""
    names = {proof.name for kind in BOTH for many in groups(kind).values() for proof in many if key in proof.goals}
    done = [one for one in runs if one["name"] in names]
    if not names:
        return ""
    if any(not one["held"] for one in done):
        return "; **a full run failed**"
    if not done:
        return "; full run: not yet"
    return f"; full run: {max(one['day'] for one in done)}" + ("" if len(done) == len(names) else ", in part")


def page() -> str:
    """docs/reliability.md, as it must be."""
    rows, runs = goals(), kept()
    lines = [HEAD]
    for title, prefix in PARTS:
        lines += [f"## {title}", "", "| | what | state | shown by |", "|---|---|---|---|"]
        for row in (one for one in rows if one["part"] == prefix):
            shown = "<br>".join(f"`{name}`" for name in row.get("shown", [])) or "–"
            note = f"<br>{row['note']}" if row.get("note") else ""
            lines.append(
                f"| {row['key']} | {row['says']} | {row['state']}{in_full(row['key'], runs)} | {shown}{note} |"
            )
        lines.append("")
    lines += [
        "## The full runs",
        "",
        TAKEN,
        "",
        "| goals | run | when | seconds | what it said |",
        "|---|---|---|---|---|",
    ]
    ran = {one["name"]: one for one in runs}
    for proof in [proof for kind in BOTH for many in groups(kind).values() for proof in many]:
        found = ran.get(proof.name)
        said = (
            "not run yet"
            if found is None
            else ("" if found["held"] else "**failed:** ") + found["said"].replace("|", "/")
        )
        when = "–" if found is None else f"{found['day']}, {found['revision']}, {found['cores']} cores"
        took = "–" if found is None else str(found["seconds"])
        command = " ".join(proof.command) if found is None else found["command"]
        lines.append(f"| {' '.join(proof.goals)} | `{command}` | {when} | {took} | {said} |")
    return "\n".join(lines) + "\n"


PARTS = (("Reliability", "R"), ("Security", "S"), ("Bad inputs", "5"))
HEAD = """# What holds, and what shows it

Made by `python scripts/proofs.py page` from [goals.toml](reliability/goals.toml) and [latest.json](reliability/latest.json):
edit those. A test fails when a test named here doesn't exist or this page is out of date. *done*: a test of the suite
shows it, and the full form where one is named, once it was run. *part*: what is missing stands beside it. *not done*:
nothing shows it.

What happens when a disk is full, a database gone or a mail server silent: [reliability-faults.md](reliability-faults.md).
"""
TAKEN = (
    "Written by `make crash`, `make race`, `make fuzz`, `make tamper` and `make soak`, each row by the command it names: "
    "the last line that it printed."
)


def main(words: list[str]) -> int:
    """Run the groups asked for, and write the page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    status = 0
    for word in words:
        chosen = [] if word == "page" else [proof for kind in KINDS for proof in groups(kind)[word]]
        for proof in (proof for proof in chosen if proof.name.startswith(ONLY)):
            row = run(proof)
            keep(row)
            PAGE.write_text(page(), "utf-8")
            status = status or (0 if row["held"] else 1)
    PAGE.write_text(page(), "utf-8")
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or ["page"]))
