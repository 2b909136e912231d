"""How a project is brought from another installation: its dossier is checked, and then all of it is here, or none."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.events import record_event
from app.core.media import Upload, name_upload
from app.core.removals import Removal
from app.core.transaction import Tx, transaction
from app.dossier.check import Known, Report, check
from app.dossier.make import folder
from app.dossier.sent import Refused, Sent, read
from app.engine.canonical import sha256_hex
from app.engine.errors import DomainError
from app.people.communities import create_community
from app.people.models import Person, RoleGrant
from app.people.places import Community
from app.projects.models import IMPORTED, MethodVersion, Project, ProjectOrigin, StepRunRow
from app.records import kept as records


@dataclass(frozen=True)
class Brought:
    """A project that is here now."""

    public_id: str
    slug: str
    records: int


def bring(
    file: Path, *, into: str = "", key: str = "", known: Known | None = None, tell: Callable[[Report], None]
) -> Brought:
    """Check a dossier, and put its project here to be read: in the community ``into``, or in one of its own.

    What was checked is told before anything is put here. Raises Bad when the dossier doesn't hold, and Refused when it
    holds and can't stand here; nothing of it is kept then.
    """
    kept, sha256, length = _keep(file)
    try:
        report = check(kept, key=key, known=known)  # the copy, which nobody else writes to
        tell(report)
        report.raise_if_wrong()
        if not key and not (known is not None and known(report.manifest["origin"])):
            raise Refused(
                "nothing here says whose key signed it: compare it with the notice board, and give it with --key"
            )
        return _put(read(kept, report), into, sha256, length)
    except BaseException:
        with transaction() as tx:
            named = select(ProjectOrigin.id).where(ProjectOrigin.dossier_sha256 == sha256).limit(1)
            if tx.session.scalar(named) is None:
                kept.unlink(missing_ok=True)
        raise


def _put(sent: Sent, into: str, sha256: str, length: int) -> Brought:
    manifest = sent.report.manifest
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
                "origin": manifest["origin"],
                "key": manifest["key"],
                "checkpoint": sha256_hex(sent.checkpoint.encode()),
                "dossier": sha256,
                "facts": sha256_hex(sent.raw.encode()),
            },
        )
        return Brought(row.public_id, here.slug, len(sent.records))


def file_of(origin: ProjectOrigin) -> Path:
    """The dossier that a project came as."""
    return folder() / "brought" / f"{origin.dossier_sha256}.zip"


def _keep(file: Path) -> tuple[Path, str, int]:
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
    return target / f"{sha256}.zip", sha256, length


def _place(tx: Tx, sent: Sent, into: str) -> Community:
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


def _rows(tx: Tx, sent: Sent, here: Community) -> Project:
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
    removals = _removals(tx, sent, row, here, lead)
    for item in sent.facts["records"]:
        raw = sent.records[item["id"]]
        told = records.read(raw)
        try:
            records.bring(tx, row, runs[told.step, told.attempt], raw, item["id"], item["published_at"], lead, removals)
        except (AttributeError, KeyError, TypeError, ValueError, IntegrityError) as error:
            raise Refused(f"the record {item['id']} can't stand here: {error}") from None
    return row


def _removals(tx: Tx, sent: Sent, row: Project, here: Community, lead: int) -> dict[str, Removal]:
    """What was removed there is removed here: each by its name there, in the log and on the list of this community."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for public_id, raw in sent.records.items():
        for hashed, (name, ground) in records.read(raw).removed.items():
            found.setdefault(name, (public_id, ground, []))[2].append(hashed)
    made = {}
    person, by = tx.session.get_one(Person, lead), sent.report.manifest["community"]["name"]
    for name, (subject, ground, hashes) in found.items():
        told = {
            "kind": "record",
            "subject": subject,
            "href": f"/c/{here.slug}/record/{subject}",
            "reason": f"来自别处，那里已经删去。 It was removed where this comes from: {sent.report.manifest['site']}",
            "by": str(by)[:60],
        }
        removal = Removal(
            community_id=here.id,
            project_id=row.id,
            kind=told["kind"],
            subject=subject,
            href=told["href"],
            ground=ground,
            reason=told["reason"],
            person_id=lead,
            by_name=told["by"],
            at=tx.now,
            hashes=sorted(hashes),
        )
        tx.session.add(removal)
        tx.session.flush()
        record_event(
            tx,
            "words.redacted",
            community_id=here.id,
            project_id=row.id,
            person_id=lead,
            data={**told, "person": person.public_id},
            public={"removal": removal.public_id, "ground": ground, "hashes": removal.hashes},
        )
        made[name] = removal
    return made


def _version(tx: Tx, sent: Sent) -> MethodVersion:
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


def _origin(tx: Tx, sent: Sent, row: Project, sha256: str, length: int) -> ProjectOrigin:
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
