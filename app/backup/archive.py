"""The file of a backup: a zip of the database and the media, a list of both with their hashes, and a sum over the whole.

The sum stands in the last 64 bytes: SHA-256 of the file as if those were zeros. So a byte that changed anywhere is found
by reading the file once, and a file that is cut short has no sum.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORMAT = "qiding/backup/v1"
MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
MEDIA = "media/"
CHUNK = 1 << 20
NO_SUM = b"0" * 64
PART = re.compile(r"media/[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class Unsound(Exception):
    """Why a file is no backup that can be trusted, in one sentence."""


class _Summed:
    """A file that is only written to, and summed on the way; zipfile takes it for a pipe."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out, self.sum = out, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        return self.out.write(data)

    def flush(self) -> None:
        self.out.flush()


class Writer:
    """Takes the parts one after the other, and the list of them at the end."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self.zipped = zipped
        self.parts: dict[str, dict[str, Any]] = {}

    def add(self, name: str, source: Path, *, packed: bool = False) -> str:
        """Copy a file in under a name; returns its SHA-256. FileNotFoundError leaves nothing of it."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as read, self.zipped.open(info, "w", force_zip64=True) as out:
            while data := read.read(CHUNK):
                digest.update(data)
                size += len(data)
                out.write(data)
        self.parts[name] = {"sha256": digest.hexdigest(), "bytes": size}
        return digest.hexdigest()

    def end(self, manifest: dict[str, Any]) -> None:
        """Write the list of parts, last."""
        told = {"format": FORMAT, **manifest, "parts": self.parts}
        data = json.dumps(told, ensure_ascii=False, indent=1).encode()
        self.zipped.writestr(zipfile.ZipInfo(MANIFEST), data, zipfile.ZIP_DEFLATED)


@contextmanager
def written(target: Path) -> Iterator[Writer]:
    """A new backup under its final name, or nothing: written aside, readable by its owner only, synced and renamed."""
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            summed: Any = _Summed(out)
            with zipfile.ZipFile(summed, "w", compresslevel=3) as zipped:
                zipped.comment = NO_SUM
                yield Writer(zipped)
            out.seek(-len(NO_SUM), os.SEEK_END)
            out.write(summed.sum.hexdigest().encode())
            out.flush()
            os.fsync(out.fileno())
        os.link(part, target)  # unlike a renaming, never in the place of another backup
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Backup:
    """A backup opened for reading: its list was read, nothing else was compared yet."""

    def __init__(self, file: Path, zipped: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
        self.file, self.zipped, self.manifest = file, zipped, manifest

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """The parts by name, each with its hash and its length."""
        found: dict[str, dict[str, Any]] = self.manifest["parts"]
        return found

    @property
    def engine(self) -> str:
        """Which kind of database it is of."""
        return str(self.manifest["engine"])

    def summed(self) -> bool:
        """Whether the sum over the whole file holds."""
        digest, rest = hashlib.sha256(), self.file.stat().st_size - len(NO_SUM)
        with self.file.open("rb") as read:
            while rest and (data := read.read(min(CHUNK, rest))):
                digest.update(data)
                rest -= len(data)
            told = read.read()
        digest.update(NO_SUM)
        return told == digest.hexdigest().encode()

    def wrong_parts(self) -> Iterator[str]:
        """Parts that are not what the list says, each with what is wrong."""
        for name, told in self.parts.items():
            try:
                digest = hashlib.sha256()
                for data in self._read(name):
                    digest.update(data)
            except Unsound as unsound:
                yield str(unsound)
                continue
            if digest.hexdigest() != told["sha256"]:
                yield f"{name}: its bytes were changed"
        for name in sorted(set(self.zipped.namelist()) - {MANIFEST, *self.parts}):
            yield f"{name}: is in the file and not in its list"

    def extract(self, name: str, target: Path) -> None:
        """Copy a part out, durably, comparing its hash on the way."""
        digest = hashlib.sha256()
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            for data in self._read(name):
                digest.update(data)
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != self.parts[name]["sha256"]:
            raise Unsound(f"{name}: its bytes were changed")

    def _read(self, name: str) -> Iterator[bytes]:
        try:
            with self.zipped.open(name) as read:
                while data := read.read(CHUNK):
                    yield data
        except KeyError:
            raise Unsound(f"{name}: is missing") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise Unsound(f"{name}: its bytes were changed") from None


@contextmanager
def opened(file: Path) -> Iterator[Backup]:
    """Open a backup and read its list; Unsound says why it is none."""
    try:
        zipped = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        with file.open("rb") as read:
            begins = read.read(4) == b"PK\x03\x04"
        raise Unsound("is cut short, or its end was changed" if begins else "is no backup of Qiding") from None
    with zipped:
        yield Backup(file, zipped, _manifest(zipped))


def _manifest(zipped: zipfile.ZipFile) -> dict[str, Any]:
    names = zipped.namelist()
    if MANIFEST not in names:
        raise Unsound("is no backup of Qiding: it has no list of parts")
    try:
        told = json.loads(zipped.read(MANIFEST))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RecursionError, NotImplementedError, RuntimeError):
        raise Unsound(f"{MANIFEST}: its bytes were changed") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Unsound(f"is no backup of the form {FORMAT}")
    if told.get("engine") not in DATABASE or not isinstance(told.get("parts"), dict):
        raise Unsound(f"{MANIFEST}: doesn't say what it must")
    database = DATABASE[told["engine"]]
    if database not in told["parts"]:
        raise Unsound(f"{database}: is missing")
    for name in told["parts"]:
        if name != database and PART.fullmatch(name) is None:
            raise Unsound(f"{name!r}: is no name of a part")
    return told
