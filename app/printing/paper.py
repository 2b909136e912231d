"""A printed sheet: what it is made of, and how a child process makes it. The same sheet is the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno

from app.core.i18n import gettext, language
from app.engine.errors import DomainError
from app.engine.phrase import phrase
from app.printing import fonts, words

FORMS = Path(__file__).parent / "forms"
SIZES = ("a4", "a3")
AT_ONCE = 2
PATIENCE = 20
FOOT_ROOM = 56
places_to_set = threading.BoundedSemaphore(AT_ONCE)


class CannotPrint(DomainError):
    """No sheet could be made: something isn't installed, or the machine has no room for it now."""

    status = 503
    code = "cannot_print"


@dataclass(frozen=True)
class Paper:
    """A sheet to be made. ``data`` fills the form; ``at`` is its date; ``mark`` is the fingerprint in its foot.

    ``pictures`` are JPEG or SVG files by the names that the form knows them by.
    """

    form: str
    title: str
    at: int
    data: Mapping[str, Any]
    mark: str = ""
    size: str = "a4"
    lang: str = field(default_factory=language)
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What the sheet is made of, as a hash: equal keys, equal bytes."""
        drawn = {name: hashlib.sha256(file).hexdigest() for name, file in self.pictures.items()}
        said = json.dumps(
            [self.form, self.title, self.at, self.data, self.mark, self.size, self.lang, drawn],
            ensure_ascii=False,
            sort_keys=True,
            default=str,
        )
        return hashlib.sha256(said.encode() + _forms_hash()).hexdigest()


@lru_cache(maxsize=1)
def _forms_hash() -> bytes:
    forms = b"".join(path.read_bytes() for path in sorted(FORMS.glob("*.typ")))
    return hashlib.sha256(forms).digest()


def code(address: str) -> str:
    """A code to scan, as a drawing."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def require() -> None:
    """Refuse, naming what is missing, where nothing can be printed."""
    missing = fonts.lacking()
    if missing:
        raise CannotPrint(
            phrase(
                "Nothing can be made for printing here yet: %(names)s is missing. Print the page itself.",
                names=", ".join(missing),
            )
        )


def render(paper: Paper) -> bytes:
    """The PDF of a sheet."""
    require()
    lost: dict[str, None] = {}
    fitted = words.fit({**paper.data, "foot": foot_of(paper)}, fonts.signs(), lost)
    data = {
        **fitted,
        "title": paper.title,  # the file's own title is never drawn
        "lang": "en" if paper.lang == "en" else "zh",
        "paper": paper.size,
        "lost": _lost(lost),
    }
    order = {"form": paper.form, "at": paper.at, "fonts": str(fonts.folder()), "data": data}
    order["pictures"] = {name: b64encode(file).decode() for name, file in paper.pictures.items()}
    if not places_to_set.acquire(timeout=PATIENCE):
        raise CannotPrint(phrase("Too many sheets are being made now. Please try again in a moment."))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.printing.child"],
            input=json.dumps(order, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=40,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
    except subprocess.TimeoutExpired:
        raise CannotPrint(phrase("This sheet took too long to make. Print the page itself.")) from None
    finally:
        places_to_set.release()
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        raise RuntimeError(f"{paper.form}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def foot_of(paper: Paper) -> dict[str, str]:
    """What the foot of every page says: the title, cut to one line, and the first signs of the fingerprint."""
    short = " ".join(paper.mark[at : at + 4] for at in range(0, 16, 4))
    return {"mark": gettext("Fingerprint %(mark)s", mark=short) if paper.mark else "", "title": _short(paper.title)}


def _short(title: str) -> str:
    """A title cut so that it stays on the one line of the foot; a Chinese sign is as wide as two letters."""
    room = FOOT_ROOM
    for at, sign in enumerate(title):
        room -= 1 if sign.isascii() else 2
        if room < 0:
            return title[:at].rstrip() + "…"
    return title


def _lost(lost: dict[str, None]) -> str:
    if not lost:
        return ""
    said: str = gettext(
        "A ruled space stands for a sign that this printer’s type has not got; write it by hand: %(signs)s.",
        signs=words.names(lost),
    )
    return said
