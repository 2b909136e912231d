"""The shape of a method file's tables: which keys each has, of which type, and the report of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from app.engine.catalogue import SettingSpec, fraction
from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase
from app.engine.toml_lines import Lines, Path

LANGUAGES = ("zh_Hans", "en")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Problem:
    """What is wrong at a line; ``key`` names the place as in "steps.plan.gates.ballot_passed.activity"."""

    line: int
    key: str
    message: Phrase


@dataclass(frozen=True)
class Place:
    """Somewhere in the file: ``path`` finds its line, ``label`` tells it to the author."""

    path: Path = ()
    label: tuple[str, ...] = ()

    def at(self, name: str) -> Place:
        """The key ``name`` of this table."""
        return Place((*self.path, name), (*self.label, name))

    def item(self, name: str, index: int, key: object) -> Place:
        """The table number ``index`` of the list ``name``, called by its key if it has one."""
        called = key if isinstance(key, str) and key else f"#{index + 1}"
        return Place((*self.path, name, index), (*self.label, name, called))


@dataclass
class Report:
    """The problems found so far."""

    lines: Lines
    problems: list[Problem] = field(default_factory=list)

    def add(self, place: Place, message: Phrase) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(self.line(place), ".".join(place.label), message))

    def line(self, place: Place) -> int:
        """The line of a place, or of the table that ought to have it."""
        return self.lines.line(place.path)


@dataclass(frozen=True)
class Key:
    """A key that a table may have. A ``name`` is what others refer to; ``strs`` and ``tables`` are lists."""

    type: Literal["name", "str", "int", "text", "strs", "table", "tables"]
    required: bool = True
    minimum: int = 0


METHOD = {
    "key": Key("name"),
    "version": Key("str"),
    "title": Key("text"),
    "summary": Key("text"),
    "provenance": Key("text"),
    "rings": Key("tables"),
    "stages": Key("tables"),
    "steps": Key("tables"),
}
RING = {"key": Key("name"), "title": Key("text"), "who": Key("text")}
STAGE = {"key": Key("name"), "title": Key("text")}
STEP = {
    "key": Key("name"),
    "stage": Key("str"),
    "seal": Key("str"),
    "title": Key("text"),
    "asks": Key("text"),
    "rings": Key("strs"),
    "record": Key("text"),
    "activities": Key("tables", required=False),
    # Required as well, but by a rule of its own with a sentence of its own.
    "gates": Key("tables", required=False),
}
ACTIVITY = {
    "key": Key("name"),
    "kind": Key("str"),
    "title": Key("text"),
    "who": Key("table"),
    "after": Key("str", required=False),
    "settings": Key("table", required=False),
    "opens_day": Key("int", required=False),
    "open_days": Key("int", required=False, minimum=1),
}
GATE = {
    "key": Key("name", required=False),
    "kind": Key("str"),
    "activity": Key("str", required=False),
    "settings": Key("table", required=False),
}


def check_keys(report: Report, place: Place, table: Mapping[str, Any], keys: Mapping[str, Key]) -> None:
    """Report the unknown, missing and wrongly typed keys of one table."""
    for name in table:
        if name not in keys:
            report.add(place.at(name), unknown(name, keys))
    for name, key in keys.items():
        if name not in table:
            if key.required:
                report.add(place.at(name), missing(name))
        elif key.type == "text":
            check_text(report, place.at(name), table[name])
        else:
            wrong = _wrong(key, table[name])
            if wrong is not None:
                report.add(place.at(name), wrong)


def check_settings(report: Report, place: Place, settings: Mapping[str, Any], specs: Iterable[SettingSpec]) -> None:
    """Report the settings that the kind doesn't have, wants and lacks, or that have another type or value."""
    by_name = {spec.name: spec for spec in specs}
    for name, value in settings.items():
        if name not in by_name:
            report.add(place.at(name), unknown(name, by_name))
        elif by_name[name].type == "text":
            check_text(report, place.at(name), value)
        else:
            wrong = _wrong_setting(by_name[name], value)
            if wrong is not None:
                report.add(place.at(name), wrong)
    for name, spec in by_name.items():
        if spec.required and name not in settings:
            report.add(place.at(name), missing(name))


def check_text(report: Report, place: Place, value: object) -> None:
    """Report what a text in both languages lacks."""
    if not isinstance(value, dict):
        report.add(place, phrase('Write the text in both languages: { zh_Hans = "…", en = "…" }.'))
        return
    for language in LANGUAGES:
        told = value.get(language)
        if not isinstance(told, str) or not told.strip():
            report.add(place.at(language), phrase("The text for %(language)s is missing.", language=language))
    for language in value:
        if language not in LANGUAGES:
            report.add(place.at(language), unknown(language, LANGUAGES))


def missing(name: str) -> Phrase:
    """A key that has to be there isn't."""
    return phrase("“%(name)s” is missing.", name=name)


def unknown(name: str, known: Collection[str]) -> Phrase:
    """A name that nothing here has, with those that it may have meant."""
    close = get_close_matches(name, list(known), n=2, cutoff=0.6)
    if close:
        return phrase("“%(name)s” isn't known here. Did you mean %(close)s?", name=name, close=" / ".join(close))
    if known:
        return phrase("“%(name)s” isn't known here. Known are: %(known)s.", name=name, known=", ".join(known))
    return phrase("“%(name)s” isn't known here: there are none.", name=name)


def tables(value: object) -> list[dict[str, Any]]:
    """The tables of a list, an empty one for anything else; its type is reported elsewhere."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    return []


def strings(value: object) -> list[str]:
    """The strings of a list, an empty one for anything else; its type is reported elsewhere."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _wrong(key: Key, value: object) -> Phrase | None:
    if key.type == "name" and not (isinstance(value, str) and _KEY.fullmatch(value)):
        return phrase("Write a small letter, then small letters, digits or _: at most 40 in all.")
    if key.type == "str" and not (isinstance(value, str) and value.strip()):
        return phrase("Write it in quotation marks.")
    if key.type == "int":
        return _wrong_number(value, key.minimum)
    if key.type == "strs" and not (value and len(strings(value)) == len(_as_list(value))):
        return phrase('Write a list of words in quotation marks: ["…", "…"].')
    if key.type == "table" and not isinstance(value, dict):
        return phrase("Write a table: { … }.")
    if key.type == "tables" and not (value and len(tables(value)) == len(_as_list(value))):
        return phrase("Write one table for each, under a heading in double brackets.")
    return None


def _wrong_setting(spec: SettingSpec, value: object) -> Phrase | None:
    if spec.type == "int":
        return _wrong_number(value, spec.minimum)
    if spec.type == "bool":
        return None if isinstance(value, bool) else phrase("Write true or false.")
    if spec.type == "fraction":
        try:
            share = fraction(value)
        except Invalid as refusal:
            return refusal.message
        if spec.minimum is not None and share <= 0:
            return phrase("More than nothing: a share above 0/1.")
        return None
    if spec.type == "strs":
        if not value or len(strings(value)) != len(_as_list(value)):
            return phrase('Write a list of words in quotation marks: ["…", "…"].')
    elif not (isinstance(value, str) and value.strip()):
        return phrase("Write it in quotation marks.")
    written = strings(value) if spec.type == "strs" else [str(value)]
    other = next((word for word in written if spec.choices and word not in spec.choices), None)
    return unknown(other, spec.choices) if other is not None else None


def _wrong_number(value: object, least: int | None) -> Phrase | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return phrase("Write a whole number.")
    if least is not None and value < least:
        return phrase("At least %(least)s.", least=least)
    return None


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
