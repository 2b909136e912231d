"""What a feature adds to a step: kinds of activities and gates, listeners to a step's close, what presses.

Nobody compares the names of kinds: one asks what the kind declares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

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
from app.projects.published import Dates, Searchable, Unlisted

T = TypeVar("T")


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
    # What it came to, for the notice that comes after it: numbers, and words in both languages; None: nothing yet.
    figures: Callable[[ActivityRef, int], dict[str, Any] | None] | None = None
    # Told when it opens in a project that was begun as a copy, with the same activity of the one copied from.
    copied: Callable[[Tx, ActivityRef, ActivityRef], None] | None = None
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
class Speaks:
    """A feature's part of who took part in runs of activities, found with a fixed number of queries.

    Who ``follows`` is told of every later outcome of the project too.
    """

    find: Callable[[Sequence[int]], Iterable[int]]
    follows: bool = False


@dataclass(frozen=True)
class Coming:
    """Something with an hour that those of a community may come to: when, what it is, about what, where."""

    at: int
    what: Phrase
    title: str
    place: str
    href: str


@dataclass(frozen=True)
class Comings:
    """A feature's part of what is to come in some communities, soonest first, found with a fixed number of queries."""

    find: Callable[[Sequence[Community], int], Sequence[Coming]]


@dataclass(frozen=True)
class Kinds:
    """All kinds of this application."""

    activities: Mapping[str, ActivityKind] = field(default_factory=dict)
    gates: Mapping[str, GateKind] = field(default_factory=dict)
    searchables: Mapping[str, Searchable] = field(default_factory=dict)
    others: Mapping[type[object], Sequence[object]] = field(default_factory=dict)

    def every(self, kind: type[T]) -> tuple[T, ...]:
        """All things of one of the types in ``LISTED``, in the order of the modules."""
        return tuple(thing for thing in self.others[kind] if isinstance(thing, kind))

    @property
    def catalogue(self) -> Catalogue:
        """What a method file may name."""
        return Catalogue(
            activities={key: kind.spec for key, kind in self.activities.items()},
            gates={key: kind.spec for key, kind in self.gates.items()},
        )


LISTED: tuple[type[object], ...] = (OnStepClosed, Presses, Comings, Speaks, Unlisted, Dates, DossierPart)


def register_kinds(app: Flask, modules: Iterable[Module]) -> None:
    """Collect what the modules provide. Two kinds of one name are an error of the programmer."""
    activities: dict[str, ActivityKind] = {}
    gates: dict[str, GateKind] = {}
    searchables: dict[str, Searchable] = {}
    others: dict[type[object], list[object]] = {kind: [] for kind in LISTED}
    for module in modules:
        for thing in module.provides:
            if isinstance(thing, ActivityKind):
                _once(activities, thing.spec.kind, thing)
            elif isinstance(thing, GateKind):
                _once(gates, thing.spec.kind, thing)
            elif isinstance(thing, Searchable):
                _once(searchables, thing.kind, thing)
            elif type(thing) in others:
                others[type(thing)].append(thing)
            else:
                raise TypeError(f"{module.name} provides {thing!r}, which nobody knows")
    app.extensions["qiding.kinds"] = Kinds(activities, gates, searchables, others)


def _once(kept: dict[str, T], key: str, thing: T) -> None:
    if key in kept:
        raise ValueError(f"{key} is provided twice")
    kept[key] = thing


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
