"""Laws of a project's run, tried on histories that hypothesis makes up: any command at any moment."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.engine import workflow
from app.engine.errors import DomainError
from app.engine.windows import DAY, activity_window
from app.engine.workflow import Event, Run, StepRun, apply, close_step, replay
from tests.engine.four_steps import GATES, METHOD, NEVER_WAIVED, ORDER, REASON, results
from tests.engine.laws import histories

steps = st.sampled_from(ORDER)
gates = st.sampled_from([(step, gate) for step in ORDER for gate in GATES[step]])
reasons = st.sampled_from([REASON, REASON, REASON, "no"])


class History(RuleBasedStateMachine):
    """A project, and beside it a model of what ought to be: where it stands, which gates hold, what is past."""

    @initialize()
    def begin(self) -> None:
        self.now = DAY
        self.events: list[Event] = list(workflow.start(METHOD, at=self.now, by="p1"))
        self.run: Run = replay(self.events)
        self.met: set[str] = set()
        self.waived: set[str] = set()
        self.place = 0
        self.reached = {0}
        self.state = "running"
        self.past: tuple[StepRun, ...] = ()

    def move(self, command: Callable[[], tuple[Event, ...]], allowed: bool) -> bool:
        """Give a command that the model expects to be allowed or refused. Refused, it leaves no event."""
        try:
            events = command()
        except DomainError:
            assert not allowed
            return False
        assert allowed
        assert events
        assert all((event.at, event.by) == (self.now, "p1") for event in events)
        for event in events:
            before, self.run = self.run, apply(self.run, event)
            assert self.run != before
        self.events += events
        return True

    def here(self, step: str) -> bool:
        return self.state == "running" and ORDER[self.place] == step

    def enter(self, place: int) -> None:
        """The open passage is past, and nothing of it may change any more; the step at ``place`` opens."""
        self.past = self.run.runs[:-1]
        self.waived = set()
        self.place = place
        self.reached.add(place)

    @rule(days=st.integers(0, 12))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @rule(gate=gates)
    def a_gate_comes_to_hold_or_holds_no_more(self, gate: tuple[str, str]) -> None:
        self.met ^= {gate[1]}

    @rule()
    def close(self) -> None:
        step = ORDER[self.place]
        holds = all(gate in self.met or (gate in self.waived and gate not in NEVER_WAIVED) for gate in GATES[step])
        found = results(step, self.met)
        closes = self.state == "running" and holds
        if self.move(lambda: close_step(METHOD, self.run, found, at=self.now, by="p1", by_name="Lin"), closes):
            if self.place == len(ORDER) - 1:
                self.state, self.past = "completed", self.run.runs
            else:
                self.enter(self.place + 1)

    @rule()
    def all_that_the_open_step_wants_is_done_and_it_closes(self) -> None:
        self.met |= set(GATES[ORDER[self.place]])
        self.close()

    @rule()
    def what_is_halted_goes_on_and_closes(self) -> None:
        self.resume()
        self.all_that_the_open_step_wants_is_done_and_it_closes()

    @rule(step=steps)
    def close_by_the_gates_of_another_step(self, step: str) -> None:
        if step != ORDER[self.place]:
            self.move(lambda: close_step(METHOD, self.run, results(step), at=self.now, by="p1", by_name="Lin"), False)

    @rule(gate=gates, reason=reasons)
    def waive(self, gate: tuple[str, str], reason: str) -> None:
        step, key = gate
        allowed = (
            self.here(step)
            and key not in NEVER_WAIVED
            and key not in self.met
            and key not in self.waived
            and reason == REASON
        )
        found = results(step, self.met)
        if self.move(
            lambda: workflow.waive(METHOD, self.run, key, found, by="p1", by_name="Lin", reason=reason, at=self.now),
            allowed,
        ):
            self.waived.add(key)

    @rule(to=steps, reason=reasons)
    def send_back(self, to: str, reason: str) -> None:
        allowed = self.state == "running" and ORDER.index(to) < self.place and reason == REASON
        if self.move(lambda: workflow.send_back(METHOD, self.run, to, reason=reason, at=self.now, by="p1"), allowed):
            self.enter(ORDER.index(to))

    @rule(back=st.integers(1, len(ORDER) - 1))
    def an_earlier_step_is_taken_up_again(self, back: int) -> None:
        if back <= self.place:
            self.send_back(ORDER[self.place - back], REASON)

    @rule(reason=reasons)
    def pause(self, reason: str) -> None:
        allowed = self.state == "running" and reason == REASON
        if self.move(lambda: workflow.pause(self.run, reason=reason, at=self.now, by="p1"), allowed):
            self.state = "paused"

    @rule()
    def resume(self) -> None:
        if self.move(lambda: workflow.resume(self.run, at=self.now, by="p1"), self.state == "paused"):
            self.state = "running"

    @rule(reason=reasons, sure=st.integers(0, 9))
    def end_early(self, reason: str, sure: int) -> None:
        if sure:
            return  # An end ends the history too: most of them ought to be longer.
        allowed = self.state in ("running", "paused") and reason == REASON
        if self.move(lambda: workflow.end_early(self.run, reason=reason, at=self.now, by="p1"), allowed):
            self.state, self.past = "ended", self.run.runs

    @invariant()
    def it_stands_where_the_model_says(self) -> None:
        assert self.run.state == self.state
        assert self.run.running == (self.state == "running")
        current = self.run.current
        assert (current is not None) == (self.state in ("running", "paused"))
        if current is not None:
            assert current.step == ORDER[self.place]
            assert {waiver.gate for waiver in current.waivers} == self.waived

    @invariant()
    def what_is_past_is_kept_as_it_was(self) -> None:
        assert self.run.runs[: len(self.past)] == self.past
        assert len(self.run.runs) == len(self.past) + (self.state in ("running", "paused"))
        for step in ORDER:
            attempts = [passage.attempt for passage in self.run.runs if passage.step == step]
            assert attempts == list(range(1, len(attempts) + 1))
        for passage in self.past:
            assert passage.left
            assert passage.closed_at is not None
            assert passage.opened_at <= passage.closed_at <= self.now

    @invariant()
    def the_events_tell_the_whole_state(self) -> None:
        assert replay(self.events) == self.run
        stored = json.loads(json.dumps([event.data for event in self.events]))
        assert replay(Event(e.kind, e.at, e.by, data) for e, data in zip(self.events, stored, strict=True)) == self.run
        # A chapter more is told on from where the last one stopped.
        half = len(self.events) // 2 + 1
        assert replay(self.events[half:], replay(self.events[:half])) == self.run

    @invariant()
    def no_step_closed_with_an_open_gate_and_none_was_waived_that_never_may_be(self) -> None:
        waived: dict[tuple[str, int], set[str]] = {}
        for event in self.events:
            data = event.data
            if event.kind == workflow.GATE_WAIVED:
                assert data["gate"] not in NEVER_WAIVED
                waived.setdefault((data["step"], data["attempt"]), set()).add(data["gate"])
            if event.kind == workflow.STEP_CLOSED:
                assert sorted(gate["key"] for gate in data["gates"]) == sorted(GATES[data["step"]])
                for gate in data["gates"]:
                    by_waiver = gate["key"] in waived.get((data["step"], data["attempt"]), set())
                    assert gate["state"] == "met" or (gate["state"] == "waived" and by_waiver)

    @invariant()
    def only_the_open_step_of_a_running_project_has_anything_open(self) -> None:
        for passage in self.run.runs:
            for activity in METHOD.step(passage.step).activities:
                for after in (None, passage.opened_at):
                    # Nor do times that people set, were they ever so long, open what the project's state closes.
                    for opens, closes in ((None, None), (0, self.now + 99 * DAY)):
                        window = activity_window(
                            activity,
                            step_opened_at=passage.opened_at,
                            after_closed_at=after,
                            now=self.now,
                            running=self.run.running,
                            step_closed_at=passage.closed_at,
                            override_opens=opens,
                            override_closes=closes,
                        )
                        if passage != self.run.current or self.state != "running":
                            assert window.state != "open"
                        elif opens is not None or activity.key.endswith("_always"):
                            assert window.state == "open"

    @invariant()
    def the_path_shows_done_here_and_what_is_to_come(self) -> None:
        for place, step in enumerate(ORDER):
            if self.state == "completed" or place < self.place:
                expected = "done"
            elif place == self.place:
                expected = "here"
            else:
                expected = "sent_back" if place in self.reached else "ahead"
            assert self.run.step_state(step) == expected


TestHistory = History.TestCase
TestHistory.settings = histories
