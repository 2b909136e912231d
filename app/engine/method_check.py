"""Checking a method file: every problem in it, with its line, so that an author can mend it in one go."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.catalogue import Catalogue, SettingSpec
from app.engine.method_fields import (
    ACTIVITY,
    GATE,
    METHOD,
    RING,
    STAGE,
    STEP,
    Key,
    Place,
    Problem,
    Report,
    check_keys,
    check_settings,
    missing,
    strings,
    tables,
    unknown,
)
from app.engine.phrase import phrase
from app.engine.toml_lines import find_lines

__all__ = ["Problem", "check_method"]

_AT_LINE = re.compile(r"at line (\d+)")


def check_method(source: str, catalogue: Catalogue) -> list[Problem]:
    """Every problem of a method file, by line; none when it can be read."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        told = _AT_LINE.search(str(error))
        line = int(told[1]) if told else len(source.splitlines())
        return [Problem(max(line, 1), "", phrase("This can't be read as TOML: %(detail)s", detail=str(error)))]
    check = _Check(catalogue, Report(find_lines(source)))
    check.method(raw)
    return sorted(check.report.problems, key=lambda problem: (problem.line, problem.key))


@dataclass(frozen=True)
class _Item:
    """One table of a list: where it is, its content, and its key ("" when it has none to refer to)."""

    place: Place
    raw: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class _Known:
    """An activity as gates and ``after`` see it."""

    step: int
    index: int
    kind: object


