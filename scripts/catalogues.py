"""The catalogues as the sources want them: extraction and comparison, for translations.py and check_translations.py."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh_Hans", "en")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext", "phrase")),
    **dict.fromkeys(("ngettext", "plural_phrase"), (1, 2)),
}
PLACE = re.compile(r"%\((\w+)\)[sd]")

Id = str | tuple[str, str]


def wanted() -> list[Id]:
    """Every msgid of the sources, sorted."""
    options = {pattern: {"trimmed": "true"} for pattern, kind in METHODS if kind == "jinja2"}
    found = extract_from_dir(str(ROOT / "app"), METHODS, options, keywords=KEYWORDS)
    return sorted(
        {message if isinstance(message, str) else tuple(message[:2]) for _, _, message, _, _ in found}, key=str
    )


def path_of(language: str) -> Path:
    """Where a language's catalogue stands."""
    return ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> dict[Id, tuple[str, ...]]:
    """A catalogue as msgid to its forms; an absent one is empty."""
    if not path_of(language).exists():
        return {}
    with path_of(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {_id(m.id): (m.string,) if isinstance(m.string, str) else tuple(m.string) for m in catalogue if m.id}


def _id(found: str | list[str] | tuple[str, ...]) -> Id:
    return found if isinstance(found, str) else (found[0], found[1])


def write(language: str, forms: dict[Id, tuple[str, ...]]) -> None:
    """Write a catalogue, sorted, without places and dates: its history shows words only."""
    catalogue = Catalog(locale=language, project="Qiding", header_comment="# Qiding", fuzzy=False)
    for msgid in sorted(forms, key=str):
        string = forms[msgid]
        catalogue[msgid] = Message(msgid, string if isinstance(msgid, tuple) else string[0])
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=120, no_location=True, omit_header=False, sort_output=True)
    lines = path_of(language).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(('"POT-Creation', '"PO-Revision', '"Generated-By'))]
    path_of(language).write_text("\n".join(kept) + "\n", encoding="utf-8")


def plurals(language: str) -> int:
    """How many plural forms a language has here."""
    return 1 if language.startswith("zh") else 2


def faults(language: str) -> list[str]:
    """What is missing, left over or wrong in a catalogue, one sentence each."""
    has, sentences = read(language), []
    need = wanted()
    for msgid in need:
        forms = has.get(msgid)
        if not forms or not all(forms):
            sentences.append(f"{language}: not translated: {msgid!r}")
            continue
        places = set(PLACE.findall(msgid if isinstance(msgid, str) else msgid[1]))
        for form in forms[-1:]:
            if set(PLACE.findall(form)) != places:
                sentences.append(f"{language}: places differ: {msgid!r} / {form!r}")
        if isinstance(msgid, tuple) and len(forms) != plurals(language):
            sentences.append(f"{language}: {len(forms)} plural forms: {msgid!r}")
    sentences += [f"{language}: no longer used: {msgid!r}" for msgid in has.keys() - set(need)]
    return sentences
