"""What is true of the sources as a whole: catalogues, old browsers, kinds and what they declare."""

from __future__ import annotations

import re
import sys

import pytest
from flask import Flask

from app.config import ROOT
from app.engine.method import read_method
from app.projects.kinds import Kinds
from tests import once

sys.path.insert(0, str(ROOT / "scripts"))
import catalogues

STATIC = ROOT / "app" / "static"
# What a browser of 2018 doesn't know. ``grid-gap`` it does.
# A table, not a text; and what residents take home as one file.
ANY_LENGTH = frozenset({"tests/permission_table.py", "app/proof/verify.py"})
TOO_NEW_IN_STYLES = (
    r"(?<![-\w.])gap\s*:",
    r"(?<![-\w.])(row|column)-gap\s*:",
    r":is\(",
    r":has\(",
    r":where\(",
    r"(?<![-\w])inset\s*:",
    r"aspect-ratio\s*:",
    r"\bclamp\(",
    r"(?<!-)\bmin\(",
    r"(?<!-)\bmax\(",
    r"@layer",
    r"@container",
)
TOO_NEW_IN_SCRIPTS = (r"\?\.", r"\?\?", r"=>\s*{[^}]*#\w+", r"\.at\(", r"replaceAll\(", r"structuredClone")


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    assert catalogues.faults(language) == []


def test_a_missing_translation_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = catalogues.wanted()
    monkeypatch.setattr(catalogues, "wanted", lambda: [*wanted, "a sentence that nobody translated"])
    assert len(catalogues.faults("zh_Hans")) == 1


def test_styles_and_scripts_stay_within_what_old_phones_know() -> None:
    styles = re.sub(r"/\*.*?\*/", "", (STATIC / "qiding.css").read_text(encoding="utf-8"), flags=re.S)
    script = re.sub(r"^\s*//.*$", "", (STATIC / "qiding.js").read_text(encoding="utf-8"), flags=re.M)
    found = [rule for rule in TOO_NEW_IN_STYLES if re.search(rule, styles)]
    found += [rule for rule in TOO_NEW_IN_SCRIPTS if re.search(rule, script)]
    assert found == []


def test_each_kind_of_activity_has_its_page_and_its_part_of_the_record(app: Flask) -> None:
    kinds: Kinds = app.extensions["qiding.kinds"]
    for key, kind in kinds.activities.items():
        assert key == kind.spec.kind
        assert kind.endpoint in app.view_functions, key
        app.jinja_env.get_template(kind.record_template)
        assert str(kind.title), key
        assert kind.spec.actions, key
    for key, gate in kinds.gates.items():
        assert key == gate.spec.kind
        assert str(gate.title), key
        assert set(gate.spec.needs_activity) <= set(kinds.activities), key


def test_the_methods_that_come_along_use_every_kind(app: Flask) -> None:
    kinds: Kinds = app.extensions["qiding.kinds"]
    methods = [
        read_method(path.read_text(encoding="utf-8"), kinds.catalogue)
        for path in sorted((ROOT / "app" / "methods").glob("*.toml"))
    ]
    steps = [step for method in methods for step in method.steps]
    assert {gate.kind for step in steps for gate in step.gates} == set(kinds.gates)
    assert {activity.kind for step in steps for activity in step.activities} == set(kinds.activities)


def test_what_runs_once_is_there_and_over_all_turns_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "FULL", False)
    for name in (*once.ONCE, *once.THIRD):
        file, _, test = name.partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8") if test else (ROOT / file).is_file(), name
    assert all(once.ONCE.values())
    assert all(once.THIRD.values())
    values = list(range(29))
    taken = [once.by_turns(values, f"turn {n}", 8) for n in range(60)]
    assert {len(set(some)) for some in taken} == {8}
    assert set().union(*taken) == set(values)
    names = [f"{next(iter(once.THIRD))}[{n}]" for n in range(300)]
    assert 70 < sum(once.on_postgresql(name) for name in names) < 130
    monkeypatch.setattr(once, "FULL", True)
    assert once.by_turns(values, "", 8) == values
    assert all(once.on_postgresql(name) for name in (*once.ONCE, *names))


def test_no_file_is_called_utils_and_none_is_too_long() -> None:
    files = [path for folder in ("app", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")]
    assert not [path for path in files if path.stem in ("utils", "helpers", "common", "manager")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    long = {name: lines for name, lines in lengths.items() if name not in ANY_LENGTH}
    assert {name: lines for name, lines in long.items() if lines > 350} == {}


def test_nothing_that_waits_is_a_cached_property() -> None:
    """Up to Python 3.11 it holds one lock for all objects while it works: who waits for the database keeps everybody waiting."""
    assert not [
        path.name for path in (ROOT / "app").rglob("*.py") if "cached_property" in path.read_text(encoding="utf-8")
    ]
