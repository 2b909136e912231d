"""What a feature adds to a step: kinds of activities and gates, listeners to a step's close, what presses.

Nobody compares the names of kinds: one asks what the kind declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, url_for

from app.core.module import Module
from app.core.transaction import Tx
from app.engine.errors import NotFound
from app.engine.gates import GateResult, GateState
from app.engine.method import Activity, ActivitySpec, Catalogue, Gate, GateSpec, Method, Step, Text
from app.engine.phrase import Phrase
from app.engine.windows import Window
from app.people.actor import Actor
from app.people.places import Community
from app.projects.parts import DossierPart


@dataclass(frozen=True)
class ActivityRef:
    """One run of an activity as its module sees it: where it belongs, its settings, and its window now."""

    id: int
    public_id: str
    community_id: int
    slug: str
    project_id: int
    project_public_id: str
    project_title: str
    step_run_id: int
    step: str
    activity: Activity
    window: Window
    scope: Mapping[str, Any]
    facilitator_id: int
    running: bool

    @property
    def is_open(self) -> bool:
        return self.window.state == "open"

    @property
    def href(self) -> str:
        """The address of the activity's page."""
        return url_for(kind_of(self).endpoint, slug=self.slug, public_id=self.public_id)


@dataclass(frozen=True)
class GateRef:
    """One gate of a step that is open, with the activity it looks at."""

    community_id: int
    slug: str
    project_id: int
    project_public_id: str
    step_run_id: int
    gate: Gate
    activity: ActivityRef | None


@dataclass(frozen=True)
class Summary:
    """An activity in two sentences: how it stands, and what is asked of a reader now, if anything.

    ``verb`` is the word on the button; ``actions`` are those one of which a reader needs to be asked.
    """

    says: Phrase
    ask: Phrase | Text | None = None
    verb: Phrase | None = None
    due: int | None = None
    action: str = ""


@dataclass(frozen=True)
class Question:
    """A question that was asked in an activity and has no answer: its first words, and where it stands."""

    text: str
    href: str


@dataclass(frozen=True)
class ActivityKind:
    """A kind of activity. ``summaries`` answers many at once, in their order, with a fixed number of queries.

    ``record`` gives canonical data (keys, numbers, people's own words; instants and money as integers), which
    ``record_template`` renders as a section of the outcome record, with ``part`` bound to the data.
    """

    spec: ActivitySpec
    title: Phrase
    endpoint: str
    summaries: Callable[[Sequence[ActivityRef], int], Sequence[Summary]]
    record: Callable[[ActivityRef, int], dict[str, Any]]
    record_template: str
    answered: Callable[[Sequence[ActivityRef], Actor], set[int]] | None = (
        None  # of which a reader has done what is asked
    )
    opened: Callable[[Tx, ActivityRef], None] | None = None
    resumed: Callable[[Tx, ActivityRef, int], None] | None = None  # told since when its project had rested
    # Of each of them, what keeps the decision it comes after from being adopted; None: nothing any more.
    holds: Callable[[Sequence[ActivityRef], int], Sequence[Phrase | None]] | None = None
    undone: Callable[[Tx, ActivityRef], None] | None = None  # told when the decision it comes after holds no more
    # Of each of them, what somebody asked there and nobody has answered, oldest first.
    asks: Callable[[Sequence[ActivityRef], int], Sequence[Sequence[Question]]] | None = None
    own_times: bool = False  # its module sets and freezes its window; nobody else does


@dataclass(frozen=True)
class GateKind:
    """A kind of gate. ``judge`` answers many at once, in their order, with a fixed number of queries."""

    spec: GateSpec
    title: Phrase
    judge: Callable[[Sequence[GateRef], int], Sequence[GateResult]]


@dataclass(frozen=True)
class StepEnded:
    """What a listener is told when a run of a step closes, within the same transaction."""

    community_id: int
    slug: str
    project_id: int
    project_public_id: str
    step_run_id: int
    method: Method
    step: Step
    attempt: int
    opened_at: int
    closed_at: int
    gates: tuple[GateState, ...]
    activities: tuple[ActivityRef, ...]
    person_id: int
    by_name: str


@dataclass(frozen=True)
class OnStepClosed:
    """A listener to the close of a step."""

    run: Callable[[Tx, StepEnded], None]


@dataclass(frozen=True)
class Pressing:
    """Something at a community's desk that can't wait: what it is, about what, where, and by when."""

    says: Phrase
    about: str
    href: str
    due: int | None = None


@dataclass(frozen=True)
class Presses:
    """A feature's part of what the console puts first, found with a fixed number of queries."""

    find: Callable[[Community, int], Sequence[Pressing]]


@dataclass(frozen=True)
class Kinds:
    """All kinds of this application."""

    activities: Mapping[str, ActivityKind] = field(default_factory=dict)
    gates: Mapping[str, GateKind] = field(default_factory=dict)
    on_step_closed: tuple[OnStepClosed, ...] = ()
    presses: tuple[Presses, ...] = ()
    dossier: tuple[DossierPart, ...] = ()

    @property
    def catalogue(self) -> Catalogue:
        """What a method file may name."""
        return Catalogue(
            activities={key: kind.spec for key, kind in self.activities.items()},
            gates={key: kind.spec for key, kind in self.gates.items()},
        )


def register_kinds(app: Flask, modules: Iterable[Module]) -> None:
    """Collect what the modules provide. Two kinds of one name are an error of the programmer."""
    activities: dict[str, ActivityKind] = {}
    gates: dict[str, GateKind] = {}
    listeners: list[OnStepClosed] = []
    presses: list[Presses] = []
    parts: list[DossierPart] = []
    for module in modules:
        for thing in module.provides:
            if isinstance(thing, ActivityKind):
                if thing.spec.kind in activities:
                    raise ValueError(f"activity kind {thing.spec.kind} twice")
                activities[thing.spec.kind] = thing
            elif isinstance(thing, GateKind):
                if thing.spec.kind in gates:
                    raise ValueError(f"gate kind {thing.spec.kind} twice")
                gates[thing.spec.kind] = thing
            elif isinstance(thing, OnStepClosed):
                listeners.append(thing)
            elif isinstance(thing, Presses):
                presses.append(thing)
            elif isinstance(thing, DossierPart):
                parts.append(thing)
            else:
                raise TypeError(f"{module.name} provides {thing!r}, which nobody knows")
    app.extensions["qiding.kinds"] = Kinds(
        activities, gates, tuple(listeners), tuple(presses), tuple(sorted(parts, key=lambda part: part.order))
    )


def kinds() -> Kinds:
    """The kinds of the present application."""
    found: Kinds = current_app.extensions["qiding.kinds"]
    return found


def kind_of(ref: ActivityRef) -> ActivityKind:
    """What the activity's kind declares."""
    return kinds().activities[ref.activity.kind]


def only(spec: ActivitySpec, ref: ActivityRef) -> ActivityRef:
    """An activity for the pages and commands of its own kind; to those of another kind it isn't there."""
    if ref.activity.kind != spec.kind:
        raise NotFound
    return ref