@dataclass
class _Check:
    catalogue: Catalogue
    report: Report
    rings: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    activities: dict[str, _Known] = field(default_factory=dict)
    acting: set[str] = field(default_factory=set)

    def method(self, raw: Mapping[str, Any]) -> None:
        root = Place()
        check_keys(self.report, root, raw, METHOD)
        rings = self._items(root, raw, "rings", RING)
        stages = self._items(root, raw, "stages", STAGE)
        steps = self._items(root, raw, "steps", STEP)
        self.rings = [ring.key for ring in rings if ring.key]
        self.stages = [stage.key for stage in stages if stage.key]
        for items in (rings, stages, steps):
            self._once(items)
        activities = [self._items(step.place, step.raw, "activities", ACTIVITY) for step in steps]
        gates = [self._items(step.place, step.raw, "gates", GATE, default="kind") for step in steps]
        self._once(activity for group in activities for activity in group)
        self._once(gate for group in gates for gate in group)
        for number, group in enumerate(activities):
            for index, activity in enumerate(group):
                self.activities.setdefault(activity.key, _Known(number, index, activity.raw.get("kind")))
        furthest = 0
        for number, step in enumerate(steps):
            furthest = self._step(step, furthest)
            for index, activity in enumerate(activities[number]):
                self._activity(activity, number, index)
            if not step.raw.get("gates"):
                self.report.add(
                    step.place.at("gates"), phrase("A step needs a gate, or nothing decides that it is done.")
                )
            for gate in gates[number]:
                self._gate(gate, number)
        for ring in rings:
            if ring.key and ring.key not in self.acting:
                self.report.add(ring.place, phrase("“%(name)s” may do nothing in any activity.", name=ring.key))

    def _items(
        self, parent: Place, raw: Mapping[str, Any], name: str, keys: Mapping[str, Key], default: str = "key"
    ) -> list[_Item]:
        items = []
        for index, table in enumerate(tables(raw.get(name))):
            key = table.get("key", table.get(default))
            place = parent.item(name, index, key)
            check_keys(self.report, place, table, keys)
            items.append(_Item(place, table, key if isinstance(key, str) else ""))
        return items

    def _once(self, items: Iterable[_Item]) -> None:
        first: dict[str, Place] = {}
        for item in items:
            if not item.key:
                continue
            if item.key in first:
                line = self.report.line(first[item.key].at("key"))
                twice = phrase("The key “%(name)s” is taken: see line %(line)s.", name=item.key, line=line)
                self.report.add(item.place.at("key"), twice)
            first.setdefault(item.key, item.place)

    def _step(self, step: _Item, furthest: int) -> int:
        """Check a step's own keys; the furthest stage that the steps have come to."""
        seal = step.raw.get("seal")
        if isinstance(seal, str) and not (len(seal) == 1 and unicodedata.name(seal, "").startswith("CJK UNIFIED")):
            self.report.add(step.place.at("seal"), phrase("A seal is exactly one Chinese character."))
        for ring in strings(step.raw.get("rings")):
            if ring not in self.rings:
                self.report.add(step.place.at("rings"), unknown(ring, self.rings))
        stage = step.raw.get("stage")
        if not isinstance(stage, str):
            return furthest
        if stage not in self.stages:
            self.report.add(step.place.at("stage"), unknown(stage, self.stages))
            return furthest
        if self.stages.index(stage) < furthest:
            back = phrase(
                "The steps went on to “%(later)s” before: stages never go backwards.", later=self.stages[furthest]
            )
            self.report.add(step.place.at("stage"), back)
        return max(furthest, self.stages.index(stage))

    def _activity(self, activity: _Item, number: int, index: int) -> None:
        kind, who, after = activity.raw.get("kind"), activity.raw.get("who"), activity.raw.get("after")
        spec = self.catalogue.activities.get(kind) if isinstance(kind, str) else None
        if isinstance(kind, str) and spec is None:
            self.report.add(activity.place.at("kind"), unknown(kind, sorted(self.catalogue.activities)))
        if spec is not None:
            self._settings(activity, spec.settings)
        if isinstance(who, dict):
            if not who:
                self.report.add(activity.place.at("who"), phrase("Say which ring may do what here."))
            for action, rings in who.items():
                self._who(activity.place.at("who").at(action), action, rings, spec.actions if spec else None)
        if isinstance(after, str):
            known = self.activities.get(after)
            if known is None:
                self.report.add(activity.place.at("after"), unknown(after, list(self.activities)))
            elif known.step != number or known.index >= index:
                later = phrase("“%(name)s” doesn't come earlier in this step.", name=after)
                self.report.add(activity.place.at("after"), later)

    def _who(self, place: Place, action: str, rings: object, actions: tuple[str, ...] | None) -> None:
        if actions is not None and action not in actions:
            self.report.add(place, unknown(action, actions))
        if not isinstance(rings, list) or not rings or len(strings(rings)) != len(rings):
            self.report.add(place, phrase("Write a list of rings."))
        for ring in strings(rings):
            if ring not in self.rings:
                self.report.add(place, unknown(ring, self.rings))
            self.acting.add(ring)

    def _gate(self, gate: _Item, number: int) -> None:
        kind, activity = gate.raw.get("kind"), gate.raw.get("activity")
        if not isinstance(kind, str):
            return
        spec = self.catalogue.gates.get(kind)
        if spec is None:
            self.report.add(gate.place.at("kind"), unknown(kind, sorted(self.catalogue.gates)))
            return
        self._settings(gate, spec.settings)
        place = gate.place.at("activity")
        kinds = ", ".join(spec.needs_activity)
        if activity is None:
            if spec.needs_activity:
                self.report.add(place, missing("activity"))
            return
        known = self.activities.get(activity) if isinstance(activity, str) else None
        if not spec.needs_activity:
            self.report.add(place, phrase("This kind of gate looks at no activity."))
        elif isinstance(activity, str) and known is None:
            self.report.add(place, unknown(activity, list(self.activities)))
        elif known is not None and known.step > number:
            self.report.add(place, phrase("“%(name)s” belongs to a later step.", name=activity))
        elif known is not None and known.kind not in spec.needs_activity:
            looks = phrase("This gate looks at: %(kinds)s. “%(name)s” is something else.", kinds=kinds, name=activity)
            self.report.add(place, looks)

    def _settings(self, item: _Item, specs: Iterable[SettingSpec]) -> None:
        settings = item.raw.get("settings", {})
        if isinstance(settings, dict):
            check_settings(self.report, item.place.at("settings"), settings, specs)
