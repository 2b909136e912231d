"""The dossier that all tests here look at, made once a process; what made it is gone when they do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.dossier import manifest as names
from app.dossier.commands import known_keys
from app.dossier.make import make
from app.engine.notes import Signer
from tests.ballots.world import World
from tests.conftest import emptied
from tests.dossier.world import Files, apart, furnish, own_signer

BASE = "http://localhost"


@dataclass(frozen=True)
class Sent:
    """A dossier as it comes from elsewhere: a file, the files in it, and the key that signed it."""

    path: Path
    files: Files
    own: Signer
    project: str
    again: bytes  # made a second time from the same state
    english: Files
    known: tuple[str, ...]  # the keys that the log of its community named

    @property
    def key(self) -> str:
        return str(self.own.key)

    def kind(self, kind: str) -> list[str]:
        """The files of a kind."""
        listed = json.loads(self.files[names.MANIFEST])["files"]
        return sorted(name for name, item in listed.items() if item["kind"] == kind)


@pytest.fixture(scope="session")
def sent(installation: Flask, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """A dossier from an installation that is gone, and that had another key."""
    config = installation.config["QIDING"]
    kept = tmp_path_factory.mktemp("sent") / "sent.zip"
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        app.config["QIDING"] = replace(config, signing_secret="elsewhere")
        try:
            world: World = furnish(app, clock)
            with world.here():
                kept.write_bytes(make(world.project, "zh_Hans", BASE).path.read_bytes())
                own = own_signer(world)
                known = tuple(known_keys(own.key.name))
                with pytest.MonkeyPatch.context() as patch:
                    without_printing(patch)
                    english = apart(make(world.project, "en", BASE).path)
                again = make(world.project, "zh_Hans", BASE).path.read_bytes()
        finally:
            app.config["QIDING"] = config
    return Sent(kept, apart(kept), own, world.project, again, english, known)


def without_printing(patch: pytest.MonkeyPatch) -> None:
    """Let sheets be nothing: they are looked at elsewhere, and take the longest to make."""
    for module in ("projects", "notices", "records", "proof", "paper", "meetings", "office"):
        patch.setattr(f"app.{module}.kept.render", lambda _sheet: b"%PDF-")
