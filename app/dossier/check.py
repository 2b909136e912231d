"""The check of a dossier: its structure, its list and signature, each file, each record, each vote, in this order."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.dossier import manifest as names
from app.dossier.archive import Archive, Bad, opened
from app.engine import notes
from app.engine.canonical import canon, sha256_hex
from app.engine.merkle import is_included
from app.engine.notes import BadNote, VerifierKey
from app.proof import verify
from app.proof.kept import BUNDLE
from app.records.kept import JSON as RECORD
from app.records.kept import read as read_record

# The keys that are known here of a log, by its origin; empty where it isn't known.
Known = Callable[[str], Sequence[str]]
EACH = ("bundle.json", "poll.json", "result.json", "record.json", "checkpoints.json", "README.txt", "verify.py")


@dataclass
class Report:
    """What was looked at, in plain sentences, and the first thing that is wrong."""

    said: list[str] = field(default_factory=list)
    wrong: Bad | None = None
    manifest: dict[str, Any] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def raise_if_wrong(self) -> None:
        """Raise what is wrong, if anything is."""
        if self.wrong is not None:
            raise self.wrong


def check(path: Path, *, key: str = "", known: Known | None = None, bundles: bool = True) -> Report:
    """Check a dossier. ``key`` is the key that is expected; ``bundles`` says whether each vote is checked anew."""
    report = Report()
    try:
        with opened(path) as archive:
            dossier = _Dossier(archive, report)
            dossier.structure()
            dossier.listed()
            dossier.signature(key, known)
            dossier.files()
            dossier.checkpoint()
            dossier.facts()
            dossier.records()
            if bundles:
                dossier.votes()
    except Bad as wrong:
        report.wrong = wrong
    return report


class _Dossier:
    """A dossier under check; each check keeps what those after it need."""

    def __init__(self, archive: Archive, report: Report) -> None:
        self.archive, self.report = archive, report

    def say(self, sentence: str) -> None:
        self.report.said.append(sentence)

    def structure(self) -> None:
        n = len(self.archive.names)
        self.say(
            f"The archive: {n} files, each with a plain name, nothing hidden between them, none beyond its limits."
        )

    def json(self, name: str) -> dict[str, Any]:
        """A file that holds one value in its one form."""
        raw = self.archive.read(name)
        try:
            value = json.loads(raw)
            if isinstance(value, dict) and canon(value) == raw:
                return value
        except (ValueError, RecursionError):
            pass
        raise Bad(name, "is not JSON in its one form")

    def listed(self) -> None:
        manifest = self.report.manifest = self.json(names.MANIFEST)
        try:
            self.origin, self.listing = manifest["origin"], manifest["files"]
            self.key = notes.read_key(manifest["key"])
            self.keys = [str(key) for key in manifest["keys"]]
            sound = all(
                isinstance(item["kind"], str) and isinstance(item["sha256"], str) and isinstance(item["size"], int)
                for item in self.listing.values()
            )
            sound = (
                sound and isinstance(manifest["project"]["id"], str) and isinstance(manifest["community"]["id"], str)
            )
        except (KeyError, TypeError, AttributeError, BadNote):
            sound = False
        if not sound or manifest.get("format") != names.FORMAT:
            raise Bad(names.MANIFEST, "is not the list of a dossier, or of another format")
        here, wanted = self.archive.names, {*self.listing, names.MANIFEST, names.SIGNATURE}
        for name in sorted(wanted - here):
            raise Bad(name, "is on the list, and missing")
        for name in sorted(here - wanted):
            raise Bad(name, "is not on the list: somebody put it in")
        for name in (names.INDEX, names.PROJECT, names.METHOD, names.CHECKPOINT, names.KEY):
            if name not in self.listing:
                raise Bad(name, "is not on the list, and belongs to every dossier")
        self.say(f"The list: it names these {len(here)} files, and no others.")

    def signature(self, key: str, known: Known | None) -> None:
        raw = self.archive.read(names.MANIFEST)
        project = self.report.manifest["project"]["id"]
        try:
            text = notes.verify(self.archive.read(names.SIGNATURE).decode(), self.key)
        except (BadNote, ValueError) as error:
            raise Bad(names.SIGNATURE, f"doesn't sign the list: {error}") from None
        if self.key.name != self.origin or text != names.signed_text(self.origin, project, raw):
            raise Bad(names.SIGNATURE, "signs another list than the one that is here")
        self.say(f"The signature: the list is signed by the key {self.key}")
        self.trust(key, known)

    def trust(self, key: str, known: Known | None) -> None:
        mine = (str(self.key), self.key.public.hex())
        if key and key not in mine:
            raise Bad(names.SIGNATURE, f"is by another key than the one you gave. This one signed: {self.key}")
        found = known(self.origin) if known is not None else ()
        if found and self.key.public.hex() not in found:
            raise Bad(names.SIGNATURE, "is by a key that the log of this community, which is known here, has never had")
        if key:
            self.say("The key: it is the one you gave.")
        elif found:
            self.say("The key: the log of this community, which is known here, names it.")
        else:
            self.say(
                "The key: nothing here says whose it is. Compare it with the one on the notice board, and give it with "
                "--key."
            )

    def files(self) -> None:
        total = 0
        for name, listed in sorted(self.listing.items()):
            found, size = self.archive.digest(name)
            if (found, size) != (listed["sha256"], listed["size"]):
                raise Bad(name, "is not what the list says: its SHA-256 or its size is another one")
            total += size
        self.say(f"The files: {len(self.listing)} compared with their SHA-256, {total:,} bytes in all.")

    def checkpoint(self) -> None:
        said = self.report.manifest.get("checkpoint", {})
        self.point = self._point(names.CHECKPOINT, self.archive.read(names.CHECKPOINT))
        if (self.point.size, self.point.root.hex()) != (said.get("size"), said.get("root")):
            raise Bad(names.CHECKPOINT, "is another one than the list names")
        if self.archive.read(names.KEY) != f"{self.key}\n".encode():
            raise Bad(names.KEY, "holds another key than the one that signed")
        self.say(f"The checkpoint: the log had {self.point.size} entries, root {self.point.root.hex()}, signed.")

    def _point(self, name: str, note: bytes) -> notes.Checkpoint:
        try:
            point = notes.read_checkpoint(notes.verify(note.decode(), self.key))
        except (BadNote, ValueError) as error:
            raise Bad(name, f"has no checkpoint that the key signed: {error}") from None
        if point.origin != self.origin:
            raise Bad(name, "has a checkpoint of another log")
        return point

    def facts(self) -> None:
        facts, manifest = self.json(names.PROJECT), self.report.manifest
        self.report.project = facts
        try:
            same = facts["format"] == names.PROJECT_FORMAT
            same = same and facts["project"]["id"] == manifest["project"]["id"]
            same = same and facts["community"] == manifest["community"]
            same = same and self.origin == f"qiding/log/{facts['community']['id']}"
            self.told = {item["path"]: (item["id"], item["sha256"]) for item in facts["records"]}
            method = facts["method"]["sha256"]
        except (KeyError, TypeError):
            same, method = False, ""
        if not same:
            raise Bad(names.PROJECT, "tells of another project than the list")
        if sha256_hex(self.archive.read(names.METHOD)) != method:
            raise Bad(names.METHOD, "is another method than the project's")
        kept = {name for name, item in self.listing.items() if item["kind"] == RECORD}
        if kept != set(self.told):
            raise Bad(min(kept ^ set(self.told)), "is a record that is listed in one place and not in the other")

    def records(self) -> None:
        gone: dict[tuple[str, str], set[str]] = {}
        for path, (public_id, sha256) in self.told.items():
            try:
                record = read_record(self.archive.read(path))
            except ValueError as error:
                raise Bad(path, f"can't be a record: {error}") from None
            if record.sha256 != sha256 or record.project != self.report.manifest["project"]["id"]:
                raise Bad(path, "is not the record that the project's list of records names")
            told = {"kind": "record.published", "record": public_id, "sha256": sha256}
            self._included(names.inclusion_path(public_id), "record", public_id, told)
            for hashed, (removal, ground) in record.removed.items():
                gone.setdefault((removal, ground), set()).add(hashed)
        self.say(
            f"The records: {len(self.told)}, each with the hash under which it was published, in an entry of the log "
            "that the checkpoint covers."
        )
        for (removal, ground), hashes in sorted(gone.items()):
            told = {"kind": "words.redacted", "removal": removal, "ground": ground}
            self._included(names.removal_path(removal), "removal", removal, told, hashes)
            self.say(
                f"Removed because the law bade it ({ground}): {len(hashes)} passages, as an entry of the log says."
            )

    def _included(
        self, path: str, what: str, public_id: str, told: dict[str, str], hashes_named: Iterable[str] = ()
    ) -> None:
        """That an entry of the log tells this of a record or a removal, and the checkpoint covers it."""
        head, blank, note = self.archive.read(path).decode(errors="replace").partition("\n\n")
        lines = [line.partition(" ") for line in head.split("\n")]
        try:
            values = [(name, value) for name, _, value in lines]
            assert [name for name, _ in values[:4]] == [names.INCLUSION_FORMAT, what, "index", "entry"]
            index, entry = int(values[2][1]), json.loads(values[3][1])
            hashes = [bytes.fromhex(value) for name, value in values[4:] if name == "hash"]
            same = {**entry, **told, "seq": index} == entry and values[1][1] == public_id
            same = same and {*hashes_named} <= {*entry.get("hashes", ())}
        except (AssertionError, ValueError, KeyError, TypeError, IndexError):
            raise Bad(path, f"doesn't lead from a {what} to the checkpoint") from None
        point = self._point(path, note.encode()) if blank else None
        if point != self.point or not same:
            raise Bad(path, f"tells of another {what}, or of another checkpoint")
        if not is_included(values[3][1].encode(), index, point.size, hashes, point.root):
            raise Bad(path, "doesn't lead to the root of the checkpoint: the log held another entry there")

    def votes(self) -> None:
        found = sorted(name for name, item in self.listing.items() if item["kind"] == BUNDLE)
        for name in found:
            with tempfile.TemporaryFile() as file:
                self.archive.copy(name, file)
                file.seek(0)
                self._vote(name, file)
        checks = f"{len(verify.CHECKS)} checks of verify.py"
        self.say(f"The votes: {len(found)}, each put through the {checks}." if found else "The votes: none was over.")

    def _vote(self, name: str, file: Any) -> None:
        try:
            with opened(file, ours=False) as inner:
                for item in inner.names:
                    if item in EACH:
                        inner.read(item)
                    else:
                        inner.lines(item)
                listed = json.loads(inner.read("bundle.json"))
        except (Bad, ValueError, RecursionError) as wrong:
            raise Bad(name, f"can't be read: {wrong}") from None
        if not isinstance(listed, dict) or listed.get("origin") != self.origin:
            raise Bad(name, "is of a vote in another community")
        file.seek(0)
        for step in verify.check(file):
            if step.state == "failed":
                title, _, sentence = verify.words(step, "en")
                raise Bad(name, f"{title}: {sentence}")
            if step.name == "keys" and notes.read_key(step.values["key"]).public.hex() not in self.keys:
                raise Bad(name, "is of a log that another key signs")


def key_of(manifest: dict[str, Any]) -> VerifierKey:
    """The key of a checked manifest."""
    return notes.read_key(manifest["key"])


def checkpoint_of(path: Path) -> str:
    """The checkpoint's note of a checked dossier."""
    with opened(path) as archive:
        return archive.read(names.CHECKPOINT).decode()
