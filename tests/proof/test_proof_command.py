"""``flask audit key``: it shows the key that each log names, and rotates the one in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.config import Config, read_secret
from app.proof import checkpoints, keys
from tests.ballots.world import World


def test_the_key_is_shown_and_rotated(world: World, tmp_path: Path) -> None:
    runner = world.app.test_cli_runner()
    config: Config = world.app.config["QIDING"]
    assert "no checkpoint yet" in runner.invoke(args=["audit", "key"]).output
    refused = runner.invoke(args=["audit", "key", "--rotate"])
    assert (refused.exit_code, "environment" in refused.output) == (1, True)
    path = tmp_path / "signing-key"
    read_secret(path)
    world.app.config["QIDING"] = replace(config, signing_file=path)
    try:
        with world.here():
            checkpoints.make(world.community_id)
            before = keys.keys_of(world.community_id)[-1].key
        shown = runner.invoke(args=["audit", "key"])
        assert shown.output.startswith("ziteng: qiding/log/")
        assert "not the key in the file" not in shown.output
        done = runner.invoke(args=["audit", "key", "--rotate"])
        assert done.exit_code == 0, done.output
        with world.here():
            assert keys.keys_of(world.community_id)[-1].key != before
        kept = path.read_text()
        path.write_text("another secret that nobody signed\n")
        assert "not the key in the file" in runner.invoke(args=["audit", "key"]).output
        refused = runner.invoke(args=["audit", "key", "--rotate"])
        assert (refused.exit_code, "names another key" in refused.output) == (1, True)
        assert path.read_text().strip() == "another secret that nobody signed"
        path.write_text(kept)
        assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    finally:
        world.app.config["QIDING"] = config
