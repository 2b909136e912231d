"""How a project is brought from another installation: its dossier is checked, and then all of it is here, or none."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.core.events import record_event
from app.core.media import Upload, name_upload, receive_photo
from app.core.transaction import Tx, transaction
from app.dossier import manifest as names
from app.dossier.archive import Bad, opened
from app.dossier.check import Known, Report, check
from app.dossier.make import folder
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import DomainError, Invalid
from app.engine.method import Method
from app.engine.method_check import check_method
from app.engine.workflow import Event, Run, replay
from app.people.communities import create_community
from app.people.models import Person, RoleGrant
from app.people.places import Community
from app.projects.kinds import kinds
from app.projects.models import IMPORTED, MethodVersion, Project, ProjectOrigin, StepRunRow
from app.projects.queries import parse
from app.records import kept as records

DRAWING = re.compile(r"[a-z0-9-]{1,60}\.svg")
LONGEST = {"title": 80, "place": 120, "summary": 20_000, "reason": 20_000, "led_by": 60, "picture": 120}


class Refused(Exception):
    """Why a project is not brought here, in a plain sentence. Nothing of it is."""


@dataclass(frozen=True)
class Brought:
    """A project that is here now."""

    public_id: str
    slug: str
    records: int


@dataclass(frozen=True)
class _Sent:
    """What a checked dossier sends: read, and found to be something that can stand here."""

    facts: Mapping[str, Any]
    raw: str
    method: str
    run: Run
    records: Mapping[str, bytes]
    picture: Upload | str
    report: Report
    checkpoint: str


def bring(file: Path, *, into: str = "", key: str = "", known: Known | None = None) -> Brought:
    """Check a dossier, and put its project here to be read: in the community ``into``, or in one of its own.

    Raises Bad when the dossier doesn't hold, and Refused when it holds and can't stand here.
    """
    report = check(file, key=key, known=known)
    report.raise_if_wrong()
    sha256, length = _keep(file)
    sent = _read(file, report)
    with transaction() as tx:
        project = sent.facts["project"]
        if tx.session.scalar(select(Project.id).where(Project.public_id == project["id"])) is not None:
            raise Refused(f"the project {project['id']} is here already")
        here = _place(tx, sent, into)
        row = _rows(tx, sent, here)
        origin = _origin(tx, sent, row, sha256, length)
        tx.session.add(origin)
        record_event(
            tx,
            "dossier.brought",
            community_id=here.id,
            project_id=row.id,
            person_id=row.facilitator_id,
            data={"site": origin.site, "community": origin.community_name, "length": length},
            public={
                "project": row.public_id,
                "origin": report.manifest["origin"],
                "key": report.manifest["key"],
                "checkpoint": sha256_hex(sent.checkpoint.encode()),
                "dossier": sha256,
                "facts": sha256_hex(sent.raw.encode()),
            },
        )
        return Brought(row.public_id, here.slug, len(sent.records))


def file_of(origin: ProjectOrigin) -> Path:
    """The dossier that a project came as."""
    return folder() / "brought" / f"{origin.dossier_sha256}.zip"


def _keep(file: Path) -> tuple[str, int]:
    """Put the dossier beside the media, durably, before the commit that names it."""
    target = folder() / "brought"
    target.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target, prefix=".brought-")
    try:
        with os.fdopen(handle, "w+b") as out, file.open("rb") as source:
            shutil.copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            sha256, length = hashlib.file_digest(out, "sha256").hexdigest(), out.tell()
        os.replace(name, target / f"{sha256}.zip")
    finally:
        Path(name).unlink(missing_ok=True)
    return sha256, length


def _read(file: Path, report: Report) -> _Sent:
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
    return _Sent(facts, raw, method, run, bodies, picture, report, checkpoint)


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


def _picture(archive: Any, name: str) -> Upload | str:
    """The project's picture, made safe like every photo that comes in; or the name of a drawing that comes along."""
    if DRAWING.fullmatch(name):
        return name
    if name not in archive.names:
        return ""
    try:
        return receive_photo(archive.read(name))
    except (Invalid, Bad):
        return ""


