"""The page of goals: every test it names is there, every goal of the design has its row, and the page is up to date."""

from __future__ import annotations

import ast
import re

from scripts.proofs import BOTH, GOALS, PAGE, ROOT, goals, groups, page

GIVEN = {
    *(f"R{n}" for n in range(1, 16)),
    *(f"S{n}" for n in range(1, 10)),
    *(f"T{n}" for n in range(1, 14)),
    *("N1", "N2", "N3", "D1", "D2", "C1", "C2", "C3", "K1", "P1", "P2", "P3", "P4", "U1", "U2"),
    *(f"F{n}" for n in range(1, 7)),
    *("H1", "H2", "H3", "H4", "Q1"),
}
STATES = {"done", "part", "not done", "not applicable"}
ELSEWHERE = {"burst", "failover"}  # commands of the measure and of operation


def test_every_goal_has_its_row() -> None:
    rows = goals()
    assert sorted(row["key"] for row in rows) == sorted(GIVEN)
    assert {row["state"] for row in rows} <= STATES
    for row in rows:
        if row["state"] == "done":
            assert row.get("shown"), row["key"]
        if row["state"] in ("part", "not applicable"):
            assert row.get("note"), f"{row['key']}: what is missing?"


def test_every_test_that_is_named_is_there() -> None:
    commands = (
        set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)) | ELSEWHERE
    )
    for row in goals():
        for name in row.get("shown", []):
            if name.startswith("make "):
                assert name.removeprefix("make ") in commands, name
                continue
            path, _, function = name.partition("::")
            assert (ROOT / path).exists(), name
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert not function or function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (
                name
            )


def test_what_is_run_in_full_names_what_is_there() -> None:
    keys = {row["key"] for row in goals()}
    for kind in BOTH:
        for proof in (proof for many in groups(kind).values() for proof in many):
            assert set(proof.goals) <= keys, proof.name
            files = [word for word in proof.command if word.endswith(".py")]
            assert files, proof.name
            assert all((ROOT / file).exists() for file in files), proof.name


def test_the_page_is_made_of_its_sources() -> None:
    assert GOALS.exists()
    assert PAGE.read_text(encoding="utf-8") == page(), "python scripts/proofs.py page"
