"""Bad and odd values by kind of field: the rows of the reliability note that forms can meet."""

from __future__ import annotations

import os
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

FULL = os.environ.get("QIDING_PROFILE") == "full"  # every value in every field: ``make fuzz``
PADDING = "，这里要写得够长才行，所以再多写几句话，一共写到三十个字以上。"
BLANK = ("", "   ", "\u3000", "\u200b")  # T1
BROKEN = (
    "a\x00b",
    "a\x07b",
    b"a\xff\xfeb",
    b"a\xed\xa0\x80b",
    "a" + "\u0301" * 500,
)  # T3, T6; bytes are sent as they are
TWO_LINES = ("a\r\nBcc: a@b", "a\r\nSet-Cookie: x=1", "a\nb")  # T10
ODD = (  # T4, T7, T9: kept as they are
    "𠮷野家👨‍👩‍👧㐂",
    "\u202eabc",
    "<script>alert(1)</script>",
    '"onfocus=alert(1) ',
    "<svg onload=alert(1)>",
    "{{7*7}}${7*7}",
    "' OR 1=1--",
    '";DROP TABLE x',
    "100%_",
    "=1+1",
    "１２",
)
NUMBERS = ("-1", "2147483648", "9223372036854775808", "1e309", "NaN", "1_000", "١", "1.5", "0x1", "9" * 400)  # N1
AMOUNTS = ("-0.01", "89,5", "1e9", "1.234", "1_000", "١", "NaN", "9" * 30, "12 34", "--1", "1,2,3")  # N2
DAYS = (
    "2026-02-30",
    "0000-01-01",
    "10000-01-01",
    "2026-3-8",
    "8 March",
    "2026-13-01",
    "9999-12-31",
    "1900-01-01",
    "٢٠٢٦-٠١-٠١",
)  # D1
CHOICES = ("", "no such thing", "-1", "' OR 1=1")  # C1
KEYS = ("", "k" * 41, "k" * 10_000, "a\x00b")  # K1
ELSEWHERE = (
    "javascript:alert(1)",
    "//evil.example",
    "\\evil",
    "/\\evil.example",
    "http:evil.example",
    "/\t/evil",
    "/a\r\nX: y",
)  # U1
PAGES = ("-1", "0", "x", "1e9", "9" * 30, "9" * 5000, "%00", "1;", "")  # Q1
ODD_QUERIES = (
    *PAGES,
    *(quote_plus(text) for text in ("(a+)+$", "*" * 10_000, "' OR 1=1--", "%", "_", "\u202e", "＊")),
)
# Whatever any page reads from its address, found in the sources: what is read tomorrow is tried tomorrow.
READ = re.compile(r'args\.get(?:list)?\(\s*"([\w.]+)"')
NAMES = sorted(
    {
        name
        for file in (Path(__file__).parents[1] / "app").rglob("*.py")
        for name in READ.findall(file.read_text("utf-8"))
    }
)
MANY_FIELDS = "&".join(f"f{n}=x" for n in range(10_000)).encode()  # H1
BODIES: tuple[dict[str, Any], ...] = (  # H1, H2: other kinds of bodies, whole and broken
    {"data": "{]", "content_type": "application/json"},
    {"data": "[" * 10_000, "content_type": "application/json"},
    {"data": b"\xff\xfe", "content_type": "multipart/form-data; boundary=x"},
    {"data": MANY_FIELDS, "content_type": "application/x-www-form-urlencoded"},
)
EXTRA = {
    "role": "administrator",
    "weight": "999",
    "person_id": "1",
    "user_id": "1",
    "live": "1",
    "community_id": "2",
}  # H1


@dataclass(frozen=True)
class File:
    """A file to be sent."""

    name: str
    data: bytes


def _png(width: int, height: int) -> bytes:
    """A picture that only says how large it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


JPEG_HEAD = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
PHOTOS = (  # F1, F2, F5
    File("empty.jpg", b""),
    File("a.php.jpg", b"<?php echo 1;"),
    File("page.png", b"<html><script>alert(1)</script></html>"),
    File("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    File("large.png", _png(50_000, 50_000)),
    File("../../cut.jpg", JPEG_HEAD),
)
TOO_LARGE = File("large.jpg", JPEG_HEAD + b"\0" * (10 * 1024 * 1024))


MEGABYTE = ("长" * 400_000).encode()  # T2: more than any form takes


def shown(value: Any) -> bool:
    """Whether a refused page can show a value again."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) < 500
