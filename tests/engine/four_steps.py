"""A method of four steps, made of values, and what its gates may find: for the tests of a project's run."""

from __future__ import annotations

from collections.abc import Collection

from app.engine.gates import GateResult, Missing
from app.engine.method import Activity, Gate, Method, Stage, Step, Text
from app.engine.phrase import phrase
from app.engine.workflow import Event, Run, close_step, replay, send_back, start

GATES = {
    "topic": ("answered", "chosen"),
    "plan": ("ballot_passed", "looked_at"),
    "budget": ("funded",),
    "upkeep": ("adopted", "named", "dated"),
}
NEVER_WAIVED = frozenset({"ballot_passed", "funded", "adopted"})
ORDER = tuple(GATES)
REASON = "The neighbours asked for it."


def _text(english: str) -> Text:
    return Text("文", english)


def _step(number: int, key: str) -> Step:
    who = {"edit": ("residents",)}
    activities = (
        Activity(f"{key}_always", "discussion", _text("Talk"), who=who),
        Activity(f"{key}_days", "notice", _text("Notice"), who=who, opens_day=1, open_days=7),
        Activity(f"{key}_then", "discussion", _text("Then"), who=who, after=f"{key}_days"),
    )
    return Step(
        key=key,
        number=number,
        stage="one",
        seal="定",
        title=_text(key.capitalize()),
        asks=_text("Do it."),
        rings=("residents",),
        activities=activities,
        gates=tuple(Gate(gate, f"kind_of_{gate}") for gate in GATES[key]),
        record=_text("Record"),
    )


METHOD = Method(
    key="four",
    version="1",
    title=_text("Four"),
    summary=_text("Four steps"),
    provenance=_text("For tests"),
    rings=(),
    stages=(Stage("one", _text("One")),),
    steps=tuple(_step(number, key) for number, key in enumerate(ORDER, 1)),
)


def results(step: str, met: Collection[str] | None = None) -> tuple[GateResult, ...]:
    """What the gates of a step found: those in ``met`` hold, all when it isn't told."""
    return tuple(
        GateResult(
            key=gate,
            kind=f"kind_of_{gate}",
            met=met is None or gate in met,
            says=phrase("The gate %(gate)s.", gate=gate),
            missing=() if met is None or gate in met else (Missing(phrase("Lacks %(gate)s.", gate=gate)),),
            waivable=gate not in NEVER_WAIVED,
        )
        for gate in GATES[step]
    )


def begun() -> Run:
    """A project that stands in its first step."""
    return replay(start(METHOD, at=1000, by="p1"))


def closing(run: Run, *, at: int = 2000) -> tuple[Event, ...]:
    """The events of closing the open step, all of whose gates are met."""
    assert run.current is not None
    return close_step(METHOD, run, results(run.current.step), at=at, by="p1", by_name="Lin")


def at_step(key: str) -> Run:
    """A project that closed every step before ``key`` and stands in it."""
    run = begun()
    while run.current is not None and run.current.step != key:
        run = replay(closing(run), run)
    return run


def sent_back(run: Run, to: str, *, at: int = 3000) -> Run:
    """The project after it was sent back."""
    return replay(send_back(METHOD, run, to, reason=REASON, at=at, by="p2"), run)