def _place(tx: Tx, sent: _Sent, into: str) -> Community:
    """The community that takes the project: the one that is named, the one where others from there are, or its own."""
    told, origin = sent.facts["community"], sent.report.manifest["origin"]
    if not into:
        before = select(Community).join(ProjectOrigin, ProjectOrigin.community_id == Community.id)
        found = tx.session.scalar(before.where(ProjectOrigin.origin == origin).order_by(ProjectOrigin.id).limit(1))
        found = found or tx.session.scalar(select(Community).where(Community.public_id == told["id"]))
        if found is not None:
            return found
    slug = into or str(told["slug"])
    found = tx.session.scalar(select(Community).where(Community.slug == slug))
    if found is not None and into:
        return found
    if found is not None:
        raise Refused(f"there is a community {slug} here, and nothing says that it is the same: name one with --into")
    try:
        made = create_community(None, slug, name=str(told["name"])[:60], name_en=str(told["name_en"])[:80])
    except DomainError as error:
        raise Refused(f"no community can be made for it: {error.message}") from None
    return tx.session.get_one(Community, made)


def _rows(tx: Tx, sent: _Sent, here: Community) -> Project:
    facts = sent.facts["project"]
    known = records.known_record(sent.records)
    numbers = [(told.year, told.number) for told in map(records.read, sent.records.values())]
    number = records.taken(here.id, numbers)
    if known is not None or number is not None:
        what = f"the record {known}" if known else f"a record {number[0]}-{number[1]:03d} of {here.slug}"  # type: ignore[index]
        raise Refused(f"{what} is here already")
    lead = _lead(tx, here, facts["led_by"])
    row = Project(
        public_id=facts["id"],
        community_id=here.id,
        method_version_id=_version(tx, sent).id,
        title=facts["title"],
        place=facts["place"],
        summary=facts["summary"],
        scope={},
        state=IMPORTED,
        facilitator_id=lead,
        started_at=facts["started_at"],
        moved_at=facts["moved_at"],
        over_at=facts["over_at"],
    )
    if isinstance(sent.picture, Upload):
        row.picture = name_upload(tx, sent.picture, community_id=here.id, person_id=None).public_id
    else:
        row.picture = sent.picture
    tx.session.add(row)
    tx.session.flush()
    runs = {}
    for passage in sent.run.runs:
        run = StepRunRow(
            community_id=here.id,
            project_id=row.id,
            step=passage.step,
            attempt=passage.attempt,
            opened_at=passage.opened_at,
            closed_at=passage.closed_at,
            left=passage.left,
        )
        tx.session.add(run)
        tx.session.flush()
        runs[passage.step, passage.attempt] = run.id
    for item in sent.facts["records"]:
        raw = sent.records[item["id"]]
        told = records.read(raw)
        try:
            records.bring(tx, row, runs[told.step, told.attempt], raw, item["id"], item["published_at"], lead)
        except (KeyError, ValueError) as error:
            raise Refused(f"the record {item['id']} can't stand here: {error}") from None
    return row


def _version(tx: Tx, sent: _Sent) -> MethodVersion:
    """The method as it is stored here, or stored now; it isn't offered to new projects."""
    sha256 = sha256_hex(sent.method.encode())
    version = tx.session.scalar(select(MethodVersion).where(MethodVersion.sha256 == sha256))
    if version is None:
        told = sent.facts["method"]
        version = MethodVersion(
            key=told["key"], version=told["version"], source=sent.method, sha256=sha256, added_at=tx.now, offered=False
        )
        tx.session.add(version)
        tx.session.flush()
    return version


def _lead(tx: Tx, here: Community, name: str) -> int:
    """Who led it, by name alone: somebody who has left, with a role that has ended."""
    query = (
        select(Person)
        .join(Project, Project.facilitator_id == Person.id)
        .where(Project.community_id == here.id, Project.state == IMPORTED, Person.name == name)
        .limit(1)
    )
    found = tx.session.scalar(query)
    if found is None:
        found = Person(name=name, created_at=tx.now, left_at=tx.now)
        tx.session.add(found)
        tx.session.flush()
        tx.session.add(
            RoleGrant(person_id=found.id, community_id=here.id, role="facilitator", at=tx.now, ended_at=tx.now)
        )
    return found.id


def _origin(tx: Tx, sent: _Sent, row: Project, sha256: str, length: int) -> ProjectOrigin:
    manifest = sent.report.manifest
    return ProjectOrigin(
        community_id=row.community_id,
        project_id=row.id,
        origin=manifest["origin"],
        community_name=str(manifest["community"]["name"])[:60],
        site=str(manifest["site"])[:200],
        key=manifest["key"],
        checkpoint=sent.checkpoint,
        dossier_sha256=sha256,
        length=length,
        facts=sent.raw,
        at=tx.now,
    )
