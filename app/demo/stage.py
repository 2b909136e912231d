"""The stage: a clock that only goes forward, and the stories that are played on it in the order of their days."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.core.clock import MINUTE, FixedClock
from app.core.i18n import at_local, local_date

# A story yields the instants at which it goes on; between two of them others may act.
Story = Iterator[int]


class Stage:
    """The time of the demonstration. Days are counted from today: -1 is yesterday."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.today = local_date(clock.now())

    def at(self, day: int, hour: int = 10, minute: int = 0) -> int:
        """The instant of an hour on a day, in the town's time."""
        return at_local(self.today + timedelta(days=day), hour, minute)

    def date(self, day: int) -> str:
        """A day as it stands in a register: ISO text."""
        return (self.today + timedelta(days=day)).isoformat()

    def say_date(self, day: int) -> str:
        """A day as people write it here."""
        found = self.today + timedelta(days=day)
        return f"{found.month}月{found.day}日"

    def pause(self, minutes: int = 3) -> None:
        """Let some minutes pass within a scene."""
        self.clock.advance(minutes * MINUTE)

    def moments(self, first: int, last: int, n: int, seed: str) -> list[int]:
        """``n`` instants between nine and seven on the days from ``first`` to ``last``, in their order."""
        dice = random.Random(f"moments of {seed}")
        return sorted(self.at(dice.randint(first, last), dice.randint(9, 18), dice.randrange(60)) for _ in range(n))

    def play(self, stories: Sequence[Story]) -> None:
        """Play all stories to their ends, whoever's turn is earliest first, so that the logs run forward in time."""
        turns = [(next(story), n, story) for n, story in enumerate(stories)]
        heapq.heapify(turns)
        while turns:
            at, n, story = heapq.heappop(turns)
            self.clock.set(max(at, self.clock.now()))
            following = next(story, None)
            if following is None:
                continue
            if following < at:
                raise ValueError(f"story {n} goes back in time")
            heapq.heappush(turns, (following, n, story))
