"""A zip from anywhere, opened with care: nothing in it leaves its place, is hidden, or swells beyond its limits."""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app.dossier.manifest import FIXED

MOST_FILES = 20_000
MOST_BYTES = 8 << 30  # unpacked
MOST_RATIO = 200  # how often a file may be as long as it is packed; ours are thirty times at most
MOST_READ = 16 << 20  # of a file that is read whole
MOST_LINE = 16 << 20
CHUNK = 1 << 16
_HEAD = struct.Struct("<4s5H3L2H")
_LONG = struct.Struct("<2H2Q")
_END = struct.Struct("<4s4H2LH")
_MOST = 0xFFFFFFFF
_CHANGED = "can't be unpacked: its bytes were changed"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class Bad(Exception):
    """What is wrong with an archive: the file in it, or "" for the archive itself, and a sentence."""

    def __init__(self, file: str, says: str) -> None:
        super().__init__(f"{file}: {says}" if file else says)
        self.file, self.says = file, says


class Archive:
    """An archive whose structure was looked at before anything in it was read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.zip = archive
        self.infos = {info.filename: info for info in archive.infolist()}

    @property
    def names(self) -> set[str]:
        """The files in it."""
        return set(self.infos)

    def read(self, name: str, most: int = MOST_READ) -> bytes:
        """A small file, whole."""
        info = self._info(name)
        if info.file_size > most:
            raise Bad(name, f"is longer than {most >> 20} MB, which such a file never is")
        return b"".join(self._parts(info))

    def digest(self, name: str) -> tuple[str, int]:
        """SHA-256 and size of a file, never whole in memory."""
        digest, size = hashlib.sha256(), 0
        for part in self._parts(self._info(name)):
            digest.update(part)
            size += len(part)
        return digest.hexdigest(), size

    def copy(self, name: str, out: IO[bytes]) -> None:
        """Copy a file out into an open one."""
        for part in self._parts(self._info(name)):
            out.write(part)

    def lines(self, name: str) -> None:
        """Refuse a file with a line that is too long to be read."""
        rest = 0
        for part in self._parts(self._info(name)):
            first, *others = part.split(b"\n")
            rest += len(first)
            if rest > MOST_LINE:
                raise Bad(name, f"has a line longer than {MOST_LINE >> 20} MB")
            if others:
                rest = len(others[-1])

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = self.infos.get(name)
        if info is None:
            raise Bad(name, "is missing")
        return info

    def _parts(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """A file piece by piece, from its bytes as they lie there: all of them are its own, and none is left over."""
        size = 0
        for part in _unpacked(self.zip, info):
            size += len(part)
            if size > info.file_size:
                break
            yield part
        if size != info.file_size:
            raise Bad(info.filename, _CHANGED)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    packed = _packed(archive, info)
    if info.compress_type == zipfile.ZIP_STORED:
        yield from packed
        return
    unpack = zlib.decompressobj(-15)
    try:
        for part in packed:
            while part and not unpack.eof:
                yield unpack.decompress(part, CHUNK)
                part = unpack.unconsumed_tail
            if unpack.unused_data or part:
                raise Bad(info.filename, _CHANGED)
        while not unpack.eof:
            rest = unpack.decompress(b"", CHUNK)
            if not rest and not unpack.eof:
                raise Bad(info.filename, _CHANGED)
            yield rest
    except zlib.error:
        raise Bad(info.filename, _CHANGED) from None


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    file: Any = archive.fp
    file.seek(info.header_offset)
    raw = file.read(_HEAD.size)
    if len(raw) != _HEAD.size or raw[:4] != b"PK\x03\x04":
        raise Bad(info.filename, _CHANGED)
    head = _HEAD.unpack(raw)
    at, left = info.header_offset + _HEAD.size + head[9] + head[10], info.compress_size
    while left:
        file.seek(at)  # somebody else may have read meanwhile
        part = file.read(min(CHUNK, left))
        if not part:
            raise Bad(info.filename, _CHANGED)
        at, left = at + len(part), left - len(part)
        yield part


@contextmanager
def opened(source: Path | IO[bytes], *, ours: bool = True) -> Iterator[Archive]:
    """Open an archive. ``ours``: laid out as a dossier is, so that no byte of it lies outside what is listed."""
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError):
        raise Bad("", "This is not a zip archive, or it was cut off.") from None
    with archive:
        _look(archive)
        if ours:
            _look_close(archive)
        yield Archive(archive)


def _look(archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise Bad("", f"The archive has {len(infos)} files; no dossier has more than {MOST_FILES}.")
    seen: set[str] = set()
    total = 0
    for info in infos:
        name = info.filename
        # The name as it is written, before anything was made of it: no folder above, no drive, no other slash.
        if info.orig_filename != name or not _NAME.fullmatch(name) or len(name) > 200:
            raise Bad(repr(name)[:80], "has a name that could lead outside the folder it is unpacked into")
        if name.casefold() in seen:
            raise Bad(name, "is there twice")
        seen.add(name.casefold())
        if not 0 <= info.header_offset < archive.start_dir:
            raise Bad(name, _CHANGED)
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Bad(name, "is locked, or packed in a way that dossiers are not")
        if info.external_attr >> 16 & 0o170000 not in (0, 0o100000):
            raise Bad(name, "is a link or something else that is not a file")
        total += info.file_size
        if info.file_size > MOST_RATIO * max(info.compress_size, 1) + CHUNK or total > MOST_BYTES:
            raise Bad(name, "would swell beyond all measure when it is unpacked")


def _look_close(archive: zipfile.ZipFile) -> None:
    """Nothing before, between and after the files that are listed, and no words of its own in any head."""
    file: Any = archive.fp
    at = 0
    for info in sorted(archive.infolist(), key=lambda item: item.header_offset):
        file.seek(info.header_offset)
        raw = file.read(_HEAD.size)
        if info.header_offset != at or len(raw) != _HEAD.size:
            raise Bad(info.filename, "doesn't begin where the file before it ends: something lies between")
        head = _HEAD.unpack(raw)
        name, extra = file.read(head[9]), file.read(head[10])
        if name != info.filename.encode() or not _plain(info, head, extra):
            raise Bad(info.filename, "is headed otherwise than a dossier heads its files")
        at += _HEAD.size + len(name) + len(extra) + info.compress_size
    begins: int = archive.start_dir
    file.seek(0, 2)
    length = file.tell()
    listed = sum(46 + len(info.filename) + len(info.extra) for info in archive.infolist())
    long = length == begins + listed + 76 + _END.size  # how a very long archive ends
    if archive.comment or begins != at or not (long or length == begins + listed + _END.size):
        raise Bad("", "Something lies after the last file of the archive.")
    file.seek(length - _END.size)
    end = _END.unpack(file.read(_END.size))
    n = len(archive.infolist())
    if not long and end != (b"PK\x05\x06", 0, 0, n, n, listed, begins, 0):
        raise Bad("", "The archive ends otherwise than a dossier does.")


def _plain(info: zipfile.ZipInfo, head: tuple[Any, ...], extra: bytes) -> bool:
    """Whether what stands before a file, and in the directory at the end, says only what it must."""
    sign, version, flags, method, clock, day, crc, packed, size, *_ = head
    sizes = (info.file_size, info.compress_size)
    if extra:  # room for sizes beyond four gigabytes
        told = _LONG.unpack(extra) if len(extra) == _LONG.size and (packed, size) == (_MOST, _MOST) else ()
        sizes_hold = told == (1, 16, *sizes)
    else:
        sizes_hold = (size, packed) == sizes
    return (
        sizes_hold
        and (sign, flags, method, clock, day) == (b"PK\x03\x04", 0, info.compress_type, 0, 33)
        and (info.date_time, info.comment, info.flag_bits) == (FIXED, b"", 0)
        and (info.external_attr, info.internal_attr, info.create_system) == (0o644 << 16, 0, 3)
        and (info.volume, info.reserved, crc) == (0, 0, info.CRC)
        and version == info.extract_version == info.create_version
    )
