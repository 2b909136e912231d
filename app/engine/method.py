"""A method: who takes part, in which stages and steps, by which activities, and what must hold before a step closes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from app.engine.catalogue import ActivitySpec, Catalogue, GateSpec, SettingSpec, fraction
from app.engine.errors import Invalid, NotFound
from app.engine.method_check import check_method
from app.engine.phrase import plural_phrase

__all__ = [
    "Activity",
    "ActivitySpec",
    "Catalogue",
    "Gate",
    "GateSpec",
    "Method",
    "Ring",
    "SettingSpec",
    "Stage",
    "Step",
    "Text",
    "fraction",
    "read_method",
]


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Text:
    """A name or sentence of a method in both languages."""

    zh_Hans: str  # noqa: N815 - the locale's own name
    en: str

    def get(self, lang: str) -> str:
        """The text for a language code such as "zh-Hans" or "en_GB"; Chinese for a language we don't have."""
        return self.en if lang.lower().startswith("en") else self.zh_Hans

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True)
class Ring:
    """One of the forces that take part."""

    key: str
    title: Text
    who: Text


@dataclass(frozen=True)
class Stage:
    """A group of neighbouring steps."""

    key: str
    title: Text


class _Configured:
    """Typed reading of ``settings``; a wrong name or type is a programming error, for the file was checked."""

    settings: Mapping[str, object]

    def whole(self, name: str) -> int:
        """A setting that is a whole number."""
        value = self.settings[name]
        assert isinstance(value, int), name
        return value

    def flag(self, name: str) -> bool:
        """A setting that is true or false."""
        value = self.settings[name]
        assert isinstance(value, bool), name
        return value

    def word(self, name: str) -> str:
        """A setting that is one word."""
        value = self.settings[name]
        assert isinstance(value, str), name
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A setting that is a list of words."""
        value = self.settings[name]
        assert isinstance(value, tuple), name
        return value

    def share(self, name: str) -> Fraction:
        """A setting that is a fraction."""
        return fraction(self.settings[name])

    def text(self, name: str) -> Text:
        """A setting that is a text in both languages."""
        value = self.settings[name]
        assert isinstance(value, Text), name
        return value


@dataclass(frozen=True)
class Activity(_Configured):
    """Something people do within a step.

    ``who`` maps each action to the rings that may do it. ``after`` is the activity of the same step whose end it
    waits for. ``opens_day`` counts days from the opening of the step (or the end of ``after``); ``open_days`` is how
    long it stays open, None for as long as the step does.
    """

    key: str
    kind: str
    title: Text
    settings: Mapping[str, object] = field(default_factory=_nothing, hash=False)
    after: str | None = None
    who: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing, hash=False)
    opens_day: int = 0
    open_days: int | None = None


@dataclass(frozen=True)
class Gate(_Configured):
    """A condition that must hold before its step closes; its kind explains it."""

    key: str
    kind: str
    activity: str | None = None
    settings: Mapping[str, object] = field(default_factory=_nothing, hash=False)


@dataclass(frozen=True)
class Step:
    """One fixing: what it asks of people, what they do, what must hold, and the record it leaves."""

    key: str
    number: int
    stage: str
    seal: str
    title: Text
    asks: Text
    rings: tuple[str, ...]
    activities: tuple[Activity, ...]
    gates: tuple[Gate, ...]
    record: Text

    def activity(self, key: str) -> Activity:
        """The activity with this key, else NotFound."""
        return _named(self.activities, key)

    def gate(self, key: str) -> Gate:
        """The gate with this key, else NotFound."""
        return _named(self.gates, key)


@dataclass(frozen=True)
class Method:
    """A whole method, as one version of one file gives it."""

    key: str
    version: str
    title: Text
    summary: Text
    provenance: Text
    rings: tuple[Ring, ...]
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]

    def step(self, key: str) -> Step:
        """The step with this key, else NotFound."""
        return _named(self.steps, key)

    def index(self, step_key: str) -> int:
        """The place of a step, from 0."""
        return self.step(step_key).number - 1

    def after(self, step_key: str) -> Step | None:
        """The step that follows, None after the last."""
        following = self.index(step_key) + 1
        return self.steps[following] if following < len(self.steps) else None

    def ring(self, key: str) -> Ring:
        """The ring with this key, else NotFound."""
        return _named(self.rings, key)

    def stage(self, key: str) -> Stage:
        """The stage with this key, else NotFound."""
        return _named(self.stages, key)

    def step_of(self, activity_key: str) -> Step:
        """The step that has the activity, else NotFound; activity keys are unique in a method."""
        for step in self.steps:
            if any(activity.key == activity_key for activity in step.activities):
                return step
        raise NotFound

    def activity(self, key: str) -> Activity:
        """The activity with this key in whichever step, else NotFound."""
        return self.step_of(key).activity(key)


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


_Thing = TypeVar("_Thing", bound=_Keyed)


def _named(things: Iterable[_Thing], key: str) -> _Thing:
    for thing in things:
        if thing.key == key:
            return thing
    raise NotFound


def read_method(source: str, catalogue: Catalogue) -> Method:
    """The method written in ``source`` (TOML); raises Invalid, whose ``fields`` list every problem by line."""
    problems = check_method(source, catalogue)
    if problems:
        raise Invalid(
            plural_phrase(
                "The method file has %(n)s problem. Line %(line)s, %(key)s: %(problem)s",
                "The method file has %(n)s problems. The first is in line %(line)s, %(key)s: %(problem)s",
                len(problems),
                line=problems[0].line,
                key=problems[0].key,
                problem=problems[0].message,
            ),
            {
                f"{place}. line {problem.line}, {problem.key}": problem.message
                for place, problem in enumerate(problems, 1)
            },
        )
    raw = tomllib.loads(source)
    return Method(
        key=raw["key"],
        version=raw["version"],
        title=_text(raw["title"]),
        summary=_text(raw["summary"]),
        provenance=_text(raw["provenance"]),
        rings=tuple(Ring(ring["key"], _text(ring["title"]), _text(ring["who"])) for ring in raw["rings"]),
        stages=tuple(Stage(stage["key"], _text(stage["title"])) for stage in raw["stages"]),
        steps=tuple(_step(number, step, catalogue) for number, step in enumerate(raw["steps"], 1)),
    )


def _text(raw: Mapping[str, str]) -> Text:
    return Text(zh_Hans=raw["zh_Hans"], en=raw["en"])


def _step(number: int, raw: Mapping[str, Any], catalogue: Catalogue) -> Step:
    return Step(
        key=raw["key"],
        number=number,
        stage=raw["stage"],
        seal=raw["seal"],
        title=_text(raw["title"]),
        asks=_text(raw["asks"]),
        rings=tuple(raw["rings"]),
        activities=tuple(_activity(activity, catalogue) for activity in raw.get("activities", ())),
        gates=tuple(_gate(gate, catalogue) for gate in raw["gates"]),
        record=_text(raw["record"]),
    )


def _activity(raw: Mapping[str, Any], catalogue: Catalogue) -> Activity:
    spec = catalogue.activities[raw["kind"]]
    settings = _settings(raw.get("settings", {}), spec.settings)
    open_days = raw.get("open_days")
    if open_days is None and spec.timed_by is not None:
        open_days = settings[spec.timed_by]
    return Activity(
        key=raw["key"],
        kind=raw["kind"],
        title=_text(raw["title"]),
        settings=settings,
        after=raw.get("after"),
        who=MappingProxyType({action: tuple(rings) for action, rings in raw["who"].items()}),
        opens_day=raw.get("opens_day", 0),
        open_days=open_days,
    )


def _gate(raw: Mapping[str, Any], catalogue: Catalogue) -> Gate:
    return Gate(
        key=raw.get("key", raw["kind"]),
        kind=raw["kind"],
        activity=raw.get("activity"),
        settings=_settings(raw.get("settings", {}), catalogue.gates[raw["kind"]].settings),
    )


def _settings(raw: Mapping[str, Any], specs: Iterable[SettingSpec]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for spec in specs:
        value = raw.get(spec.name, spec.default)
        if spec.type == "text" and isinstance(value, Mapping):
            value = _text(value)
        elif spec.type == "strs" and isinstance(value, list):
            value = tuple(value)
        values[spec.name] = value
    return MappingProxyType(values)
