"""Bundles that somebody with the log in hand wrote and signed anew: found by the key, or by an older checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.engine.canonical import canon
from app.engine.notes import Signer, checkpoint_text, read_checkpoint
from app.proof import verify
from tests.ballots.world import World, build
from tests.conftest import emptied
from tests.proof.bundles import Files, apart, built, failure, lines, together, voted, with_lines


@pytest.fixture(scope="module")
def files(installation: Flask, database_url: str) -> Iterator[Files]:
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        world: World = build(app, clock)
        yield apart(built(world, voted(world)))


def broken(files: Files, **options: str) -> tuple[str, str]:
    """Which check fails, and how."""
    return failure(together(files), **options)[:2]


class Forger:
    """Whoever holds the signing key may sign another log; only what was noted outside finds that."""

    def __init__(self, files: Files, seed: bytes) -> None:
        self.files, self.seed = files, seed

    def signed(self, rows: list[Any]) -> Files:
        rows = [{**row, "seq": seq} for seq, row in enumerate(rows)]
        origin = json.loads(self.files["bundle.json"])["origin"]
        public = Signer(origin, self.seed).key.public.hex()
        rows = [{**row, "key": public} if row["kind"] == "key.introduced" else row for row in rows]
        other = with_lines(self.files, "log.jsonl", rows)
        tree = verify.Tree()
        for line in other["log.jsonl"].splitlines():
            tree.add(line)
        point = read_checkpoint(f"{origin}\n{tree.size}\n{parse_root(tree)}\n")
        note = Signer(origin, self.seed).sign(checkpoint_text(point))
        return {**other, "checkpoints.json": canon([note]) + b"\n"}


def parse_root(tree: verify.Tree) -> str:
    import base64

    return base64.b64encode(tree.root()).decode()


def test_a_log_signed_anew_is_found_by_key_and_by_an_old_checkpoint(files: Files) -> None:
    rows = lines(files, "log.jsonl")
    forger = Forger(files, bytes(32))
    assert broken(forger.signed(rows)) == ("", "")  # it agrees with itself
    notes = json.loads(files["checkpoints.json"])
    key = verify.check(together(files))[2].values["key"]
    assert broken(forger.signed(rows), since=notes[0]) == ("since", "signature")
    assert broken(forger.signed(rows), key=key) == ("keys", "other_key")
    assert broken(files, since=notes[0], key=key) == ("", "")
    assert broken(files, since=notes[0].replace("\n", "\r\n", 1)) != ("", "")


def test_the_entries_of_a_vote_in_a_log_signed_anew(files: Files) -> None:
    """Each of these agrees with its signature; the checks of the vote itself find it."""
    rows, forger = lines(files, "log.jsonl"), Forger(files, bytes(32))
    at = {row["kind"]: n for n, row in enumerate(rows)}
    first = next(n for n, row in enumerate(rows) if row["kind"] == "ballots.sealed")

    def forged(rows: list[Any]) -> tuple[str, str]:
        return broken(forger.signed(rows))

    def changed(kind: str, **values: Any) -> tuple[str, str]:
        n = at[kind]
        return forged([*rows[:n], {**rows[n], **values}, *rows[n + 1 :]])

    sealed = rows[first]["commitments"]
    assert forged([*rows, rows[at["poll.announced"]]]) == ("announcement", "not_one")
    assert forged([row for row in rows if row["kind"] != "poll.announced"]) == ("announcement", "not_one")
    assert forged([*rows, rows[at["poll.closed"]]]) == ("batches", "not_one")
    assert forged([*rows, rows[first]]) == ("batches", "batch")
    again = {**rows[first], "batch": rows[at["ballots.sealed"]]["batch"] + 1}
    assert forged([*rows[: at["poll.closed"]], again, *rows[at["poll.closed"] :]]) == ("batches", "twice")
    assert forged([row for n, row in enumerate(rows) if n != first])[0] in ("batches", "ballots")
    assert forged([*rows[:first], {**rows[first], "commitments": sealed[1:]}, *rows[first + 1 :]])[0] == "ballots"
    reverse = {**rows[first], "commitments": sealed[::-1]}
    assert forged([*rows[:first], reverse, *rows[first + 1 :]]) == ("batches", "batch")
    more = {**rows[first], "commitments": sorted([*sealed, "0" * 64])}
    assert forged([*rows[:first], more, *rows[first + 1 :]]) == ("ballots", "missing")
    assert changed("poll.closed", cast=5) == ("close", "close")
    assert changed("poll.closed", closed=1) == ("close", "close")
    assert changed("poll.closed", ballots="0" * 64) == ("close", "close")
    counts = dict(rows[at["poll.closed"]]["counts"])
    other = {**counts, "consent": counts["consent"] - 1, "abstain": counts["abstain"] + 1}
    assert changed("poll.closed", counts=other) == ("count", "counts")
    withdrawn = {**rows[at["poll.closed"]], "kind": "objection.withdrawn", "objection": "X"}
    assert forged([*rows, withdrawn]) == ("rule", "standing")
    assert forged([*rows, {**withdrawn, "state": "qualified"}]) == ("", "")  # it stands, whatever was said of it


OWNERS: dict[str, Any] = {"rule": "owners", "quorum": "2/3", "threshold": "1/2", "roll_size": 60, "roll_area": 540_000}


@pytest.mark.parametrize(
    ("facts", "heads", "areas", "passed"),
    [
        ({}, (31, 9, 0), (280_000, 80_000, 0), True),
        ({}, (31, 9, 0), (280_000, 79_999, 0), False),  # 359,999 of 540,000 is less than two thirds
        ({}, (20, 20, 0), (280_000, 80_000, 0), False),  # half is not more than half
        ({}, (21, 19, 0), (180_000, 180_000, 0), False),
        ({}, (21, 0, 19), (180_001, 0, 179_999), True),  # an abstention weighs like a no
        ({}, (39, 0, 0), (360_000, 0, 0), False),  # one head too few
        ({"rule": "owners_special", "threshold": "3/4"}, (30, 10, 0), (270_000, 90_000, 0), True),
        ({"rule": "owners_special", "threshold": "3/4"}, (30, 10, 0), (269_999, 90_001, 0), False),
        ({"rule": "owners_special", "threshold": "3/4"}, (29, 11, 0), (270_000, 90_000, 0), False),
        ({"rule": "majority", "quorum": "1/2"}, (10, 9, 20), (0, 0, 0), False),
        ({"rule": "majority_voting", "quorum": "1/2"}, (10, 9, 20), (0, 0, 0), True),
        ({"rule": "majority_voting", "quorum": "1/2"}, (0, 0, 40), (0, 0, 0), False),
        ({"rule": "majority", "quorum": "1/2", "threshold": "2/3"}, (20, 10, 0), (0, 0, 0), True),
    ],
)
def test_the_arithmetic_of_the_law(
    facts: dict[str, Any], heads: tuple[int, ...], areas: tuple[int, ...], passed: bool
) -> None:
    names = ("yes", "no", "abstain")
    bundle: Any = object.__new__(verify.Bundle)
    bundle.facts, bundle.told = {**OWNERS, **facts}, []
    counts = dict(zip(names, heads, strict=True))
    bundle.closed = {"counts": counts, "cast": sum(heads), "areas": dict(zip(names, areas, strict=True))}
    for said in (True, False):
        bundle.result = {"passed": said, "standing": 0}
        if said == passed:
            assert bundle.check_rule()["passed"] is passed
        else:
            with pytest.raises(verify.Failed, match="result"):
                bundle.check_rule()
    if bundle.facts["rule"].startswith("owners"):
        for share in ({"quorum": "1/2"}, {"threshold": "1/3"}):
            bundle.facts = {**OWNERS, **facts, **share}
            with pytest.raises(verify.Failed, match="other_share"):
                bundle.check_rule()


def test_files_that_are_not_written_in_their_one_form(files: Files) -> None:
    for name, check in (("poll.json", "announcement"), ("result.json", "count"), ("checkpoints.json", "log")):
        loose = files[name].replace(b",", b", ", 1) if b"," in files[name] else b" " + files[name]
        assert broken({**files, name: loose}) == (check, "not_canonical"), name
    assert broken({**files, "log.jsonl": files["log.jsonl"][:-1]}) == ("log", "not_canonical")


def test_keys_in_a_log_signed_anew(files: Files) -> None:
    """A rotation that the old key did not sign, and a log that names no key."""
    rows, forger = lines(files, "log.jsonl"), Forger(files, bytes(32))
    old = Signer("a", bytes(32)).key.public.hex()
    told = {"key": "11" * 32, "before": old, "signature": "00" * 64}
    rotated = {**rows[-1], "kind": "key.rotated", **told}
    assert broken(forger.signed([*rows, rotated])) == ("keys", "rotation")
    assert broken(forger.signed([row for row in rows if row["kind"] != "key.introduced"])) == ("keys", "no_key")
