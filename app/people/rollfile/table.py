"""A spreadsheet as rows of text. What comes from outside is decoded in a child process, with limits."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_CELL = 400
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 100
SECONDS = 60


def _refuse(sentence: Phrase) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def read_table(data: bytes) -> list[list[str]]:
    """The rows of the first sheet, cells as trimmed text. The format is told by the content, never by the name."""
    if not data:
        raise _refuse(phrase("The file is empty."))
    if len(data) > MOST_BYTES:
        raise _refuse(phrase("The file is larger than 10 MB."))
    if data.startswith(b"PK\x03\x04"):
        _check_zip(data)
    elif not data.startswith(b"\xd0\xcf\x11\xe0") and _looks_binary(data):
        raise _refuse(phrase("This is not a spreadsheet. Send the file as xlsx, xls, ods or csv."))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.people.rollfile.child"],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=Path(__file__).resolve().parents[3],
        )
    except subprocess.TimeoutExpired:
        raise _refuse(phrase("Reading this file takes too long. Save it again as csv and send that.")) from None
    if done.returncode != 0:
        raise _refuse(phrase("This file can't be read. Open it, save it again as xlsx or csv, and send that."))
    answer = json.loads(done.stdout)
    if answer["too_large"]:
        raise _refuse(
            phrase(
                "The sheet has more than %(rows)s rows or %(columns)s columns.", rows=MOST_ROWS, columns=MOST_COLUMNS
            )
        )
    rows: list[list[str]] = answer["rows"]
    if not any(any(row) for row in rows):
        raise _refuse(phrase("The file has no rows."))
    return rows


def _looks_binary(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return b"\x00" in data[:4096] or data[:5] in (b"%PDF-",) or data[:4] in (b"\x89PNG", b"GIF8", b"Rar!", b"\x7fELF")


def _check_zip(data: bytes) -> None:
    """Refuse archives that would burst, hide or lie, before any library opens them."""
    bad = _refuse(phrase("This file can't be read. Open it, save it again as xlsx or csv, and send that."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise bad from None
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > 2000 or unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(len(data), 1):
        raise _refuse(phrase("This file unpacks to more than a roll can need."))
    for entry in entries:
        name = entry.filename
        if entry.flag_bits & 1:
            raise _refuse(phrase("This file is protected by a password. Take the protection off and send it again."))
        if (
            name.startswith(("/", "\\"))
            or ".." in name.replace("\\", "/").split("/")
            or (entry.external_attr >> 28) == 0xA
        ):
            raise bad
