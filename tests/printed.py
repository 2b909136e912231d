"""What stands in a PDF: its words as a reader's program would take them out, page by page, and what it says of itself."""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf


def opened(data: bytes) -> pikepdf.Pdf:
    """A PDF from its bytes."""
    return pikepdf.open(io.BytesIO(data))


def signs_of(font: Any) -> dict[bytes, str]:
    """What each glyph's number stands for, from the font's own table."""
    table = bytes(font.ToUnicode.read_bytes()).decode("latin-1")
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for glyph, words in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
            found[bytes.fromhex(glyph)] = bytes.fromhex(words).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, words in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", block):
            start = int(words, 16)
            for n in range(int(last, 16) - int(first, 16) + 1):
                found[(int(first, 16) + n).to_bytes(2, "big")] = chr(start + n)
    return found


def words_of(stream: Any) -> str:
    """The words that a page, or a drawing within it, shows."""
    fonts = {str(name): signs_of(font) for name, font in (stream.Resources.get("/Font") or {}).items()}
    said, signs = [], {}
    for operands, operator in pikepdf.parse_content_stream(stream):
        if str(operator) == "Tf":
            signs = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            data = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            assert b"\0\0" not in [data[at : at + 2] for at in range(0, len(data), 2)], "a glyph that stands for none"
            said.append("".join(signs[data[at : at + 2]] for at in range(0, len(data), 2)))
        elif str(operator) == "Do":
            inner = stream.Resources.XObject[str(operands[0])]
            if inner.Subtype == "/Form":
                said.append(words_of(inner))
    return "".join(said)


def pages_of(data: bytes) -> list[str]:
    """The words of each page."""
    with opened(data) as pdf:
        return [words_of(page.obj) for page in pdf.pages]


def text_of(data: bytes) -> str:
    """All words of a PDF."""
    return "".join(pages_of(data))
