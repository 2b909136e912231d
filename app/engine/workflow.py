"""A project's run through its method, told by events: commands refuse or give events, apply() folds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from app.engine.errors import Conflict, Frozen, Invalid, NotFound
from app.engine.gates import GateResult, GateState, Waiver, weigh
from app.engine.method import Method, Step
from app.engine.phrase import Phrase, phrase

PROJECT_STARTED = "project_started"
STEP_OPENED = "step_opened"
STEP_CLOSED = "step_closed"
GATE_WAIVED = "gate_waived"
SENT_BACK = "sent_back"
PAUSED = "paused"
RESUMED = "resumed"
ENDED_EARLY = "ended_early"
COMPLETED = "completed"
EVENT_KINDS = (
    PROJECT_STARTED,
    STEP_OPENED,
    STEP_CLOSED,
    GATE_WAIVED,
    SENT_BACK,
    PAUSED,
    RESUMED,
    ENDED_EARLY,
    COMPLETED,
)

REASON_LENGTH = 10


@dataclass(frozen=True)
class Event:
    """One movement: what, when, by whom (a person's public id, or "clock"), and its facts as plain JSON values."""

    kind: str
    at: int
    by: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class StepRun:
    """One passage through a step. ``left`` says how it ended, ``reason`` why when it wasn't closed by its gates."""

    step: str
    attempt: int
    opened_at: int
    closed_at: int | None = None
    left: Literal["", "closed", "sent_back", "ended"] = ""
    waivers: tuple[Waiver, ...] = ()
    reason: str = ""

    @property
    def ref(self) -> str:
        """The passage's name: step and attempt, as in "plan.2"."""
        return f"{self.step}.{self.attempt}"


@dataclass(frozen=True)
class Run:
    """Where a project stands. ``runs`` keeps every passage; ``reason`` is why it is paused or was ended."""

    steps: tuple[str, ...]
    state: Literal["running", "paused", "ended", "completed"] = "running"
    runs: tuple[StepRun, ...] = ()
    paused_at: int | None = None
    reason: str = ""

    @property
    def current(self) -> StepRun | None:
        """The open passage; none once the project ended or completed."""
        return self.runs[-1] if self.runs and not self.runs[-1].left else None

    @property
    def running(self) -> bool:
        """Whether anything may be open."""
        return self.state == "running"

    def latest(self, step_key: str) -> StepRun | None:
        """The last passage through a step."""
        return next((passage for passage in reversed(self.runs) if passage.step == step_key), None)

    def step_state(self, step_key: str) -> Literal["ahead", "here", "done", "sent_back"]:
        """How a step shows on the path.

        A step that was reached counts as sent back from the moment the project goes back before it until it closes
        again. A project ended early keeps showing where it stood.
        """
        place = self.steps.index(step_key)
        last = next((n for n in range(len(self.runs) - 1, -1, -1) if self.runs[n].step == step_key), None)
        if last is None:
            return "ahead"
        left = self.runs[last].left
        if left in ("", "ended"):
            return "here"
        went_before = any(self.steps.index(later.step) < place for later in self.runs[last + 1 :])
        return "sent_back" if left == "sent_back" or went_before else "done"


def start(method: Method, *, at: int, by: str) -> tuple[Event, ...]:
    """Begin a project at the first step of its method."""
    steps = [step.key for step in method.steps]
    return (
        Event(PROJECT_STARTED, at, by, {"method": method.key, "version": method.version, "steps": steps}),
        _opened(None, steps[0], at=at, by=by),
    )


def close_step(
    method: Method, run: Run, results: Sequence[GateResult], *, at: int, by: str, by_name: str
) -> tuple[Event, ...]:
    """Close the open step, whose gates ``results`` weigh, and open the next or complete the project."""
    passage = _open_passage(run)
    step = _step_of(method, run, passage)
    wanted = sorted((gate.key, gate.kind) for gate in step.gates)
    if sorted((result.key, result.kind) for result in results) != wanted:
        raise Conflict(
            phrase("“%(step)s” closes by its own gates, each weighed once. Load the page again.", step=step.title)
        )
    states = weigh(results, passage.waivers)
    unmet = [state for state in states if not state.holds]
    if unmet:
        raise Conflict(
            phrase("“%(step)s” can't close yet. %(missing)s", step=step.title, missing=_what_is_missing(unmet)),
            gates=tuple(state.result.key for state in unmet),
        )
    closed = Event(
        STEP_CLOSED,
        at,
        by,
        {
            "step": passage.step,
            "attempt": passage.attempt,
            "by_name": by_name,
            "gates": [{"key": s.result.key, "kind": s.result.kind, "state": s.state} for s in states],
        },
    )
    following = method.after(passage.step)
    if following is None:
        return closed, Event(COMPLETED, at, by, {})
    return closed, _opened(run, following.key, at=at, by=by)


def waive(
    method: Method,
    run: Run,
    gate_key: str,
    results: Sequence[GateResult],
    *,
    by: str,
    by_name: str,
    reason: str,
    at: int,
) -> tuple[Event, ...]:
    """Let the open step pass one gate that isn't met, under a name and for a public reason."""
    passage = _open_passage(run)
    gate = _step_of(method, run, passage).gate(gate_key)
    result = next((result for result in results if (result.key, result.kind) == (gate.key, gate.kind)), None)
    if result is None:
        raise NotFound
    if not result.waivable:
        raise Frozen(phrase("This gate can never be waived: it must be met."))
    if result.met:
        raise Conflict(phrase("This gate is met already: there is nothing to waive."))
    if any(waiver.gate == gate_key for waiver in passage.waivers):
        raise Conflict(phrase("This gate has been waived already."))
    data = {"step": passage.step, "attempt": passage.attempt, "gate": gate_key, "by_name": by_name}
    return (Event(GATE_WAIVED, at, by, {**data, "reason": _reason(reason)}),)


def send_back(method: Method, run: Run, to_step: str, *, reason: str, at: int, by: str) -> tuple[Event, ...]:
    """Send the project back to an earlier step, whose next attempt opens."""
    passage = _open_passage(run)
    _step_of(method, run, passage)
    if method.index(to_step) >= method.index(passage.step):
        raise Conflict(phrase("A project can only be sent back to an earlier step."))
    data = {"from": passage.step, "attempt": passage.attempt, "to": to_step, "reason": _reason(reason)}
    return Event(SENT_BACK, at, by, data), _opened(run, to_step, at=at, by=by)


def pause(run: Run, *, reason: str, at: int, by: str) -> tuple[Event, ...]:
    """Halt a running project: nothing in it is open until it is resumed."""
    _open_passage(run)
    return (Event(PAUSED, at, by, {"reason": _reason(reason)}),)


def resume(run: Run, *, at: int, by: str, reason: str = "") -> tuple[Event, ...]:
    """Go on with a paused project where it stood."""
    if run.state != "paused":
        raise Conflict(phrase("This project isn't paused."))
    return (Event(RESUMED, at, by, {"reason": reason.strip()}),)


def end_early(run: Run, *, reason: str, at: int, by: str) -> tuple[Event, ...]:
    """End a running or paused project before its last step closed. It can't be taken up again."""
    if run.state not in ("running", "paused"):
        raise Conflict(phrase("This project is over already."))
    return (Event(ENDED_EARLY, at, by, {"reason": _reason(reason)}),)


def apply(run: Run | None, event: Event) -> Run:
    """The state after ``event``; ValueError for a kind or an order that no command gives."""
    data = event.data
    if event.kind == PROJECT_STARTED:
        if run is not None:
            raise ValueError("a project starts once")
        return Run(tuple(data["steps"]))
    if run is None:
        raise ValueError(f"{event.kind} before {PROJECT_STARTED}")
    if event.kind == STEP_OPENED:
        if not _opens_here(run, data["step"], data["attempt"]):
            raise ValueError(f"{data['step']}.{data['attempt']} can't open here")
        return replace(run, runs=(*run.runs, StepRun(data["step"], data["attempt"], event.at)))
    if event.kind == STEP_CLOSED:
        return _left(run, event, "closed")
    if event.kind == GATE_WAIVED:
        waiver = Waiver(data["gate"], event.by, data["by_name"], data["reason"], event.at)
        passage = _told_of(run, event)
        if any(earlier.gate == waiver.gate for earlier in passage.waivers):
            raise ValueError(f"{waiver.gate} was waived before")
        return _with_current(run, replace(passage, waivers=(*passage.waivers, waiver)))
    if event.kind == SENT_BACK:
        return _left(run, event, "sent_back")
    if event.kind == PAUSED:
        if run.current is None or not run.running:
            raise ValueError("only a running project is paused")
        return replace(run, state="paused", paused_at=event.at, reason=data["reason"])
    if event.kind == RESUMED:
        if run.state != "paused":
            raise ValueError("only a paused project is resumed")
        return replace(run, state="running", paused_at=None, reason="")
    if event.kind == ENDED_EARLY:
        ended = _left(run, event, "ended")
        return replace(ended, state="ended", paused_at=None, reason=data["reason"])
    if event.kind == COMPLETED:
        last = run.runs[-1] if run.runs else None
        if not run.running or last is None or (last.step, last.left) != (run.steps[-1], "closed"):
            raise ValueError("a project completes after its last step closed")
        return replace(run, state="completed")
    raise ValueError(f"unknown kind of event: {event.kind}")


def replay(events: Iterable[Event], run: Run | None = None) -> Run:
    """The state that ``events`` tell, from the beginning or on from ``run``."""
    for event in events:
        run = apply(run, event)
    if run is None:
        raise ValueError("no events")
    return run


def _opened(run: Run | None, step_key: str, *, at: int, by: str) -> Event:
    attempt = _next_attempt(run, step_key) if run is not None else 1
    return Event(STEP_OPENED, at, by, {"step": step_key, "attempt": attempt})


def _next_attempt(run: Run, step_key: str) -> int:
    earlier = run.latest(step_key)
    return earlier.attempt + 1 if earlier else 1


def _opens_here(run: Run, step_key: str, attempt: int) -> bool:
    """Whether a command may have opened this passage: the first step, the next one, or one gone back to."""
    if run.current is not None or not run.running or step_key not in run.steps:
        return False
    if attempt != _next_attempt(run, step_key):
        return False
    place = run.steps.index(step_key)
    if not run.runs:
        return place == 0
    left = run.steps.index(run.runs[-1].step)
    return place == left + 1 if run.runs[-1].left == "closed" else place < left


def _open_passage(run: Run) -> StepRun:
    if run.state == "paused":
        raise Conflict(phrase("This project is paused. Resume it first."))
    if run.current is None or not run.running:
        raise Conflict(phrase("This project is over already."))
    return run.current


def _step_of(method: Method, run: Run, passage: StepRun) -> Step:
    if tuple(step.key for step in method.steps) != run.steps:
        raise ValueError("this is not the method that the project runs by")
    return method.step(passage.step)


def _reason(reason: str) -> str:
    told = reason.strip()
    if len(told) < REASON_LENGTH:
        short = phrase("Give a reason of at least %(least)s characters: everybody can read it.", least=REASON_LENGTH)
        raise Invalid(short, {"reason": short})
    return told


def _what_is_missing(unmet: Sequence[GateState]) -> Phrase:
    sentences: list[Phrase] = []
    for state in unmet:
        sentences.extend([missing.phrase for missing in state.result.missing] or [state.result.says])
    joined = sentences[-1]
    for sentence in reversed(sentences[:-1]):
        joined = phrase("%(first)s; %(rest)s", first=sentence, rest=joined)
    return joined


def _told_of(run: Run, event: Event) -> StepRun:
    passage = run.current
    if passage is None or not run.running:
        raise ValueError(f"{event.kind}, but no step is open")
    if event.data.get("step", event.data.get("from")) != passage.step or event.data["attempt"] != passage.attempt:
        raise ValueError(f"{event.kind} tells of another step than {passage.ref}")
    return passage


def _left(run: Run, event: Event, how: Literal["closed", "sent_back", "ended"]) -> Run:
    passage = run.current if how == "ended" else _told_of(run, event)
    if passage is None:
        raise ValueError(f"{event.kind}, but no step is open")
    left = replace(passage, closed_at=event.at, left=how, reason=event.data.get("reason", ""))
    return _with_current(run, left)


def _with_current(run: Run, passage: StepRun) -> Run:
    return replace(run, runs=(*run.runs[:-1], passage))
