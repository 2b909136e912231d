"""How the laws of the engine are tried: the same examples each time, none of them against a stopwatch."""

from __future__ import annotations

from hypothesis import settings

law = settings(max_examples=150, deadline=None, derandomize=True)
# A history takes many commands, so fewer of them are told.
histories = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
