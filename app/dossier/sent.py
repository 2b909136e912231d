"""A dossier from elsewhere, read: it is signed and whole, and yet it may tell of what can't be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.media import Upload, receive_photo
from app.dossier import manifest as names
from app.dossier.archive import Archive, Bad, opened
from app.dossier.check import Report
from app.engine.canonical import canon
from app.engine.errors import Invalid
from app.engine.method import Method
from app.engine.method_check import check_method
from app.engine.workflow import Event, Run, replay
from app.projects.kinds import kinds
from app.projects.queries import parse
from app.records import kept as records

DRAWING = re.compile(r"[a-z0-9-]{1,60}\.svg")
LONGEST = {"title": 80, "place": 120, "summary": 20_000, "reason": 20_000, "led_by": 60, "picture": 120}


class Refused(Exception):
    """Why a project is not brought here, in a plain sentence. Nothing of it is."""


@dataclass(frozen=True)
class Sent:
    """What a checked dossier sends, found to be something that can stand here."""

    facts: Mapping[str, Any]
    raw: str
    method: str
    run: Run
    records: Mapping[str, bytes]
    picture: Upload | str
    report: Report
    checkpoint: str


def read(file: Path, report: Report) -> Sent:
    """Read what is sent; Refused when it is signed and whole, and yet nothing that could have come from here."""
    facts = report.project
    try:
        with opened(file) as archive:
            method = archive.read(names.METHOD).decode()
            bodies = {item["id"]: archive.read(item["path"]) for item in facts["records"]}
            picture = _picture(archive, facts["project"]["picture"])
            checkpoint = archive.read(names.CHECKPOINT).decode()
        parsed = _method(method, facts)
        events = [Event(str(move["kind"]), int(move["at"]), "elsewhere", move["data"]) for move in facts["moves"]]
        run = replay(events)
        _agree(facts, run, parsed)
        told = {public_id: records.read(raw) for public_id, raw in bodies.items()}
        passages = {(passage.step, passage.attempt) for passage in run.runs if passage.left == "closed"}
        if not all((item.step, item.attempt) in passages for item in told.values()):
            raise ValueError("a record is of a step that was never closed")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"its project.json tells of what can't be: {error}") from None
    raw = canon(facts).decode()
    return Sent(facts, raw, method, run, bodies, picture, report, checkpoint)


def _method(source: str, facts: Mapping[str, Any]) -> Method:
    problems = check_method(source, kinds().catalogue)
    if problems:
        first = problems[0]
        raise Refused(f"its method can't be used here: line {first.line}: {first.key}: {first.message}")
    parsed = parse(source)
    told = facts["method"]
    if (parsed.key, parsed.version) != (told["key"], told["version"]):
        raise ValueError("another method")
    return parsed


def _agree(facts: Mapping[str, Any], run: Run, method: Method) -> None:
    """That rows and moves tell the same story, in values of the right form and length."""
    project = facts["project"]
    for name, most in LONGEST.items():
        if not isinstance(project[name], str) or len(project[name]) > most:
            raise ValueError(name)
    scope = project["scope"]
    if not isinstance(scope, list) or not all(isinstance(label, str) for label in scope):
        raise ValueError("scope")
    if not project["title"].strip() or not re.fullmatch("[0-9A-Z]{16}", project["id"]):
        raise ValueError("title or id")
    if run.steps != tuple(step.key for step in method.steps):
        raise ValueError("the steps are not those of the method")
    passages = [
        {
            "step": passage.step,
            "attempt": passage.attempt,
            "opened_at": passage.opened_at,
            "closed_at": passage.closed_at,
            "left": passage.left,
        }
        for passage in run.runs
    ]
    told = (project["state"], project["step"], project["reason"])
    if passages != facts["runs"] or told != (run.state, run.current.step if run.current else "", run.reason):
        raise ValueError("its moves and its runs tell different stories")
    moments = [project["started_at"], project["moved_at"], *(item["published_at"] for item in facts["records"])]
    if not all(type(moment) is int and 0 <= moment < 1 << 53 for moment in moments):
        raise ValueError("a time")
    if not all(re.fullmatch("[0-9A-Z]{16}", item["id"]) for item in facts["records"]):
        raise ValueError("the id of a record")


def _picture(archive: Archive, name: str) -> Upload | str:
    """The project's picture, made safe like every photo that comes in; or the name of a drawing that comes along."""
    if DRAWING.fullmatch(name):
        return name
    if name not in archive.names:
        return ""
    try:
        return receive_photo(archive.read(name))
    except (Invalid, Bad):
        return ""
