"""People's words made fit for print: signs that no font has leave a ruled space, and are named below the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any

SPACE = "\ue000"  # stands for a ruled space; the forms draw it, and it never reaches the sheet as a sign
NAMED = 12
# What XML can't hold, and halves of signs: nobody sees them.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")


def fit(value: Any, known: Collection[int], lost: dict[str, None]) -> Any:
    """``value`` with every text in it made printable; the signs that were left out are added to ``lost``, in order."""
    if isinstance(value, str):
        return _text(value, known, lost)
    if isinstance(value, dict):
        return {key: fit(item, known, lost) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fit(item, known, lost) for item in value]
    return value


def _text(text: str, known: Collection[int], lost: dict[str, None]) -> str:
    if text.isascii() and text.isprintable():
        return text
    out = []
    for sign in _UNSEEN.sub("", text):
        if sign == "\n" or ord(sign) in known:
            out.append(sign)
        elif sign.isspace():
            out.append(" ")
        elif unicodedata.category(sign) != "Cc":
            lost[sign] = None
            out.append(SPACE)
    return "".join(out)


def writable(text: str) -> str:
    """A text without what the files of office programs can't hold."""
    return _UNWRITABLE.sub("", text)


def names(lost: Collection[str]) -> str:
    """The code points of signs that were left out, such as ``U+20BB7``."""
    shown = ", ".join(f"U+{ord(sign):04X}" for sign in list(lost)[:NAMED])
    return shown + (", …" if len(lost) > NAMED else "")
