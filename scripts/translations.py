"""Bring the catalogues up to date with the sources: ``translations.py [FILE.json …]``.

English stands for itself. Chinese keeps what it has, takes what the JSON files (msgid to text) bring, and the rest is listed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from catalogues import LANGUAGES, Id, faults, plurals, read, wanted, write

# msgids that are names of what stands there rather than the words themselves
ENGLISH = {"passed-seal": "PASS", "chop-fixed": "FIXD", "back-seal": "↩"}


def english(msgid: Id) -> tuple[str, ...]:
    """A msgid's own words."""
    return msgid if isinstance(msgid, tuple) else (ENGLISH.get(msgid, msgid),)


def main(files: list[str]) -> None:
    """Write both catalogues and list what is missing."""
    brought: dict[str, str] = {}
    for name in files:
        brought |= json.loads(Path(name).read_text(encoding="utf-8"))
    for language in LANGUAGES:
        has = read(language)
        forms: dict[Id, tuple[str, ...]] = {}
        for msgid in wanted():
            key = msgid if isinstance(msgid, str) else msgid[0]
            if language == "en":
                forms[msgid] = english(msgid)
            elif key in brought:
                forms[msgid] = (brought[key],) * plurals(language)
            else:
                forms[msgid] = has.get(msgid, ("",) * (plurals(language) if isinstance(msgid, tuple) else 1))
        write(language, forms)
        for sentence in faults(language):
            print(sentence)


if __name__ == "__main__":
    main(sys.argv[1:])
