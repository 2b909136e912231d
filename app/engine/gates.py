"""Gates: what must hold before a step closes, and who let one pass without it and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.engine.phrase import Phrase


@dataclass(frozen=True)
class Missing:
    """One thing a gate still wants, with the page where it is done."""

    phrase: Phrase
    href: str | None = None


@dataclass(frozen=True)
class GateResult:
    """What a gate's kind found: ``says`` tells what holds, or what the gate asks."""

    key: str
    kind: str
    met: bool
    says: Phrase
    missing: tuple[Missing, ...] = ()
    waivable: bool = False


@dataclass(frozen=True)
class Waiver:
    """A gate let pass by a named person (``by`` their public id) for a public reason, at an instant."""

    gate: str
    by: str
    by_name: str
    reason: str
    at: int


@dataclass(frozen=True)
class GateState:
    """A gate's result together with the waiver that stands against it, if any."""

    result: GateResult
    waiver: Waiver | None = None

    @property
    def state(self) -> Literal["met", "waived", "open"]:
        """How the gate stands; one that came to be met after its waiver is met."""
        if self.result.met:
            return "met"
        # The kind's word is asked again: a waiver of what may never be waived opens nothing.
        return "waived" if self.waiver is not None and self.result.waivable else "open"

    @property
    def holds(self) -> bool:
        """Whether the gate lets its step close."""
        return self.state != "open"


def weigh(results: Sequence[GateResult], waivers: Iterable[Waiver]) -> tuple[GateState, ...]:
    """Each result, in order, with its waiver."""
    by_gate = {waiver.gate: waiver for waiver in waivers}
    return tuple(GateState(result, by_gate.get(result.key)) for result in results)


def all_hold(states: Iterable[GateState]) -> bool:
    """Whether every gate lets its step close."""
    return all(state.holds for state in states)
