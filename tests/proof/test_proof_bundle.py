"""A bundle: what is in it, that it is the same whenever it is built, and that the check agrees with it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.database import db
from app.engine.canonical import receipt_code
from app.proof import checkpoints, verify
from tests.ballots.world import World
from tests.proof.bundles import apart, built, failure, lines, together, voted


def test_a_bundle_holds_and_says_so(world: World) -> None:
    poll = voted(world)
    data = built(world, poll)
    steps = verify.check(io.BytesIO(data))
    assert [(step.name, step.state) for step in steps if step.state != "ok"] == [
        ("since", "skipped"),
        ("record", "skipped"),
        ("receipt", "skipped"),
    ]
    files = apart(data)
    ballots = lines(files, "ballots.jsonl")
    assert len(ballots) == 13
    assert sum(row["counts"] for row in ballots) == 6
    assert all(("ballot" in row) == row["counts"] for row in ballots)
    result = json.loads(files["result.json"])
    assert (result["cast"], result["standing"], result["passed"]) == (6, 1, False)


def test_a_bundle_is_the_same_whenever_it_is_built(world: World) -> None:
    poll = voted(world)
    first = built(world, poll)
    world.clock.advance(10_000_000)
    with world.here():
        assert not checkpoints.make(world.community_id)
    assert built(world, poll) == first


def test_a_withdrawn_objection_is_in_the_next_bundle(world: World) -> None:
    from app.ballots import service

    poll = voted(world)
    with world.here():
        service.withdraw_objection(world.residents[5], poll)
        checkpoints.make(world.community_id)
    files = apart(built(world, poll))
    assert failure(together(files)) == ("", "", {})
    assert json.loads(files["result.json"]) | {"counts": {}} == {
        "counts": {},
        "cast": 6,
        "standing": 0,
        "passed": True,
    }


@pytest.mark.parametrize(
    ("stances", "settings"),
    [
        ("yyyxxa", 'rule = "majority", electorate = "household"'),
        ("yyyyxa", 'rule = "majority", electorate = "household"'),
        ("yyxxyy", 'rule = "majority", electorate = "household", threshold = "2/3"'),
        ("yy", 'rule = "majority", electorate = "household"'),
        ("cccccc", 'rule = "consent", electorate = "household"'),
        ("cccna", 'rule = "consent", electorate = "household"'),
    ],
)
def test_every_rule_is_worked_out_again(world: World, stances: str, settings: str) -> None:
    world.start(settings)
    poll = voted(world, stances=stances)
    assert failure(io.BytesIO(built(world, poll))) == ("", "", {})


def test_few_ballots_and_one_stance_of_all_stay_closed(world: World) -> None:
    for stances in ("ccca", "cccccc"):
        world.start(title="另一个")
        poll = voted(world, stances=stances)
        files = apart(built(world, poll))
        assert not any("ballot" in row or "nonce" in row for row in lines(files, "ballots.jsonl"))
        assert failure(together(files)) == ("", "", {})


def test_the_program_alone_checks_a_receipt_and_an_old_checkpoint(world: World, tmp_path: Path) -> None:
    poll = voted(world)
    data = built(world, poll)
    (tmp_path / "bundle.zip").write_bytes(data)
    files = apart(data)
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    notes = json.loads(files["checkpoints.json"])
    (tmp_path / "old.txt").write_text(notes[0], encoding="utf-8")
    (tmp_path / "none.txt").write_text("nothing", encoding="utf-8")
    rows = lines(files, "ballots.jsonl")
    counted = next(row["commitment"] for row in rows if row["counts"])
    replaced = next(row["commitment"] for row in rows if not row["counts"])
    key = verify.check(io.BytesIO(data))[2].values["key"]

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "verify.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code = receipt_code(bytes.fromhex(counted)).lower().replace("-", " ")
    status, said = run("bundle.zip", "--receipt", code, "--since", "old.txt", "--key", key, "--lang", "en")
    assert (status, "and counts" in said, "All checks hold." in said) == (0, True, True), said
    assert "计入了结果" in run("bundle.zip", "--receipt", code, "--lang", "zh")[1]
    status, said = run("bundle.zip", "--receipt", receipt_code(bytes.fromhex(replaced)), "--lang", "en")
    assert (status, "replaced" in said) == (0, True)
    status, said = run("bundle.zip", "--receipt", "0000-0000-0000", "--lang", "en")
    assert (status, "not among the ballots" in said) == (1, True)
    other = key.rsplit("+", 1)[0] + "+AAAA"
    assert run("bundle.zip", "--key", other)[0] == 1
    assert run("missing.zip")[0] == run("bundle.zip", "--since", "none.txt")[0] == run()[0] == 2
    (tmp_path / "bundle.zip").write_bytes(data[:-40])
    assert run("bundle.zip")[0] == 1


def test_checkpoints_cost_new_entries_only_and_agree_with_the_log(world: World) -> None:
    voted(world)
    with world.here():
        from app.audit.verify import head

        point = checkpoints.latest(world.community_id)
        assert point is not None
        assert (point.size, point.root) == head(world.slug)
        assert not checkpoints.make(world.community_id)
        db.session.rollback()
