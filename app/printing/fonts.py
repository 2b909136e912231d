"""The fonts that printed sheets are set in, and which signs they have."""

from __future__ import annotations

import struct
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

FONTS = "pylopdf_fonts_zh_cn"  # Noto Sans SC and Noto Serif SC, whole, under the SIL Open Font License
NEEDED = {"typst": "typst", FONTS: "pylopdf-fonts-zh-cn"}


def lacking() -> list[str]:
    """The packages that printing needs and that aren't installed."""
    return [name for module, name in NEEDED.items() if find_spec(module) is None]


def folder() -> Path:
    """Where the fonts lie."""
    found = find_spec(FONTS)
    if found is None or found.origin is None:
        raise FileNotFoundError(FONTS)
    return Path(found.origin).parent


@lru_cache(maxsize=1)
def signs() -> frozenset[int]:
    """The code points that at least one of the fonts can draw; typst takes each sign from the first that has it."""
    found: set[int] = set()
    for path in folder().glob("*.otf"):
        found |= signs_of(path.read_bytes())
    return frozenset(found)


def signs_of(font: bytes) -> set[int]:
    """The code points in an OpenType font's table of signs (``cmap``, format 12, which all large fonts have)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    cmap = next(
        start
        for tag, _, start, _ in (struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(tables))
        if tag == b"cmap"
    )
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    found: set[int] = set()
    for n in range(count):
        _, _, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * n)
        form, _, _, _, groups = struct.unpack_from(">HHIII", font, cmap + offset)
        if form == 12:
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, cmap + offset + 16 + 12 * group)
                found.update(range(first, last + 1))
    return found
